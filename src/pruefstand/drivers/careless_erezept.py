"""What the carelessnesses of `carelessness_erezept` do to calls, and to waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from pruefstand.drivers import carelessness_erezept as named
from pruefstand.drivers.slips import Placing, Slip
from pruefstand.flows.wiederholen import RETRIED, Patience
from pruefstand.model.fault import FaultSet
from pruefstand.model.http import Request

SHORT_IDLE = 60.0
"""Seconds between the probes of a caller in a hurry."""


def retried(faults: FaultSet) -> Mapping[int, Patience]:
    """Return after which refusals a caller tries again, and how long it waits."""
    if named.IMPATIENT in faults:
        return dict.fromkeys(RETRIED, Patience(1.0, growth=1.0))
    if named.STUBBORN in faults:
        return {**dict.fromkeys(range(400, 500), Patience(1.0)), **RETRIED}
    return RETRIED


def idle_pause(faults: FaultSet, pause: Callable[[float], None]) -> Callable[[float], None]:
    """Return how a caller waits before it probes again."""
    if named.PROBES_SOON in faults:
        return lambda _: pause(SHORT_IDLE)
    return pause


def _at(path: str, host: str = "") -> Callable[[Request], Request]:
    """Return what asks for another path, at another name of the host where one is given."""

    def change(request: Request) -> Request:
        place = urlsplit(request.target)
        netloc = f"{host}:{place.port}" if host else place.netloc
        return replace(request, target=f"{place.scheme}://{netloc}{path or place.path}")

    return change


OUTER: tuple[Slip[Request], ...] = (
    Slip(named.PROBES_ELSEWHERE, "health", Placing.AGAIN, _at("/CertList")),
    Slip(named.BY_NUMBER, "VAUCertificate", Placing.AHEAD, _at("", "127.0.0.1")),
)
INNER: tuple[Slip[Request], ...] = (
    Slip(
        named.PROBES_BY_REFUSAL,
        "metadata",
        Placing.AHEAD,
        lambda request: replace(request, target="/Task"),
    ),
)
