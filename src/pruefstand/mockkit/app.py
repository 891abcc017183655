"""A mock as a route table: `handle(request) -> response`, no server inside."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pruefstand.mockkit.faults import FaultSet
from pruefstand.mockkit.listeners import Listener
from pruefstand.mockkit.sockets import Socket
from pruefstand.model.http import Request, Response

Handler = Callable[..., Response]
_PARAMETER = re.compile(r"\{(\w+)\}")
_LOG = logging.getLogger("pruefstand.mock")


@dataclass(frozen=True, slots=True)
class Route:
    """`path` may hold `{name}` parts, which reach the handler as keyword arguments.

    `operation` is the protocol's own name, `source` the place that specifies the behaviour.
    """

    method: str
    path: str
    operation: str
    handler: Handler
    source: str = ""


@dataclass(slots=True)
class App:
    """The routes of one role; what no route takes goes to `otherwise`."""

    name: str
    routes: Sequence[Route]
    otherwise: Callable[[Request], Response]
    on_error: Callable[[Request, Exception], Response]
    faults: FaultSet = field(default_factory=FaultSet)
    shares_store: bool = False
    """Whether all records lie in the context's store, so that several processes can serve it."""
    sockets: Sequence[Socket] = ()
    """Paths for WebSockets."""
    control: Sequence[Route] = ()
    """Routes for the operator, served on the control port below the role's name."""
    describe: Callable[[], Mapping[str, object]] | None = None
    """Returns an OpenAPI document where the route table does not tell the whole interface."""
    listeners: Sequence[Listener] = ()
    """Ports beside HTTP: SMTP, POP3, LDAP."""
    act: Callable[[], int] | None = None
    """What the mock does of its own accord when its time has come; returns how much it did."""
    _compiled: list[tuple[str, re.Pattern[str], Route]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._compiled = [
            (route.method, re.compile(_pattern(route.path)), route) for route in self.routes
        ]

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route for `method` and `path`, with its path parameters."""
        for wanted, pattern, route in self._compiled:
            if wanted == method and (found := pattern.fullmatch(path)):
                return route, found.groupdict()
        return None

    def handle(self, request: Request) -> Response:
        """Answer `request`; a defect of the mock becomes `on_error`'s answer, never a hang."""
        try:
            found = self.match(request.method, request.path)
            if found is None:
                return self.otherwise(request)
            route, parameters = found
            return route.handler(request, **parameters)
        except Exception as error:  # noqa: BLE001 - the process must stay alive, the log tells
            _LOG.exception("%s: %s %s", self.name, request.method, request.path)
            return self.on_error(request, error)


def _pattern(path: str) -> str:
    parts = _PARAMETER.split(path)
    return "".join(
        f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )
