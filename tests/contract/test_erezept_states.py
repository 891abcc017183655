"""Operations by states, as the handbook's table has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mocks.erezept.transitions import TRANSITIONS, Status
from pruefstand.clients.erezept import ErezeptRefusal
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_qes import verify
from pruefstand.crypto.pki import Pki
from pruefstand.model.http import Request, Response
from tests.contract.erezept_bench import DAY, Bench, activation_body

CODE, WRONG = "0" * 64, "f" * 64


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-states", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


class Prepared:
    """A task in a chosen state with the codes it has."""

    def __init__(self, bench: Bench, state: str, flow_type: int = 160) -> None:
        self.secret, self.body = CODE, b""
        if state == "draft":
            self.task = bench.created(flow_type)
        elif state in {"ready", "cancelled"}:
            self.task = bench.ready(flow_type)
        elif state == "in-progress":
            self.task, self.secret, self.body = bench.accepted(flow_type)
        else:
            self.task, self.secret = bench.completed(flow_type)
        if state == "cancelled":
            bench.as_role("practice").abort(
                self.task.prescription_id, access_code=self.task.access_code
            )


def perform(bench: Bench, operation: str, at: Prepared) -> Response:
    """Do `operation` with every code the task has."""
    name, _, role = operation.partition(" ")
    who = {"doctor": "practice", "": "pharmacy"}.get(role, role)
    who = "practice" if name == "$activate" else who
    target = f"/Task/{at.task.prescription_id}/{name}"
    if who == "pharmacy" and name != "$accept":
        target += f"?secret={at.secret}"
    headers, body = {"X-AccessCode": at.task.access_code}, at.body if name == "$close" else b""
    if name == "$activate":
        body = activation_body(bench.sign(bench.document(at.task.prescription_id)))
    if body:
        headers["Content-Type"] = "application/fhir+xml"
    return bench.send(who, "POST", target, headers=headers, body=body)


def text(answer: Response) -> str:
    """Return the first details.text."""
    return inner_refusal("", answer).text


ROWS = [
    ("$activate", "draft", 200, "", "ready"),
    ("$activate", "ready", 403, "Task not in status draft but in status ready", ""),
    ("$activate", "in-progress", 403, "Task not in status draft but in status in-progress", ""),
    ("$activate", "completed", 403, "Task not in status draft but in status completed", ""),
    ("$activate", "cancelled", 410, "Task has already been deleted", ""),
    ("$accept", "draft", 409, "Task has invalid status draft", ""),
    ("$accept", "ready", 200, "", "in-progress"),
    ("$accept", "in-progress", 409, "Task has invalid status in-progress", ""),
    ("$accept", "completed", 409, "Task has invalid status completed", ""),
    ("$accept", "cancelled", 410, "Task meanwhile deleted for prescription id", ""),
    ("$reject", "draft", 403, "Task not in status in progress, is: draft", ""),
    ("$reject", "ready", 403, "Task not in status in progress, is: ready", ""),
    ("$reject", "in-progress", 204, "", "ready"),
    ("$reject", "completed", 403, "Task not in status in progress, is: completed", ""),
    ("$reject", "cancelled", 410, "Task has already been deleted", ""),
    ("$close", "draft", 403, "Task has to be in progress, but is: draft", ""),
    ("$close", "ready", 403, "Task has to be in progress, but is: ready", ""),
    ("$close", "in-progress", 200, "", "completed"),
    ("$close", "completed", 403, "Task has to be in progress, but is: completed", ""),
    ("$close", "cancelled", 410, "Task has already been deleted", ""),
    ("$abort doctor", "draft", 403, "Abort not expected for newly created Task", ""),
    ("$abort doctor", "ready", 204, "", "cancelled"),
    (
        "$abort doctor",
        "in-progress",
        403,
        "Task must not be in progress for users other than pharmacy, but is: in-progress",
        "",
    ),
    ("$abort doctor", "completed", 403, "Task must be ready for doctor, but is: completed", ""),
    ("$abort doctor", "cancelled", 410, "Task has already been deleted", ""),
    ("$abort insured", "draft", 403, "Abort not expected for newly created Task", ""),
    ("$abort insured", "ready", 204, "", "cancelled"),
    (
        "$abort insured",
        "in-progress",
        403,
        "Task must not be in progress for users other than pharmacy, but is: in-progress",
        "",
    ),
    ("$abort insured", "completed", 204, "", "cancelled"),
    ("$abort insured", "cancelled", 410, "Task has already been deleted", ""),
    ("$abort pharmacy", "draft", 403, "Abort not expected for newly created Task", ""),
    ("$abort pharmacy", "ready", 403, "Task must be in progress for user pharmacy, is: ready", ""),
    ("$abort pharmacy", "in-progress", 204, "", "cancelled"),
    (
        "$abort pharmacy",
        "completed",
        403,
        "Task must be in progress for user pharmacy, is: completed",
        "",
    ),
    ("$abort pharmacy", "cancelled", 410, "Task has already been deleted", ""),
]


@pytest.mark.parametrize(
    ("operation", "state", "status", "expected", "after"),
    ROWS,
    ids=[f"{row[0]} {row[1]}" for row in ROWS],
)
def test_operation_in_state(
    bench: Bench, operation: str, state: str, status: int, expected: str, after: str
) -> None:
    at = Prepared(bench, state)
    answer = perform(bench, operation, at)
    assert (answer.status, text(answer) if expected else "") == (status, expected)
    stored = bench.records.tasks.get(at.task.prescription_id)
    assert stored is not None
    assert stored.status == (after or state)


def test_every_cell_of_the_table_is_tested() -> None:
    cells = {(row[0], row[1]) for row in ROWS}
    # They have tests of their own: one looks at the Secret first, one has flows of its own, one
    # is tested in test_erezept_abroad.
    untested = {"$dispense", "$abort insured direct", "$eu-close"}
    assert cells == {
        (name, status.value) for name in TRANSITIONS if name not in untested for status in Status
    }


@pytest.mark.parametrize("flow_type", [169, 209])
def test_direct_assignments_are_deleted_by_the_insured_only_when_completed(
    bench: Bench, flow_type: int
) -> None:
    refused = perform(bench, "$abort insured", Prepared(bench, "ready", flow_type))
    assert (refused.status, text(refused)) == (
        403,
        "Abort for patient in workflow types 169 / 209 only allowed for completed Task",
    )
    assert perform(bench, "$abort insured", Prepared(bench, "completed", flow_type)).status == 204


@pytest.mark.parametrize("flow_type", [160, 169, 200, 209])
def test_a_prescription_travels_to_its_receipt(bench: Bench, flow_type: int) -> None:
    task, secret, body = bench.accepted(flow_type)
    receipt = bench.as_role("pharmacy").close(task.prescription_id, secret, body)
    signed = verify(receipt.signature)
    uploaded = bench.records.tasks.get(task.prescription_id)
    assert uploaded is not None
    assert uploaded.prescription is not None
    assert receipt.digest == verify(uploaded.prescription.signed).message_digest
    cut = receipt.xml.index(b"<signature>")
    assert signed.content == receipt.xml[:cut] + b"</Bundle>"


def test_accept_delivers_the_signed_bytes_with_ocsp(bench: Bench) -> None:
    task = bench.created()
    document = bench.document(task.prescription_id)
    bench.as_role("practice").activate(task.prescription_id, task.access_code, bench.sign(document))
    taken = bench.as_role("pharmacy").accept(task.prescription_id, task.access_code)
    found = verify(taken.signed_prescription)
    assert found.content == document
    assert found.ocsp is not None
    assert taken.kvnr == bench.insured


def test_second_accept_of_the_owner_says_so(bench: Bench) -> None:
    at = Prepared(bench, "in-progress")
    target = f"/Task/{at.task.prescription_id}/$accept?ac={at.task.access_code}"
    own = bench.send("pharmacy", "POST", target)
    foreign = bench.send("other_pharmacy", "POST", target)
    assert b"Task is processed by requesting institution" in own.body
    assert b"Task is processed by requesting institution" not in foreign.body
    assert own.status == foreign.status == 409


WRONG_CODES = [
    ("practice", "$activate", "ready", {"X-AccessCode": WRONG}, "", "AccessCode mismatch"),
    ("pharmacy", "$accept", "ready", {}, f"?ac={WRONG}", "AccessCode mismatch"),
    ("pharmacy", "$accept", "ready", {}, "", "AccessCode mismatch"),
    ("pharmacy", "$reject", "in-progress", {}, f"?secret={WRONG}", "No or invalid secret"),
    ("pharmacy", "$reject", "in-progress", {}, "", "No or invalid secret"),
    (
        "pharmacy",
        "$close",
        "in-progress",
        {},
        f"?secret={WRONG}",
        "No or invalid secret provided for Task",
    ),
    (
        "pharmacy",
        "$abort",
        "in-progress",
        {},
        f"?secret={WRONG}",
        "No or invalid secret provided for user pharmacy",
    ),
    ("practice", "$abort", "ready", {"X-AccessCode": WRONG}, "", "AccessCode mismatch"),
    ("practice", "$abort", "ready", {}, "", "AccessCode mismatch"),
]


@pytest.mark.parametrize(
    ("role", "operation", "state", "headers", "query", "expected"), WRONG_CODES
)
def test_wrong_codes_are_refused(
    bench: Bench,
    role: str,
    operation: str,
    state: str,
    headers: dict[str, str],
    query: str,
    expected: str,
) -> None:
    at = Prepared(bench, state)
    target = f"/Task/{at.task.prescription_id}/{operation}{query}"
    answer = bench.send(role, "POST", target, headers=headers)
    assert (answer.status, text(answer)) == (403, expected)


def test_query_code_wins_over_header(bench: Bench) -> None:
    task = bench.ready()
    target = f"/Task/{task.prescription_id}/$accept"
    right, wrong = {"X-AccessCode": task.access_code}, {"X-AccessCode": WRONG}
    assert bench.send("pharmacy", "POST", f"{target}?ac={WRONG}", headers=right).status == 403
    code = f"{target}?ac={task.access_code}"
    assert bench.send("pharmacy", "POST", code, headers=wrong).status == 200


def test_a_prescription_is_redeemable_until_the_end_of_its_last_day(bench: Bench) -> None:
    task = bench.ready()
    bench.clock.move_to(bench.clock.now() + timedelta(days=93))
    with pytest.raises(ErezeptRefusal) as refusal:
        bench.as_role("pharmacy").accept(task.prescription_id, task.access_code)
    assert refusal.value.text == "Verordnung bis 23.02.2027 einlösbar."
    bench.clock.advance(timedelta(days=-1))
    assert bench.as_role("pharmacy").accept(task.prescription_id, task.access_code)


def test_a_returned_prescription_is_redeemed_elsewhere(bench: Bench) -> None:
    task, secret, _ = bench.accepted()
    bench.as_role("pharmacy").reject(task.prescription_id, secret)
    taken = bench.as_role("other_pharmacy").accept(task.prescription_id, task.access_code)
    assert taken.secret != secret


def test_only_one_of_many_simultaneous_accepts_wins(bench: Bench) -> None:
    task = bench.ready()
    target = f"/Task/{task.prescription_id}/$accept?ac={task.access_code}"
    bench.send("pharmacy", "POST", target.replace(task.access_code, WRONG))

    def accept(_: int) -> int:
        return bench.send("pharmacy", "POST", target).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(accept, range(16)))
    assert statuses == [200] + [409] * 15


BAD_DISPENSATIONS = [
    (b"160.", b"169.", "Prescription ID in MedicationDispense does not match the one in the task"),
    (None, b"X000000012", "KVNR in MedicationDispense does not match the one in the task"),
    (
        b"3-apotheke-1",
        b"3-apotheke-2",
        "Telematik-ID in MedicationDispense does not match the one in the access token.",
    ),
    (
        b"GEM_ERP_PR_MedicationDispense|",
        b"GEM_ERP_PR_MedicationDispense_DiGA|",
        "Unzulässige Abgabeinformationen: Für diesen Workflow sind nur Abgabeinformationen für "
        "Arzneimittel zulässig.",
    ),
    (b"Medication/medication-1", b"Medication/other", "FHIR-Validation error"),
    (b"CloseOperation_Input|1.6", b"CloseOperation_Input|1.4", "FHIR-Validation error"),
    (b"rxDispensation", b"dispensation", "FHIR-Validation error"),
]


@pytest.mark.parametrize(("old", "new", "expected"), BAD_DISPENSATIONS)
def test_dispensation_must_fit_task_and_pharmacy(
    bench: Bench, old: bytes | None, new: bytes, expected: str
) -> None:
    task, secret, body = bench.accepted()
    changed = body.replace(old or bench.insured.encode(), new)
    assert changed != body
    with pytest.raises(ErezeptRefusal) as refusal:
        bench.as_role("pharmacy").close(task.prescription_id, secret, changed)
    assert (refusal.value.status, refusal.value.text) == (400, expected)


def test_close_needs_dispensation_data(bench: Bench) -> None:
    task, secret, _ = bench.accepted()
    with pytest.raises(ErezeptRefusal) as refusal:
        bench.as_role("pharmacy").close(task.prescription_id, secret, b"")
    assert refusal.value.status == 403
    assert refusal.value.text.startswith("Abschluss des Workflows konnte nicht")


def test_task_reading_follows_the_rules(bench: Bench) -> None:
    task, secret = bench.completed()
    path = f"/Task/{task.prescription_id}"
    assert bench.send("insured", "GET", path).status == 200
    assert b"GEM_ERP_NS_Secret" not in bench.send("insured", "GET", path).body
    assert b"GEM_ERP_PR_Bundle" in bench.send("pharmacy", "GET", f"{path}?secret={secret}").body
    reads = [
        (
            "pharmacy",
            f"{path}?secret={WRONG}",
            403,
            "No or invalid secret provided for user pharmacy",
        ),
        ("pharmacy", path, 403, "Neither AccessCode(ac) nor secret provided as URI-Parameter."),
        (
            "other_pharmacy",
            f"{path}?ac={task.access_code}",
            412,
            "Task.owner doesn't match idNumberClaim in ACCESS_TOKEN",
        ),
        (
            "insured",
            f"/Task/{bench.created().prescription_id}",
            403,
            "Status draft is not allowed for this operation",
        ),
        ("insured", "/Task/160.000.123.456.789.37", 404, "Task not found in DB"),
        (
            "insured",
            "/Task/160.000.123.456.789.38",
            404,
            "Failed to parse prescription ID from URL parameter",
        ),
    ]
    for role, target, status, expected in reads:
        answer = bench.send(role, "GET", target)
        assert (answer.status, text(answer)) == (status, expected)


def test_secret_recovery_needs_a_task_in_progress(bench: Bench) -> None:
    ready = bench.ready()
    target = f"/Task/{ready.prescription_id}?ac={ready.access_code}"
    refused = bench.send("pharmacy", "GET", target)
    assert (refused.status, text(refused)) == (412, "Task must be in-progress or completed.")
    task, secret, _ = bench.accepted()
    answer = bench.send("pharmacy", "GET", f"/Task/{task.prescription_id}?ac={task.access_code}")
    assert secret.encode() in answer.body


def test_insured_lists_own_tasks_without_code_of_direct_assignments(bench: Bench) -> None:
    plain, direct = bench.ready(160), bench.ready(169)
    body = bench.send("insured", "GET", "/Task").body
    assert plain.access_code.encode() in body
    assert direct.access_code.encode() not in body
    assert b'"total":2' in body
    stranger = bench.client("49", "X234567891").call(Request("GET", "/Task"), "Task", "Task")
    assert b'"total":0' in stranger.body


def test_pharmacy_needs_a_proof_of_presence_to_list(bench: Bench) -> None:
    answer = bench.send("pharmacy", "GET", "/Task")
    assert answer.status == 403
    assert text(answer) == "Missing or invalid PNW query parameter and X-PoPP-Token header"
