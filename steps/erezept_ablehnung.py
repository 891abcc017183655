"""Was abgelehnt werden muss: jeder Schritt tut das Falsche, die Prüfung liest den Verkehr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.refusal import accepted_with_warning, konnektor_fault, not_uploaded, refused
from pruefstand.clients.erezept import AcceptedTask, CreatedTask
from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_qes import with_ocsp
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.errors import ServiceRefusal
from pruefstand.flows.verordnen import Prescribed, sign
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from steps.erezept import Draft

REFUSAL_REQUIREMENTS = {
    "Task/$create": {
        "endpoint is forbidden for professionOID 1.2.276.0.76.4.54": ("A_19018-01",),
        "endpoint is forbidden for professionOID 1.2.276.0.76.4.49": ("A_19018-01",),
        "JWT expired": ("A_19276",),
    },
    "Task/$activate": {
        "AccessCode mismatch": ("A_19024-03",),
        "Task not in status draft but in status ready": ("A_19128",),
        "CAdES-BES signature verification has failed": ("A_19025-03",),
        "PrescriptionId mismatch between Task and QES-Bundle": ("A_21370",),
        "OCSP Check failed, certificate is revoked.": ("A_20159-04",),
        "OCSP Check failed, certificate is unknown.": ("A_20159-04",),
        "Ausstellungsdatum und Signaturzeitpunkt weichen voneinander ab, "
        "müssen aber taggleich sein": ("A_22487",),
        "Ungültige Versichertennummer (KVNR):": ("A_23890-01",),
        "Ungültiges Institutionskennzeichen (IKNR):": ("A_23888",),
        "Ungültige PZN:": ("A_23892",),
        "FHIR-Validation error": ("A_23384-05",),
        'Coverage "PKV" not allowed for flowtype 160': ("A_23443-01",),
        'Coverage "PKV" not set for flowtype 200': ("A_22347-01",),
    },
    "Task/$accept": {
        "Task has invalid status in-progress": ("A_19558-01",),
        "AccessCode mismatch": ("A_19558-01",),
        "Task meanwhile deleted for prescription id": ("A_19558-01",),
    },
    "Task/$close": {"No or invalid secret provided for Task": ("A_19289",)},
    "Task/$abort": {
        "Task must not be in progress for users other than pharmacy, but is: in-progress": (
            "A_19120-03",
        ),
    },
}
"""Operation → words of the refusal → the requirement that demands it."""
TOKEN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document whose task still is a draft."""

    task: CreatedTask
    signed: bytes


def prepare(practice: Practice, draft: Draft, change: Callable[[bytes], bytes] = bytes) -> Signed:
    """Create a task and sign its document after `change`."""
    task = practice.erezept.create(draft.flow_type)
    document = change(draft.write(task.prescription_id))
    return Signed(task, sign(practice.konnektor, practice.hba, document))


def attempt(call: Callable[[], object]) -> None:
    """Do what must be refused; whether it was, the checks say from the traffic."""
    with suppress(ServiceRefusal):
        call()


def other(hex_text: str) -> str:
    """Return a well-formed but different hex value."""
    return hex_text[:-1] + ("0" if hex_text[-1] != "0" else "1")


@given("eine signierte, noch nicht eingestellte Verordnung", target_fixture="prepared")
def signed_draft(practice: Practice, draft: Draft) -> Signed:
    return prepare(practice, draft)


@given(
    "die Ärztin signiert ein Dokument mit der Rezept-ID einer anderen Verordnung",
    target_fixture="prepared",
)
def signed_with_foreign_id(practice: Practice, draft: Draft) -> Signed:
    foreign = practice.erezept.create(draft.flow_type).prescription_id
    own = practice.erezept.create(draft.flow_type)
    return Signed(own, sign(practice.konnektor, practice.hba, draft.write(foreign)))


@given("die Ärztin signiert ein gestern ausgestelltes Dokument", target_fixture="prepared")
def signed_yesterdays_document(practice: Practice, draft: Draft) -> Signed:
    return prepare(practice, replace(draft, days_ago=1))


@given(
    parsers.parse("die Ärztin signiert ein Dokument nach KBV-Profil {version}"),
    target_fixture="prepared",
)
def signed_with_profile(practice: Practice, draft: Draft, version: str) -> Signed:
    return prepare(practice, replace(draft, version=version))


@given(
    parsers.parse(
        "die Ärztin signiert {insurance}-versichert ein Dokument mit Workflow {flow_type:d}"
    ),
    target_fixture="prepared",
)
def signed_for_insurance(
    practice: Practice, case_rng: Rng, clock: VirtualClock, insurance: str, flow_type: int
) -> Signed:
    wanted = order(case_rng, kind="pzn", insurance=insurance, flow_type=flow_type)  # type: ignore[arg-type]
    return prepare(practice, Draft(wanted, clock))


@given(
    parsers.parse("die Ärztin signiert ein Dokument mit falscher Prüfziffer der {number}"),
    target_fixture="prepared",
)
def signed_with_wrong_digit(practice: Practice, draft: Draft, number: str) -> Signed:
    right = {
        "KVNR": draft.order.insured.kvnr,
        "IKNR": draft.order.coverage.iknr,
        "PZN": getattr(draft.order.medication, "pzn", ""),
        "LANR": draft.order.practitioner.number,
    }[number]
    # The check digit is last, in a LANR it is followed by two digits of the specialty.
    place = 6 if number == "LANR" else len(right) - 1
    wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
    return prepare(
        practice,
        draft,
        lambda document: document.replace(f'"{right}"'.encode(), f'"{wrong}"'.encode()),
    )


@pytest.fixture
def revocable(pki: Pki) -> Iterator[Pki]:
    """Put the physician's card back in order after the scenario."""
    yield pki
    pki.reinstate(pki.hba().qes.der)


@given("die eingebettete Auskunft nennt den Heilberufsausweis gesperrt", target_fixture="prepared")
def embedded_answer_says_revoked(prepared: Signed, revocable: Pki, clock: VirtualClock) -> Signed:
    hba_is_revoked(revocable, clock)
    answer = revocable.ocsp(revocable.hba().qes.der, at=clock.now())
    return replace(prepared, signed=with_ocsp(prepared.signed, answer))


@given("der Heilberufsausweis der Ärztin ist gesperrt")
def hba_is_revoked(revocable: Pki, clock: VirtualClock) -> None:
    revocable.revoke(revocable.hba().qes.der, clock.now() - timedelta(hours=1))


@when("die Praxis eine Verordnung zu signieren versucht")
def practice_tries_to_sign(practice: Practice, draft: Draft) -> None:
    attempt(lambda: practice.prescribe(draft.flow_type, draft.write))


@when("sie mit einem fremden AccessCode eingestellt wird")
def activated_with_foreign_code(practice: Practice, prepared: Signed) -> None:
    task = prepared.task
    attempt(
        lambda: practice.erezept.activate(
            task.prescription_id, other(task.access_code), prepared.signed
        )
    )


@when("sie mit dem eigenen AccessCode eingestellt wird")
def activated_with_own_code(practice: Practice, prepared: Signed) -> None:
    task = prepared.task
    attempt(
        lambda: practice.erezept.activate(task.prescription_id, task.access_code, prepared.signed)
    )


@when("dieselbe Verordnung noch einmal eingestellt wird")
def activated_again(practice: Practice, prescribed: Prescribed) -> None:
    task = prescribed.task
    attempt(
        lambda: practice.erezept.activate(task.prescription_id, task.access_code, prescribed.signed)
    )


@when("der Inhalt nach der Signatur verändert und eingestellt wird")
def activated_after_change(practice: Practice, prepared: Signed) -> None:
    changed = prepared.signed.replace(b'<status value="active"', b'<status value="passiv"', 1)
    if changed == prepared.signed:
        raise AssertionError("das signierte Dokument enthält die zu ändernde Stelle nicht")
    task = prepared.task
    attempt(lambda: practice.erezept.activate(task.prescription_id, task.access_code, changed))


@when("eine Apotheke die Verordnung anzunehmen versucht")
def pharmacy_tries_to_accept(pharmacy: Pharmacy, prescribed: Prescribed) -> None:
    code = prescribed.task.access_code
    attempt(lambda: pharmacy.erezept.accept(prescribed.prescription_id, code))


@when("eine andere Apotheke die Verordnung anzunehmen versucht")
def second_pharmacy_tries_to_accept(second_pharmacy: Pharmacy, prescribed: Prescribed) -> None:
    code = prescribed.task.access_code
    attempt(lambda: second_pharmacy.erezept.accept(prescribed.prescription_id, code))


@when("eine Apotheke sie mit einem falschen AccessCode anzunehmen versucht")
def pharmacy_guesses_the_code(pharmacy: Pharmacy, prescribed: Prescribed) -> None:
    code = other(prescribed.task.access_code)
    attempt(lambda: pharmacy.erezept.accept(prescribed.prescription_id, code))


@when("die Apotheke mit einem falschen Geheimnis abzuschließen versucht")
def pharmacy_guesses_the_secret(pharmacy: Pharmacy, accepted: AcceptedTask) -> None:
    body = pharmacy.dispensation(accepted)
    attempt(lambda: pharmacy.erezept.close(accepted.prescription_id, other(accepted.secret), body))


@when("eine Apotheke eine Verordnung anzulegen versucht")
def pharmacy_tries_to_create(pharmacy: Pharmacy) -> None:
    attempt(lambda: pharmacy.erezept.create(160))


@when("die Praxis ein Token benutzt, das seit einer Sekunde abgelaufen ist")
def practice_uses_expired_token(practice: Practice, clock: VirtualClock) -> None:
    token = practice.tokens()
    clock.advance(timedelta(seconds=TOKEN_SECONDS + 1))
    practice.erezept.tokens = lambda: token
    attempt(lambda: practice.erezept.create(160))


@then(parsers.re(r'lehnt der Fachdienst (?P<operation>\S+) mit (?P<status>\d+) "(?P<text>.+)" ab'))
def service_refuses(check: CaseLog, operation: str, status: str, text: str) -> None:
    check(refused(operation, int(status), text, *REFUSAL_REQUIREMENTS[operation][text]))


@then(parsers.parse("meldet der Konnektor für {operation} den Fehler {code:d}"))
def konnektor_reports(check: CaseLog, operation: str, code: int) -> None:
    check(konnektor_fault(operation, code, "P4-01"))


@then("ist nichts eingestellt")
def nothing_is_uploaded(check: CaseLog) -> None:
    check(not_uploaded("P6-01"))


@then("nimmt der Fachdienst mit Status 252 und der Warnung zur Arztnummer an")
def accepted_with_lanr_warning(check: CaseLog) -> None:
    check(accepted_with_warning("Ungültige Arztnummer (LANR oder ZANR)", "A_23891"))
