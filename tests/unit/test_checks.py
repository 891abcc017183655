"""Every check holds on right traffic and breaks on traffic in which one thing is wrong."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import pruefstand.checks
from pruefstand.checks import erezept_pharmacy as pharmacy
from pruefstand.checks import erezept_practice as practice
from pruefstand.checks import transport
from pruefstand.checks.answers import answered_with, hits, task_date
from pruefstand.checks.check import Check, Factory, Judgement
from pruefstand.checks.file import identifiers_hold
from pruefstand.checks.konnektor import (
    card_came_back,
    comfort_session,
    fresh_comfort_user,
    pin_changed,
    verified_as,
)
from pruefstand.checks.login import goes_no_further_than, logins
from pruefstand.checks.profiles import uploaded_bundles_conform_to_their_profile
from pruefstand.checks.refusal import (
    accepted_with_warning,
    konnektor_fault,
    not_uploaded,
    refused,
    refused_for,
)
from pruefstand.fhir.existing import ExistingPrescription
from pruefstand.fhir.prescription import build_prescription
from pruefstand.fhir.xml import to_xml
from pruefstand.model.exchange import Exchange, Layer, Message
from pruefstand.model.verdict import Verdict
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from tests.unit import (
    test_checks_conduct,
    test_checks_content,
    test_checks_kim_module,
    test_checks_vzd_fhir,
    test_earztbrief_checks,
    test_eau_checks,
    test_kim_checks,
)
from tests.unit.synthetic_traffic import (
    ID,
    NOON,
    OTHER_ID,
    PARAMETER,
    SIGN_ORDER,
    Traffic,
    envelope,
    exchange,
    in_vau,
    refusal,
    soap_call,
)
from tests.unit.test_checks_idp_login import CONTROLS as LOGIN_CONTROLS
from tests.unit.test_checks_messages import CONTROLS as MESSAGE_CONTROLS
from tests.unit.test_checks_print import CONTROLS as PRINT_CONTROLS

GOOD = Traffic()
KIM_CHECKS = test_kim_checks.STATIC

WRONG: list[tuple[Check, list[dict[str, Any]]]] = [
    (
        practice.create_asks_for_a_flow_type,
        [
            {"authorization": ""},
            {"authorization": "Basic a"},
            {"parameters": ""},
            {"parameters": PARAMETER + PARAMETER},
            {"parameters": PARAMETER.replace("workflowType", "flowType")},
            {"parameters": "<"},
        ],
    ),
    (
        practice.created_task_has_an_access_code,
        [{"created_code": "a1" * 31}, {"created_code": "A1" * 32}, {"created_code": "zz" * 32}],
    ),
    (
        practice.created_task_is_a_draft,
        [{"created_status": "ready"}, {"left_out": frozenset({"Task/$create"})}],
    ),
    (
        practice.prescription_id_is_well_formed,
        [{"created_id": ID[:-2] + "00"}, {"created_id": "1"}],
    ),
    (
        practice.document_names_the_created_id,
        [{"document_id": OTHER_ID}, {"broken_signature": True}],
    ),
    (
        practice.authored_on_the_signing_day,
        [
            {"authored": "2026-06-30"},
            {"authored": "2026-07-01T10:00:00Z"},
            {"signed_at": datetime(2026, 7, 1, 22, 0, tzinfo=UTC)},
            {"broken_signature": True},
        ],
    ),
    (
        practice.prescription_is_signed_as_demanded,
        [{"with_ocsp": False}, {"broken_signature": True}],
    ),
    (
        practice.konnektor_is_asked_for_an_enveloping_signature,
        [
            {"sign_order": SIGN_ORDER.replace("IncludeEContent>true", "IncludeEContent>false")},
            {"sign_order": SIGN_ORDER.replace("Info>true", "Info>false")},
            {"sign_order": SIGN_ORDER.replace("5652", "5653")},
            {"sign_order": SIGN_ORDER.replace("text/plain", "application/xml")},
        ],
    ),
    (
        practice.activate_carries_the_access_code,
        [
            {"shown_code": None},
            {"shown_code": "a2" * 32},
            {"shown_code": None, "left_out": frozenset({"Task/$create"})},
        ],
    ),
    (practice.task_becomes_ready, [{"task_status": "draft"}]),
    (practice.resources_name_one_profile, [{"patient_profile": ""}, {"broken_signature": True}]),
    (
        practice.abort_shows_the_access_code,
        [
            {"abort_code": None},
            {"abort_code": "a1" * 31 + "b2"},
            {"abort_status": 403},
            {"left_out": frozenset({"Task/$abort"})},
        ],
    ),
    (
        practice.medication_profile("PZN", "P36-22"),
        [
            {"medication": "KBV_PR_ERP_Medication_FreeText|1.4"},
            {"medication": ""},
            {"broken_signature": True},
        ],
    ),
    (
        pharmacy.pharmacy_receives_the_signed_bytes,
        [
            {"delivered_change": b" "},
            {"broken_signature": True},
            {"left_out": frozenset({"Task/$activate"})},
        ],
    ),
    (
        pharmacy.close_shows_the_secret,
        [
            {"shown_secret": "b3" * 32},
            {"shown_secret": ""},
            {"shown_secret": "None", "left_out": frozenset({"Task/$accept"})},
        ],
    ),
    (
        pharmacy.receipt_is_signed_for_this_prescription,
        [
            {"receipt_digest": bytes(32)},
            {"signed_receipt_digest": bytes(32)},
            {"receipt_signature": False},
            {"left_out": frozenset({"Task/$activate"})},
        ],
    ),
    (
        pharmacy.reject_shows_the_secret,
        [
            {"shown_secret": ""},
            {"reject_status": 403},
            {"left_out": frozenset({"Task/$reject"})},
        ],
    ),
    (
        transport.every_call_uses_tls,
        [{"tls_version": "TLSv1.1"}, {"left_out": frozenset({"TLS"})}],
    ),
    (
        transport.user_agent_names_product,
        [{"user_agent": ""}, {"user_agent": "python-httpx/0.28"}, {"user_agent": "a/b  c/d"}],
    ),
    (transport.caller_is_marked_as_provider, [{"erp_user": "v"}, {"erp_user": ""}]),
    (transport.business_calls_stay_in_vau, [{"open_path": "/Task"}, {"open_path": "/metadata"}]),
    (
        transport.vau_keys_are_fresh,
        [
            {"vau_bodies": (envelope(1), envelope(2), envelope(1))},
            {"vau_bodies": (envelope(1), envelope(2), b"\x02" + envelope(3)[1:])},
            {"vau_bodies": (envelope(1), envelope(2), b"\x01")},
            {"left_out": frozenset({"VAU"})},
        ],
    ),
    (
        transport.pseudonym_is_reused,
        [
            {"vau_paths": ("/VAU/0", "/VAU/p1", "/VAU/0")},
            {"vau_paths": ("/VAU/0", "/VAU/0", "/VAU/p2")},
            {"vau_paths": ("/VAU/0",), "vau_bodies": (envelope(1),)},
        ],
    ),
]
"""Check → the changes to the right traffic that it must notice, one at a time."""

BROKEN = [
    pytest.param(check, change, id=f"{check.name}-{number}")
    for check, changes in WRONG
    for number, change in enumerate(changes)
]


@pytest.mark.parametrize("check", [pytest.param(check, id=check.name) for check, _ in WRONG])
def test_a_check_holds_on_right_traffic(check: Check) -> None:
    findings = check.findings(GOOD.exchanges())
    assert [finding.actual for finding in findings if finding.verdict is not Verdict.PASSED] == []
    assert tuple(finding.requirement for finding in findings) == check.requirements
    assert check.requirements


@pytest.mark.parametrize(("check", "change"), BROKEN)
def test_a_check_breaks_when_one_thing_is_wrong(check: Check, change: dict[str, Any]) -> None:
    findings = check.findings(replace(GOOD, **change).exchanges())
    assert {finding.verdict for finding in findings} == {Verdict.FAILED}
    assert all(finding.expected for finding in findings)


@pytest.mark.parametrize("check", [pytest.param(check, id=check.name) for check, _ in WRONG])
def test_a_check_never_holds_where_nothing_was_recorded(check: Check) -> None:
    assert {finding.verdict for finding in check.findings([])} == {Verdict.FAILED}


@pytest.mark.parametrize("check", [pytest.param(check, id=check.name) for check, _ in WRONG])
def test_a_check_judges_unreadable_bodies_without_raising(check: Check) -> None:
    rubbish = [
        replace(
            item,
            request=replace(item.request, body=b"\xff<rubbish"),
            response=None
            if item.response is None
            else replace(item.response, body=b"<!DOCTYPE a>"),
        )
        for item in GOOD.exchanges()
    ]
    assert check.findings(rubbish)
    assert check.findings([replace(item, response=None) for item in GOOD.exchanges()])


def holds(check: Check, *exchanges: Exchange) -> bool:
    """Say whether all findings of `check` are passed."""
    return all(finding.verdict is Verdict.PASSED for finding in check.findings(exchanges))


MISMATCH = refusal("Task/$activate", 403, "AccessCode mismatch")


def test_refused_demands_operation_status_and_words() -> None:
    check = refused("Task/$activate", 403, "AccessCode mismatch", "A_1")
    assert holds(check, *vau(MISMATCH))
    assert not holds(check)
    for wrong in (
        refusal("Task/$activate", 403, "Other words"),
        refusal("Task/$activate", 409, "AccessCode mismatch"),
        refusal("Task/$accept", 403, "AccessCode mismatch"),
        in_vau("Task/$activate", "POST /Task/1/$activate", 403),
    ):
        assert not holds(check, *vau(wrong))


def test_refused_looks_at_the_last_call() -> None:
    check = refused("Task/$activate", 403, "AccessCode mismatch", "A_1")
    accepted = in_vau("Task/$activate", f"POST /Task/{ID}/$activate", 200)
    assert holds(check, *vau(accepted, MISMATCH))
    assert not holds(check, *vau(MISMATCH, accepted))


def test_all_reasons_of_a_refusal_count() -> None:
    one = refusal("Task/$accept", 409, "invalid status")
    second = '<issue><details><text value="own"/></details></issue></OperationOutcome>'
    assert one.response is not None
    body = one.response.body.replace(b"</OperationOutcome>", second.encode())
    two = replace(one, response=replace(one.response, body=body))
    alone = refused_for("Task/$accept", ["invalid status"], "A_1")
    both = refused_for("Task/$accept", ["invalid status", "own"], "A_1")
    assert holds(alone, *vau(two, one))
    assert holds(both, *vau(one, two))
    assert not holds(alone, *vau(two))
    assert not holds(both, *vau(one))
    for check in (alone, both):
        assert not holds(check)
        assert not holds(check, *vau(replace(one, response=None)))
        assert not holds(check, *vau(refusal("Task/$close", 409, "invalid status")))


def vau(*inner: Exchange) -> list[Exchange]:
    """Return `inner` with the channel that carries it."""
    channel = [item for item in GOOD.exchanges() if item.id == "vau"]
    return [*channel, *inner]


def test_a_konnektor_fault_demands_its_code() -> None:
    check = konnektor_fault("SignDocument", 4123, "P4-01")
    assert holds(check, soap_call("SignDocument", 500, "4123"))
    assert not holds(check)
    assert not holds(check, soap_call("SignDocument", 500, "4000"))
    assert not holds(check, soap_call("SignDocument", 200))
    assert not holds(check, soap_call("VerifyPin", 500, "4123"))


def test_not_uploaded_breaks_on_an_accepted_upload() -> None:
    check = not_uploaded("P6-01")
    assert holds(check, *vau(MISMATCH))
    for status in (200, 252):
        assert not holds(check, *vau(in_vau("Task/$activate", "POST /", status)))


def test_accepted_with_warning_demands_status_and_words() -> None:
    check = accepted_with_warning("Ungültige Arztnummer", "P36-01")
    words = (("Warning", '252 erp "Ungültige Arztnummer (LANR)"'),)
    latin = (("Warning", words[0][1].encode().decode("latin-1")),)

    def upload(status: int, headers: tuple[tuple[str, str], ...]) -> list[Exchange]:
        return vau(in_vau("Task/$activate", "POST /", status, answer_headers=headers))

    assert holds(check, *upload(252, words))
    assert holds(check, *upload(252, latin))
    assert not holds(check, *upload(200, words))
    assert not holds(check, *upload(252, ()))
    assert not holds(check, *upload(252, (("Warning", "other"),)))
    assert not holds(check)


def test_logins_counts_successful_signatures_of_one_actor() -> None:
    signed = soap_call("ExternalAuthenticate", 200)
    assert holds(logins("pvs", 1), signed)
    assert holds(logins("pvs", 1), signed, soap_call("ExternalAuthenticate", 500))
    assert holds(logins("pvs", 1), signed, soap_call("ExternalAuthenticate", 200, actor="kis"))
    assert not holds(logins("pvs", 1))
    assert not holds(logins("pvs", 1), signed, signed)
    assert not holds(logins("pvs", 2), signed)


def prescription(change: tuple[bytes, bytes] = (b"", b"")) -> ExistingPrescription:
    """Return a built document, as if it came from a file, with one replacement."""
    document = build_prescription(
        order(Rng(1), kind="pzn"), rezept_id=ID, version="1.4", authored=NOON
    )
    assert change[0] in document
    return ExistingPrescription.from_bytes(document.replace(*change), "rezept.xml")


def test_identifiers_of_a_file_must_have_their_check_digits() -> None:
    pzn = getattr(order(Rng(1), kind="pzn").medication, "pzn", "")
    wrong = pzn[:-1] + str((int(pzn[-1]) + 1) % 10)
    assert holds(identifiers_hold(*prescription().refusals))
    broken = identifiers_hold(*prescription((f'"{pzn}"'.encode(), f'"{wrong}"'.encode())).refusals)
    assert not holds(broken)
    assert "PZN: Prüfziffer" in broken.findings([])[0].actual


def test_a_missed_recommendation_is_a_hint() -> None:
    check = Check("s", ("A_1",), lambda _: Judgement(False, "a", "b"), should=True)
    assert [finding.verdict for finding in check.findings([])] == [Verdict.HINT]


USER, OTHER_USER = "0d3a4b1e-6a0f-4b53-9a59-7a1f7c0f9b11", "5f0c1f43-5f0e-4d0c-9d3c-0b6a1d6c7e11"


def konnektor_call(
    operation: str, sent: str = "", got: str = "", *, status: int = 200, documents: int = 0
) -> Exchange:
    """Return a call at the Konnektor with the elements `sent` and `got`."""
    call = soap_call(operation, status)
    return replace(
        call,
        id=f"{operation}-{sent}-{got}",
        request=replace(call.request, body=f"<a>{sent}</a>".encode()),
        response=Message(status=status, body=f"<a>{got}</a>".encode()),
        facts={"documents": str(documents)},
    )


def comfort(*operations: str, documents: int = 2, status: int = 200) -> list[Exchange]:
    """Return the calls of a comfort session; the last one has `status`."""
    calls = [
        konnektor_call(name, documents=documents if name == "SignDocument" else 0)
        for name in operations
    ]
    return [*calls[:-1], konnektor_call(operations[-1], status=status)]


def login_call(operation: str, peer: str = "idp") -> Exchange:
    """Return an outer call of a login."""
    asked = Message(f"GET /{operation}")
    return exchange(Layer.HTTP, operation, asked, None, id=operation, peer=peer)


def test_a_careful_login_ends_at_the_wrong_answer() -> None:
    check = goes_no_further_than("Discovery", "A_1")
    found, keys = login_call("Discovery"), login_call("puk_idp_sig")
    assert holds(check, found)
    assert holds(check, found, login_call("connector.sds", "konnektor"))
    assert holds(check, keys, found)
    assert not holds(check)
    assert not holds(check, keys)
    assert not holds(check, found, keys)
    assert not holds(check, found, login_call("VAU", "erezept"))


SESSION = (
    "GetSignatureMode",
    "ActivateComfortSignature",
    "SignDocument",
    "DeactivateComfortSignature",
)


def test_a_comfort_session_is_asked_for_switched_on_used_and_switched_off() -> None:
    check = comfort_session(2, "A_19134")
    assert holds(check, *comfort(*SESSION))
    assert not holds(check)
    assert not holds(check, *comfort(*SESSION, documents=1))
    assert not holds(check, *comfort(*SESSION, status=500))
    assert not holds(check, *comfort(*reversed(SESSION)))
    for missing in SESSION:
        assert not holds(check, *comfort(*(name for name in SESSION if name != missing)))


def test_each_activation_has_a_fresh_uuid_that_signing_keeps() -> None:
    def calls(signer: str, *users: str) -> list[Exchange]:
        on = [
            konnektor_call("ActivateComfortSignature", f"<x:UserId>{u}</x:UserId>") for u in users
        ]
        return [*on, konnektor_call("SignDocument", f"<UserId>{signer}</UserId>")]

    check = fresh_comfort_user("A_19259-02")
    assert holds(check, *calls(USER, USER))
    assert holds(check, *calls(OTHER_USER, USER, OTHER_USER))
    assert not holds(check, *calls(USER))
    assert not holds(check, *calls(USER, USER, USER))
    assert not holds(check, *calls(OTHER_USER, USER))
    assert not holds(check, *calls("dr.a", "dr.a"))


def test_verified_as_demands_the_result_of_the_last_verification() -> None:
    check = verified_as("VALID", "A_13532")
    valid = konnektor_call("VerifyDocument", got="<s:HighLevelResult>VALID</s:HighLevelResult>")
    other = konnektor_call("VerifyDocument", got="<HighLevelResult>INVALID</HighLevelResult>")
    assert holds(check, other, valid)
    assert not holds(check, valid, other)
    assert not holds(check)
    assert not holds(check, konnektor_call("VerifyDocument", status=500))


def test_a_card_that_came_back_has_another_handle() -> None:
    def handle(name: str) -> str:
        return f"<c:CardHandle>{name}</c:CardHandle>"

    check = card_came_back("A_21528")
    out = konnektor_call("EjectCard", handle("HBA-1"))
    back = konnektor_call("RequestCard", got=handle("HBA-2"))
    assert holds(check, out, back)
    assert not holds(check, back, out)
    assert not holds(check, out)
    assert not holds(check, out, konnektor_call("RequestCard", got=handle("HBA-1")))
    assert not holds(check, out, konnektor_call("RequestCard"))


def test_a_changed_pin_is_the_named_one_and_accepted() -> None:
    def change(pin: str, result: str) -> Exchange:
        sent, got = f"<c:PinTyp>{pin}</c:PinTyp>", f"<c:PinResult>{result}</c:PinResult>"
        return konnektor_call("ChangePin", sent, got)

    check = pin_changed("PIN.SMC", "TIP1-A_4972")
    assert holds(check, change("PIN.SMC", "OK"))
    assert not holds(check)
    assert not holds(check, change("PIN.CH", "OK"))
    assert not holds(check, change("PIN.SMC", "REJECTED"))
    assert not holds(check, change("PIN.SMC", "OK"), konnektor_call("ChangePin", status=500))


def modules() -> Iterator[Any]:
    """Yield every module with checks."""
    for found in pkgutil.iter_modules(pruefstand.checks.__path__):
        yield importlib.import_module(f"pruefstand.checks.{found.name}")


def test_every_check_is_tried_here() -> None:
    found = {
        item for module in modules() for item in vars(module).values() if isinstance(item, Check)
    }
    tried = {check.name for check, _ in WRONG} | {
        row[0].name for row in (*MESSAGE_CONTROLS, *LOGIN_CONTROLS, *PRINT_CONTROLS)
    }
    tried |= {row[0].name for row in test_checks_conduct.CONTROLS}
    tried |= {check.name for check in test_checks_content.TRIED}
    tried |= {check.name for check in (transport.outer_resource_names_the_inner,)}
    tried |= {check.name for check, _, _ in KIM_CHECKS}
    tried |= {check.name for check, _, _ in test_checks_kim_module.STATIC}
    tried |= {check.name for check, _, _ in test_eau_checks.STATIC}
    tried |= {check.name for check in test_checks_vzd_fhir.TRIED}
    tried |= test_earztbrief_checks.TRIED
    # Its controls need official packages: tests/contract/test_profile_check.py.
    tried.add(uploaded_bundles_conform_to_their_profile.name)
    assert {check.name for check in found} <= tried
    assert all(changes for _, changes in WRONG)


ACCEPT_DATE = "https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_EX_AcceptDate"


def activation(day: str) -> Exchange:
    """Return an answered $activate that names `day` as AcceptDate."""
    task = {"resourceType": "Task", "extension": [{"url": ACCEPT_DATE, "valueDate": day}]}
    answer = in_vau("Task/$activate", f"POST /Task/{ID}/$activate", 200)
    assert answer.response is not None
    return replace(answer, response=replace(answer.response, body=to_xml(task)))


def test_the_status_of_the_last_answer_counts() -> None:
    check = answered_with("Task/$abort", 204, "A_1")
    good = in_vau("Task/$abort", f"POST /Task/{ID}/$abort", 204)
    bad = in_vau("Task/$abort", f"POST /Task/{ID}/$abort", 403)
    assert holds(check, *vau(bad, good))
    for wrong in ((), (good, bad), (in_vau("Task/$close", f"POST /Task/{ID}/$close", 204),)):
        assert not holds(check, *vau(*wrong))


def test_the_date_is_the_one_the_task_names() -> None:
    check = task_date("AcceptDate", "2026-12-21", "A_1")
    answer = activation("2026-12-21")
    assert holds(check, *vau(answer))
    assert not holds(task_date("ExpiryDate", "2026-12-21", "A_1"), *vau(answer))
    for wrong in ((), (activation("2026-12-22"),), (replace(answer, response=None),)):
        assert not holds(check, *vau(*wrong))


def test_hits_are_those_of_the_last_bundle() -> None:
    check = hits("Task", 2, "A_1")
    two, none = (
        in_vau("Task", "GET /Task", 200, answer=to_xml({"resourceType": "Bundle", "total": count}))
        for count in (2, 0)
    )
    assert holds(check, *vau(none, two))
    for wrong in ((), (two, none), (replace(two, response=None),)):
        assert not holds(check, *vau(*wrong))


def test_every_maker_of_checks_is_tried_here() -> None:
    makers = {
        name
        for module in modules()
        for name, item in vars(module).items()
        if isinstance(item, Factory)
    }
    source = "".join(
        path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*checks*.py")
    )
    assert {name for name in makers if f"{name}(" not in source} == set()
    assert {"refused", "logins"} <= makers


def test_a_check_without_a_requirement_is_refused() -> None:
    with pytest.raises(ValueError, match="names no requirement"):
        refused("Task/$create", 403, "nein")
