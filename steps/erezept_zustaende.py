"""Zustände, Fristen, Mehrfachverordnung und die Regeln der Leitung, Schritt für Schritt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.answers import answered_with, task_date
from pruefstand.checks.documents import value
from pruefstand.checks.refusal import refused
from pruefstand.clients.erezept import FHIR_XML
from pruefstand.clock import VirtualClock, berlin_day
from pruefstand.crypto.cms_qes import parse, with_ocsp
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.fhir.xml import to_xml
from pruefstand.model.http import Headers, Request
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.orders import Series, order
from steps.erezept import Draft
from steps.erezept_ablehnung import Signed, attempt, other, prepare

UNUSABLE_OCSP = b"\x30\x03\x0a\x01\x06"
"""OCSPResponse with the status unauthorized (6) and no content."""
NO_SECRET = "0" * 64
STATUS_CODES = "A_19514-03"
OF_PRACTICE = {"Task/$abort": ("A_19120-03",), "Task/$activate": ("A_19128",)}
"""Calls of a practice → the requirement on the Fachdienst; all others answer by the code list."""
OF_CALL = {
    ("der Praxis", "Task/$abort"): ("A_19120-03",),
    ("der Praxis", "Task/$activate"): ("A_19128",),
}
"""Who called what → the Fachdienst's requirement on that call; without one, the list of codes."""
REQUIREMENTS = {
    "Eine Mehrfachverordnungen darf aus maximal 4 Teilverordnungen bestehen": ("A_22628",),
    "Für eine Mehrfachverordnungen muss der numerator größer 0 sein.": ("A_22704",),
    "Eine Mehrfachverordnung muss aus mindestens 2 Teilverordnungen bestehen": ("A_22629",),
    "Numerator ist größer als denominator": ("A_22630",),
    "Für Entlassrezepte sind keine Mehrfachverordnungen zulässig": ("A_22632",),
    "Für Ersatzverordnung sind keine Mehrfachverordnungen zulässig": ("A_22633",),
    "BTM nicht zulässig": ("A_22231-01",),
    "OCSP Check failed, no response from the responder.": ("A_20159-04",),
}
"""Words of a refusal → the requirement that demands it; besides the list of codes."""
KVNR_PATH = "//f:Patient/f:identifier/f:value/@value"
SERIES_ID = "6f2c1c9e-3c0b-4d8e-9a57-0d6f1f0c2b11"


@dataclass(frozen=True, slots=True)
class Held:
    """A prescription in some state with all codes it has."""

    signed: Signed
    secret: str = NO_SECRET
    dispensation: bytes = b""

    @property
    def id(self) -> str:
        """The Rezept-ID."""
        return self.signed.task.prescription_id

    @property
    def access_code(self) -> str:
        """The AccessCode."""
        return self.signed.task.access_code

    @property
    def kvnr(self) -> str:
        """The insured person on the prescription."""
        return value(parse(self.signed.signed).content, KVNR_PATH) or ""


def brought_to(state: str, practice: Practice, pharmacy: Pharmacy, signed: Signed) -> Held:
    """Bring a draft to `state`, step by step."""
    held = Held(signed)
    if state == "draft":
        return held
    practice.erezept.activate(held.id, held.access_code, signed.signed)
    if state == "cancelled":
        practice.erezept.abort(held.id, access_code=held.access_code)
    if state in {"ready", "cancelled"}:
        return held
    accepted = pharmacy.erezept.accept(held.id, held.access_code)
    held = replace(held, secret=accepted.secret, dispensation=pharmacy.dispensation(accepted))
    if state == "completed":
        pharmacy.erezept.close(held.id, held.secret, held.dispensation)
    return held


def activate_without_ocsp(practice: Practice, held: Held) -> None:
    """Upload with an answer inside that is none, as if the Konnektor had none to embed."""
    bare = with_ocsp(held.signed.signed, UNUSABLE_OCSP)
    practice.erezept.activate(held.id, held.access_code, bare)


PRACTICE_ACTIONS: dict[str, Callable[[Practice, Held], object]] = {
    "einzustellen": lambda who, it: who.erezept.activate(it.id, it.access_code, it.signed.signed),
    "ohne Sperrauskunft einzustellen": activate_without_ocsp,
    "zu löschen": lambda who, it: who.erezept.abort(it.id, access_code=it.access_code),
    "ohne AccessCode zu löschen": lambda who, it: who.erezept.abort(it.id),
    "zu lesen": lambda who, it: who.erezept.task(it.id, access_code=it.access_code),
}
PHARMACY_ACTIONS: dict[str, Callable[[Pharmacy, Held], object]] = {
    "anzunehmen": lambda who, it: who.erezept.accept(it.id, it.access_code),
    "zurückzugeben": lambda who, it: who.erezept.reject(it.id, it.secret),
    "zu beliefern": lambda who, it: who.erezept.dispense(
        it.id, it.secret, it.dispensation.replace(b"CloseOperation", b"DispenseOperation")
    ),
    "abzuschließen": lambda who, it: who.erezept.close(it.id, it.secret, it.dispensation),
    "ohne Abgabedaten abzuschließen": lambda who, it: who.erezept.close(it.id, it.secret, b""),
    "zu löschen": lambda who, it: who.erezept.abort(it.id, secret=it.secret),
    "wiederherzustellen": lambda who, it: who.erezept.task(it.id, access_code=it.access_code),
}


@given(
    parsers.parse("eine Verordnung mit Workflow {flow_type:d} im Zustand {state}"),
    target_fixture="held",
)
def prescription_of_flow_in_state(
    practice: Practice,
    pharmacy: Pharmacy,
    case_rng: Rng,
    clock: VirtualClock,
    flow_type: int,
    state: str,
) -> Held:
    insurance = "PKV" if flow_type >= 200 else "GKV"
    wanted = order(case_rng, kind="pzn", insurance=insurance, flow_type=flow_type)  # type: ignore[arg-type]
    return brought_to(state, practice, pharmacy, prepare(practice, Draft(wanted, clock)))


@given(parsers.parse("eine Verordnung im Zustand {state}"), target_fixture="held")
def prescription_in_state(practice: Practice, pharmacy: Pharmacy, draft: Draft, state: str) -> Held:
    return brought_to(state, practice, pharmacy, prepare(practice, draft))


@given("das Geheimnis der Apotheke ist verfälscht", target_fixture="held")
def secret_is_wrong(held: Held) -> Held:
    return replace(held, secret=other(held.secret))


@given("die Sperrauskunft der Karten ist unerreichbar")
def responder_is_down(switch_feature: Callable[[str, str, object], None]) -> None:
    switch_feature("erezept", "ocsp_unreachable", True)


@when(parsers.parse("die Praxis versucht, die Verordnung {action}"))
def practice_tries(practice: Practice, held: Held, action: str) -> None:
    attempt(lambda: PRACTICE_ACTIONS[action](practice, held))


@when(parsers.parse("die Apotheke versucht, die Verordnung {action}"))
def pharmacy_tries(pharmacy: Pharmacy, held: Held, action: str) -> None:
    attempt(lambda: PHARMACY_ACTIONS[action](pharmacy, held))


@when(parsers.parse("die zweite Apotheke versucht, die Verordnung {action}"))
def second_pharmacy_tries(second_pharmacy: Pharmacy, held: Held, action: str) -> None:
    attempt(lambda: PHARMACY_ACTIONS[action](second_pharmacy, held))


@when(parsers.parse("{days:d} Tage vergehen"))
def days_pass(clock: VirtualClock, days: int) -> None:
    clock.advance(timedelta(days=days))


def series(clock: VirtualClock, part: int, parts: int, start: int) -> Series:
    """Return part `part` of `parts`, redeemable in `start` days."""
    first = berlin_day(clock.now()) + timedelta(days=start)
    return Series(part, parts, first, first + timedelta(days=30), SERIES_ID)


@pytest.fixture
def behind_the_profiles(switch_feature: Callable[[str, str, object], None]) -> None:
    """Show the rules behind the profile check, which refuses some of these documents itself."""
    switch_feature("erezept", "validator", None)


@given(
    parsers.parse(
        "eine signierte Teilverordnung {part:d} von {parts:d}, einlösbar in {start:d} Tagen"
    ),
    target_fixture="held",
)
def signed_part(
    behind_the_profiles: None,
    practice: Practice,
    draft: Draft,
    clock: VirtualClock,
    part: int,
    parts: int,
    start: int,
) -> Held:
    wanted = replace(draft.order, series=series(clock, part, parts, start))
    return Held(prepare(practice, replace(draft, order=wanted)))


@given(
    parsers.parse("eine signierte Teilverordnung mit Rechtsgrundlage {basis}"),
    target_fixture="held",
)
def signed_part_with_basis(
    behind_the_profiles: None, practice: Practice, draft: Draft, clock: VirtualClock, basis: str
) -> Held:
    wanted = replace(draft.order, series=series(clock, 1, 2, 0), legal_basis=basis)
    return Held(prepare(practice, replace(draft, order=wanted)))


@given(
    parsers.parse("eine signierte Verordnung mit Rechtsgrundlage {basis}"), target_fixture="held"
)
def signed_with_basis(
    behind_the_profiles: None, practice: Practice, draft: Draft, basis: str
) -> Held:
    return Held(prepare(practice, replace(draft, order=replace(draft.order, legal_basis=basis))))


@given(parsers.parse("eine signierte Verordnung der Kategorie {category}"), target_fixture="held")
def signed_of_category(
    behind_the_profiles: None, practice: Practice, draft: Draft, category: str
) -> Held:
    wanted = replace(draft.order, category=category)
    return Held(prepare(practice, replace(draft, order=wanted)))


_CODING = {"system": "https://gematik.de/fhir/erp/CodeSystem/GEM_ERP_CS_FlowType", "code": "160"}
CREATE = to_xml(
    {
        "resourceType": "Parameters",
        "parameter": [{"name": "workflowType", "valueCoding": _CODING}],
    }
)
SPOILED: dict[str, tuple[str, str, str, bytes]] = {
    "Accept */*": ("Accept", "*/*", "/Task/$create", CREATE),
    "Inhaltstyp text/plain": ("Content-Type", "text/plain", "/Task/$create", CREATE),
    "Zeichensatz latin-1": (
        "Content-Type",
        f"{FHIR_XML}; charset=iso-8859-1",
        "/Task/$create",
        CREATE,
    ),
    "Byte Order Mark": ("Accept", FHIR_XML, "/Task/$create", b"\xef\xbb\xbf" + CREATE),
    "unbekannter Weg": ("Accept", FHIR_XML, "/Task/$create/mehr", CREATE),
}


@when(parsers.parse("die Praxis eine Verordnung mit dem Fehler „{defect}“ anlegt"))
def practice_creates_badly(practice: Practice, defect: str) -> None:
    name, text, target, body = SPOILED[defect]
    headers: Headers = (("Accept", FHIR_XML), ("Content-Type", FHIR_XML))
    changed = tuple((key, text if key == name else value) for key, value in headers)
    practice.erezept.call(Request("POST", target, changed, body), "Task/$create", "Task")


@given("die Uhr steht still")
def time_stands_still(standstill: None) -> None:
    """Let all calls of the scenario fall into one moment."""


@pytest.fixture
def standstill(clock: VirtualClock) -> Iterator[None]:
    """Stop the clock until the scenario ends."""
    with clock.stopped():
        yield


@given(parsers.parse("der Fachdienst erlaubt {limit:d} Aufrufe je Sekunde"))
def limit_is(switch_feature: Callable[[str, str, object], None], limit: int) -> None:
    switch_feature("erezept", "rate_limit", limit)


@when(parsers.parse("eine Apotheke in derselben Sekunde {calls:d} Aufrufe macht"))
def pharmacy_calls_often(clock: VirtualClock, busy_pharmacy: Pharmacy, calls: int) -> None:
    call_often(clock, busy_pharmacy, calls)


def call_often(clock: VirtualClock, pharmacy: Pharmacy, calls: int) -> None:
    """Ask for the Device resource in one moment, whatever the answers are."""
    with clock.stopped():
        for _ in range(calls):
            _ask_for_device(pharmacy)


def _ask_for_device(pharmacy: Pharmacy) -> None:
    request = Request("GET", "/Device", (("Accept", FHIR_XML),))
    pharmacy.erezept.call(request, "Device", "Device")


@then(
    parsers.re(
        r'antwortet der Fachdienst auf (?P<operation>\S+) mit (?P<status>\d+) "(?P<text>.+)"'
    )
)
def service_answers_with_text(check: CaseLog, operation: str, status: str, text: str) -> None:
    check(refused(operation, int(status), text, STATUS_CODES, *REQUIREMENTS.get(text, ())))


@then(
    parsers.re(
        r"antwortet der Fachdienst der Praxis auf (?P<operation>\S+) "
        r'mit (?P<status>\d+) "(?P<text>.+)"'
    )
)
def service_answers_the_practice(check: CaseLog, operation: str, status: str, text: str) -> None:
    check(refused(operation, int(status), text, *OF_PRACTICE[operation]))


@then(parsers.re(r"gelingt (?P<operation>\S+) mit (?P<status>\d+)"))
def service_does_it(check: CaseLog, operation: str, status: str) -> None:
    check(answered_with(operation, int(status), STATUS_CODES))


@then(parsers.re(r"gelingt der Praxis (?P<operation>\S+) mit (?P<status>\d+)"))
def service_does_it_for_the_practice(check: CaseLog, operation: str, status: str) -> None:
    check(answered_with(operation, int(status), *OF_PRACTICE[operation]))


@then(parsers.parse("nennt der Fachdienst als {name} den {day}"))
def service_names_day(check: CaseLog, name: str, day: str) -> None:
    check(task_date(name, date.fromisoformat(day).isoformat(), "A_19128"))
