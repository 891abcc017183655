"""Consent and ChargeItem: who may store, read, mark, correct and delete billing data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.charge_item import charge_item_body, marking_body
from pruefstand.fhir.communication import message
from pruefstand.fhir.consent import consent_body
from pruefstand.ids import kvnr
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng
from tests.contract.erezept_bench import DAY, XML, Bench

NO_CONSENT = (
    "Die versicherte Person hat keine Einwilligung im E-Rezept Fachdienst hinterlegt. "
    "Abrechnungsinformation kann nicht gespeichert werden."
)
STRANGER = kvnr.generate(Rng("stranger"))
JSON_ANSWER = {"Accept": "application/fhir+json"}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-private", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def said(answer: Response) -> tuple[int, str]:
    return answer.status, inner_refusal("", answer).text if answer.status >= 300 else ""


def give(bench: Bench, body: bytes) -> Response:
    return bench.send("insured", "POST", "/Consent", headers=XML, body=body)


def consents(bench: Bench) -> Any:
    return json.loads(bench.send("insured", "GET", "/Consent", headers=JSON_ANSWER).body)


def test_a_consent_is_given_once_listed_and_withdrawn(bench: Bench) -> None:
    body = consent_body(bench.insured, bench.clock.now())
    assert give(bench, body).status == 201
    assert said(give(bench, body)) == (409, "CHARGCONS consent already exists for this kvnr")
    found = consents(bench)
    assert found["total"] == 1
    assert found["entry"][0]["resource"]["category"][0]["coding"][0]["code"] == "CHARGCONS"
    gone = bench.send("insured", "DELETE", "/Consent?category=CHARGCONS")
    assert said(gone) == (204, "")
    assert consents(bench)["total"] == 0


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/Consent", (405, "Category must be specified")),
        ("/Consent?category=", (405, "Category must be specified")),
        ("/Consent?category=OTHER", (400, "Invalid category: OTHER")),
        ("/Consent?category=CHARGCONS", (404, "Could not find any consent for given KVNR ")),
    ],
)
def test_withdrawing_needs_a_stored_category(
    bench: Bench, target: str, expected: tuple[int, str]
) -> None:
    assert said(bench.send("insured", "DELETE", target)) == expected


def test_a_consent_is_the_callers_own(bench: Bench) -> None:
    body = consent_body(STRANGER, bench.clock.now())
    assert give(bench, body).status == 403
    wrong = consent_body(bench.insured, bench.clock.now(), category="ANY")
    assert give(bench, wrong).status == 400


def test_withdrawing_deletes_billings_and_their_messages(bench: Bench) -> None:
    task, _, _ = bench.charged()
    about = f"ChargeItem/{task.prescription_id}"
    body = message("ChargChangeReq", about, "3-apotheke-1", "Bitte ändern")
    assert bench.send("insured", "POST", "/Communication", headers=XML, body=body).status == 201
    bench.send("insured", "DELETE", "/Consent?category=CHARGCONS")
    answer = bench.send("insured", "GET", f"/ChargeItem/{task.prescription_id}")
    assert answer.status == 404
    inbox = bench.send("pharmacy", "GET", "/Communication", headers=JSON_ANSWER)
    assert json.loads(inbox.body)["total"] == 0


def test_the_insured_reads_everything_the_pharmacy_its_own_part(bench: Bench) -> None:
    task, _, code = bench.charged()
    target = f"/ChargeItem/{task.prescription_id}"
    whole = json.loads(bench.send("insured", "GET", target, headers=JSON_ANSWER).body)
    kinds = [entry["resource"]["resourceType"] for entry in whole["entry"]]
    assert kinds == ["ChargeItem", "Binary", "Binary", "Bundle"]
    assert code in json.dumps(whole)
    own = bench.send("pharmacy", "GET", f"{target}?ac={code}", headers=JSON_ANSWER)
    kinds = [entry["resource"]["resourceType"] for entry in json.loads(own.body)["entry"]]
    assert kinds == ["ChargeItem", "Binary"]
    assert code not in own.body.decode()
    listed = json.loads(bench.send("insured", "GET", "/ChargeItem", headers=JSON_ANSWER).body)
    assert listed["total"] == 1
    assert code not in json.dumps(listed)


def test_each_correction_uses_up_the_access_code(bench: Bench) -> None:
    task, _, code = bench.charged()
    target = f"/ChargeItem/{task.prescription_id}"
    body = bench.charge_body(task.prescription_id)
    put = lambda given: bench.send(  # noqa: E731
        "pharmacy", "PUT", f"{target}?ac={given}", headers=XML, body=body
    )
    assert put("0" * 64).status == 403
    assert put(code).status == 200
    assert said(put(code)) == (403, "AccessCode mismatch")
    item = bench.records.charge_items.get(task.prescription_id)
    assert item is not None
    assert item.access_code != code
    by_header = {**XML, "X-AccessCode": item.access_code}
    assert bench.send("pharmacy", "PUT", target, headers=by_header, body=body).status == 200
    other = bench.send("other_pharmacy", "GET", f"{target}?ac={item.access_code}")
    assert other.status == 403


def test_only_marks_can_be_patched(bench: Bench) -> None:
    task, _, _ = bench.charged()
    target = f"/ChargeItem/{task.prescription_id}"
    body = marking_body(taxOffice=True)
    assert bench.send("insured", "PATCH", target, headers=XML, body=body).status == 200
    more = marking_body(subsidy=True)
    assert bench.send("insured", "PATCH", target, headers=XML, body=more).status == 200
    item = bench.records.charge_items.get(task.prescription_id)
    assert item is not None
    assert item.flags == {"taxOffice": True, "subsidy": True}
    for wrong in (body.replace(b"taxOffice", b"other"), body.replace(b"markingFlag", b"status")):
        assert bench.send("insured", "PATCH", target, headers=XML, body=wrong).status == 400


def test_deleting_is_final_and_only_for_the_insured(bench: Bench) -> None:
    task, _, _ = bench.charged()
    target = f"/ChargeItem/{task.prescription_id}"
    stranger = bench.client("49", STRANGER).call(Request("DELETE", target), "x", "ChargeItem")
    assert stranger.status == 403
    assert bench.send("insured", "DELETE", target).status == 204
    assert bench.send("insured", "DELETE", target).status == 404


Spoil = Callable[[Bench, str, str], tuple[str, bytes]]


def plain(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    return f"/ChargeItem?task={rx}&secret={secret}", bench.charge_body(rx)


def with_wrong_secret(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    return f"/ChargeItem?task={rx}&secret={'0' * 64}", bench.charge_body(rx)


def of_unknown_task(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    return "/ChargeItem?task=200.000.123.456.789.51&secret=" + secret, bench.charge_body(rx)


def with_bad_id(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    return "/ChargeItem?task=200.000.123.456.789.52&secret=" + secret, bench.charge_body(rx)


def signed(bench: Bench, rx: str, content: bytes) -> bytes:
    signer = QesSigner(bench.pki.smcb("apo", role="apotheke").osig, mime_type=None)
    at = bench.clock.now()
    return charge_item_body(
        rx,
        kvnr=bench.insured,
        telematik_id="3-apotheke-1",
        signed=signer.sign(content, at=at),
        at=at,
    )


def of_foreign_content(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    return plain(bench, rx, secret)[0], signed(bench, rx, bench.document(rx))


def by_a_foreign_card(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    target, _ = plain(bench, rx, secret)
    clock = VirtualClock.at_day(DAY)
    foreign = Bench(Pki("foreign", clock), clock)
    return target, foreign.charge_body(rx)


def without_binary(bench: Bench, rx: str, secret: str) -> tuple[str, bytes]:
    target, body = plain(bench, rx, secret)
    return target, body.replace(b"contained>", b"ignored>")


@pytest.mark.parametrize(
    ("spoil", "status", "text", "header"),
    [
        (with_wrong_secret, 403, "No or invalid secret provided for Task", "brute_force"),
        (of_unknown_task, 409, "Referenced task is missing", None),
        (with_bad_id, 400, "Failed to parse prescription ID from URL parameter", None),
        (of_foreign_content, 400, "Unable to verify", "invalid_dispense"),
        (by_a_foreign_card, 400, "Unable to verify", "invalid_dispense"),
        (without_binary, 400, "FHIR-Validation error", None),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_what_is_no_billing_is_refused(
    bench: Bench, spoil: Spoil, status: int, text: str, header: str | None
) -> None:
    bench.consent()
    task, secret = bench.completed(200)
    target, body = spoil(bench, task.prescription_id, secret)
    answer = bench.send("pharmacy", "POST", target, headers=XML, body=body)
    assert (answer.status, said(answer)[1][: len(text)]) == (status, text)
    outer = [item for item in bench.recorder.exchanges if item.operation == "VAU"][-2]
    assert outer.response is not None
    shown = outer.response.header("VAU-Error-Code")
    assert shown == header


def test_billing_needs_consent_completion_and_private_insurance(bench: Bench) -> None:
    task, secret = bench.completed(200)
    target = f"/ChargeItem?task={task.prescription_id}&secret={secret}"
    body = bench.charge_body(task.prescription_id)
    post = lambda where, what: bench.send(  # noqa: E731
        "pharmacy", "POST", where, headers=XML, body=what
    )
    assert said(post(target, body)) == (403, NO_CONSENT)
    bench.consent()
    assert post(target, body).status == 201
    assert post(target, body).status == 409
    taken, secret, _ = bench.accepted(209)
    unfinished = f"/ChargeItem?task={taken.prescription_id}&secret={secret}"
    expected = (409, "Referenced task must be in status 'completed'")
    assert said(post(unfinished, bench.charge_body(taken.prescription_id))) == expected
    public, secret = bench.completed(160)
    public_target = f"/ChargeItem?task={public.prescription_id}&secret={secret}"
    assert post(public_target, bench.charge_body(public.prescription_id)).status == 400


def test_a_pharmacy_learns_of_the_consent_when_it_accepts(bench: Bench) -> None:
    def kinds(flow_type: int) -> list[str]:
        task = bench.ready(flow_type)
        target = f"/Task/{task.prescription_id}/$accept?ac={task.access_code}"
        answer = bench.send("pharmacy", "POST", target, headers=JSON_ANSWER)
        return [item["resource"]["resourceType"] for item in json.loads(answer.body)["entry"]]

    assert kinds(200) == ["Task", "Binary"]
    bench.consent()
    assert kinds(200) == ["Task", "Binary", "Consent"]
    assert kinds(160) == ["Task", "Binary"]


@pytest.mark.parametrize(
    ("state", "days"), [("draft", 5), ("ready", 102), ("in-progress", 100), ("completed", 100)]
)
def test_tasks_are_forgotten_after_their_time(bench: Bench, state: str, days: int) -> None:
    make: dict[str, Callable[[], str]] = {
        "draft": lambda: bench.created().prescription_id,
        "ready": lambda: bench.ready().prescription_id,
        "in-progress": lambda: bench.accepted()[0].prescription_id,
        "completed": lambda: bench.completed()[0].prescription_id,
    }
    target = f"/Task/{make[state]()}"
    bench.clock.advance(timedelta(days=days))
    assert bench.send("insured", "GET", target).status == (403 if state == "draft" else 200)
    bench.clock.advance(timedelta(days=1))
    assert said(bench.send("insured", "GET", target)) == (404, "Task not found in DB")
