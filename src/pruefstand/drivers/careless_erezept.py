"""What the carelessnesses of `carelessness_erezept` do to documents, prints, calls and waiting."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from pruefstand.clients.konnektor.channel import Reply
from pruefstand.drivers import carelessness_erezept as named
from pruefstand.drivers.careless import rewriting
from pruefstand.drivers.careless_konnektor import CarelessKonnektor
from pruefstand.drivers.slips import Placing, Slip
from pruefstand.flows.wiederholen import RETRIED, Patience
from pruefstand.model.fault import FaultSet
from pruefstand.model.http import Request
from pruefstand.soap.envelope import Element, decode
from pruefstand.soap.namespaces import prefixed

_T_FLOW = b'value="166.'
_CUT = 5
"""Modules of a quiet zone that are cut away."""
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


DOCUMENTS: tuple[Slip[bytes], ...] = tuple(
    Slip(name, "", Placing.AHEAD, rewriting(pattern, by))
    for name, pattern, by in (
        (named.NOT_CANONICAL, rb"^<Bundle ", b'<?xml version="1.0" encoding="UTF-8"?>\n<Bundle '),
        (named.OTHER_DOSAGE_TEXT, rb'(<valueMarkdown value=")', rb"\1etwa "),
        (
            named.LOOSE_DOSAGE,
            rb"</dosageInstruction>",
            b'<patientInstruction value="bald"></patientInstruction></dosageInstruction>',
        ),
        (
            named.STRENGTH_WITHOUT_UNIT,
            rb"(<strength><numerator><value [^>]*></value>)<unit [^>]*></unit>",
            rb"\1",
        ),
        (named.RENAMED_PRODUCT, rb'(ifa/pzn"[^T]*?</coding><text value=")', rb"\1Neu: "),
        (named.NO_RESPONSIBLE, rb"<attester>.*?</attester>", b""),
        (named.WRONG_PAYER, rb'<code value="(?:BG|UK)">', b'<code value="GKV">'),
        (named.LONG_SUPPLY, rb'(<expectedSupplyDuration><value value=")\d+', rb"\g<1>40"),
    )
)


def _without_quiet_zone(page: str) -> str:
    def tighter(found: re.Match[str]) -> str:
        side = int(found[1]) - 2 * _CUT
        return f'viewBox="{_CUT} {_CUT} {side} {side}"'

    return re.sub(r'viewBox="0 0 (\d+) \d+"', tighter, page)


PRINTS: tuple[Slip[str], ...] = (
    Slip(
        named.PZN_FIRST,
        "",
        Placing.INSTEAD,
        lambda page: re.sub(r"<h2>(\d+x .*?) (PZN \d{8})", r"<h2>\2 \1", page),
    ),
    Slip(named.TIGHT_CODE, "", Placing.INSTEAD, _without_quiet_zone),
)


class PrescribingKonnektor(CarelessKonnektor):
    """A careless caller who may also take the practice's card for a T-Rezept."""

    def call(self, service: str, version: str, body: Element, **facts: str) -> Reply:
        """Send `body`, a T-Rezept for another card where that is switched on."""
        is_signing = prefixed(str(body.tag)).endswith(":SignDocument")
        may_matter = is_signing and self._faults.matters(named.T_BY_PRACTICE)
        if may_matter and _signs_teratogenic(body) and named.T_BY_PRACTICE in self._faults:
            body = self._for_practice_card(body)
        return super().call(service, version, body, **facts)


def _signs_teratogenic(body: Element) -> bool:
    found = (node for node in body.iter() if str(node.tag).endswith("}Base64Data"))
    return any(_T_FLOW in decode(node.text or "") for node in found)


OUTER: tuple[Slip[Request], ...] = (
    Slip(named.PROBES_ELSEWHERE, "health", Placing.AGAIN, _at("/CertList")),
    Slip(named.BY_NUMBER, "VAUCertificate", Placing.AHEAD, _at("", "127.0.0.1")),
)
INNER: tuple[Slip[Request], ...] = (
    Slip(
        named.PROBES_BY_REFUSAL,
        "metadata",
        Placing.AHEAD,
        lambda request: replace(request, target="/metadata/0"),
    ),
)
