"""The one seam between flows and the network."""

from __future__ import annotations

from typing import Protocol

from pruefstand.errors import EnvironmentProblem
from pruefstand.model.http import Request, Response
from pruefstand.transport.recorder import Recorder


class TransportFailure(EnvironmentProblem):
    """No answer came: name, TCP, TLS or time-out."""


class Transport(Protocol):
    """Sends a request and records what went over the wire."""

    @property
    def recorder(self) -> Recorder:
        """The recorder that inner layers add their exchanges to."""
        ...

    @property
    def actor(self) -> str:
        """The role that speaks."""
        ...

    def send(self, request: Request, *, peer: str, operation: str) -> Response:
        """Return the answer; `peer` and `operation` name the role and the protocol's own call.

        Raises TransportFailure when no answer comes.
        """
        ...
