"""The mail service's REST interfaces against gematik's own OpenAPI documents."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.fhir_examples import specs
from tests.contract.kim_account_manager import AccountManager, encoded
from tests.contract.kim_bench import SERVICE, KimBench, kim_bench
from tests.contract.openapi_document import Operation, operation_for, operations

PREFIXES = {
    "/AccountMgmt/v2.4": "AccountManager.yaml",
    "/AccountLimit/v1.1": "AccountLimit.yaml",
    "/ServiceInformation/v1.0": "ServiceInformation.yaml",
    "/attachments/v2.4": "AttachmentService.yaml",
}
NEW = "praxis.neu@pruefstand.kim.telematik-test"
PASSWORD = "Neues-Passwort-1"


@pytest.fixture(scope="module")
def bench() -> Iterator[KimBench]:
    specs()
    with kim_bench() as running:
        yield running


@pytest.fixture(scope="module")
def manager(bench: KimBench) -> AccountManager:
    return AccountManager(bench.world, bench.member("nachbar"))


def document(name: str) -> Path:
    return specs() / "openapi" / "kim" / name


def operation_of(request: httpx.Request) -> Operation:
    """Return what gematik says about the operation of a request."""
    path = request.url.path
    prefix = next(one for one in PREFIXES if path.startswith(one))
    return operation_for(document(PREFIXES[prefix]), request.method, path.removeprefix(prefix))


def judged(answer: httpx.Response, status: int, *, good: bool = True) -> httpx.Response:
    """Check an answer, and its request too where that is meant to be right."""
    operation = operation_of(answer.request)
    assert answer.status_code == status, answer.text
    assert operation.problem(answer) == ""
    if good:
        assert operation.request_problem(answer.request) == ""
    return answer


def basic(bench: KimBench, key: str = "nachbar") -> dict[str, str]:
    member = bench.member(key)
    pair = f"{member.address}:{member.participant.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def call(bench: KimBench, method: str, path: str, **more: Any) -> httpx.Response:
    base = bench.world.base_url(SERVICE)
    with httpx.Client(verify=bench.world.client_tls("kim-cm"), trust_env=False) as client:
        return client.request(method, f"{base}{path}", **more)


def form(bench: KimBench, **changed: Any) -> dict[str, Any]:
    until = bench.world.clock.now() + timedelta(days=1)
    parts: dict[str, Any] = {
        "messageID": (None, "1@x"),
        "recipients": (None, bench.member("praxis").address),
        "expires": (None, format_datetime(until)),
        "attachment": ("a", b"\0" * 64, "application/octet-stream"),
    }
    return {name: part for name, part in {**parts, **changed}.items() if part is not None}


def test_official_operations_are_all_offered(bench: KimBench) -> None:
    offered = {(route.method, route.path) for route in bench.world.servers[SERVICE].app.routes}
    shapes = {
        (method, path.replace("{attachment_id}", "{attachmentId}")) for method, path in offered
    }
    wanted = {
        (method, prefix + path)
        for prefix, name in PREFIXES.items()
        for method, path, _ in operations(document(name))
    }
    assert wanted <= shapes
    assert len(wanted) == 16


def test_official_documents_find_what_is_wrong() -> None:
    """The judge itself: an unknown status, a wrong body, a missing header are named."""
    limits = operation_for(document("AccountLimit.yaml"), "GET", "/limit")
    asked = httpx.Request("GET", "https://x/AccountLimit/v1.1/limit")
    media = {"Content-Type": "application/json; charset=utf-8"}
    assert "418 is not described" in limits.problem(httpx.Response(418, request=asked))
    wrong = httpx.Response(200, json={"quota": "viel"}, headers=media, request=asked)
    assert "viel" in limits.problem(wrong)
    register = operation_for(document("AccountManager.yaml"), "POST", "/account")
    assert "iniPassword" in register.request_problem(httpx.Request("POST", "https://x", json={}))


def test_official_account_life(bench: KimBench, manager: AccountManager) -> None:
    account = {
        "username": NEW,
        "password": encoded(PASSWORD),
        "referenceID": "R-1",
        "kimVersion": "1.5+",
    }
    judged(manager.call("POST", "", account, iniPassword=encoded("x")), 204)
    judged(manager.call("POST", "", account, iniPassword=encoded("x")), 409)
    path = f"/{NEW}"

    def mine(method: str, tail: str = "", body: Any = None, **headers: str) -> httpx.Response:
        return manager.call(method, path + tail, body, password=PASSWORD, **headers)

    shown = judged(mine("GET"), 200).json()
    assert (shown["username"], shown["regStat"]) == (NEW, "registered")
    judged(mine("PUT", "", account | {"dataTimeToLive": 30}), 204)
    assert judged(mine("GET"), 200).json()["dataTimeToLive"] == 30
    judged(mine("PUT", "/revokeDeregistration"), 403)
    judged(mine("DELETE"), 204)
    assert judged(mine("GET"), 200).json()["regStat"] == "deregistered"
    judged(mine("PUT", "/revokeDeregistration"), 204)


def test_official_certificate_otp_and_absence(bench: KimBench, manager: AccountManager) -> None:
    path = f"/{manager.member.address}"
    created = judged(manager.call("POST", f"{path}/cert", {"commonName": "modul"}), 200).json()
    assert base64.b64decode(created["file"])
    word = judged(manager.call("GET", f"{path}/OTP"), 200).json()["otp"]
    wrong = manager.call("PUT", f"{path}/telematikID", otp=encoded("falsch"))
    judged(wrong, 403)
    judged(manager.call("PUT", f"{path}/telematikID", otp=word), 204)
    assert judged(manager.call("GET", f"{path}/outofoffice"), 200).json() == {"active": False}
    day = bench.world.clock.now()
    manager.set_absence(day, day + timedelta(days=1), "Urlaub")
    assert judged(manager.call("GET", f"{path}/outofoffice"), 200).json()["message"] == "Urlaub"


@pytest.mark.parametrize(
    ("method", "tail", "body", "status"),
    [
        ("POST", "", {"username": "kein@example.org", "password": "eA=="}, 420),
        ("POST", "", {"username": NEW, "password": "kein base64!"}, 400),
        ("GET", "/niemand@pruefstand.kim.telematik-test", None, 404),
        ("DELETE", "/niemand@pruefstand.kim.telematik-test", None, 404),
        ("POST", "/{own}/cert", {}, 400),
        ("PUT", "/{own}", {"dataTimeToLive": 5}, 400),
        ("PUT", "/{own}", {"kimVersion": "9.9"}, 422),
        ("PUT", "/{own}/outofoffice", {"active": True}, 400),
    ],
)
def test_official_refusals_are_described(
    manager: AccountManager, method: str, tail: str, body: Any, status: int
) -> None:
    path = tail.replace("{own}", manager.member.address)
    headers = {"iniPassword": encoded("x")} if method == "POST" else {}
    judged(manager.call(method, path, body, **headers), status, good=False)


def test_official_wrong_credentials_are_401(bench: KimBench, manager: AccountManager) -> None:
    own = manager.member.address
    judged(manager.call("GET", f"/{own}", password="falsch"), 401, good=False)
    judged(call(bench, "GET", "/AccountLimit/v1.1/limit"), 401, good=False)


def test_official_limits_and_service_information(bench: KimBench) -> None:
    judged(call(bench, "GET", "/AccountLimit/v1.1/limit", headers=basic(bench)), 200)
    judged(call(bench, "GET", "/ServiceInformation/v1.0/serviceinfo"), 200)


def test_official_attachment_life(bench: KimBench) -> None:
    path = "/attachments/v2.4/attachment/"
    stored = judged(call(bench, "POST", path, headers=basic(bench), files=form(bench)), 201).json()
    place = path + stored["sharedLink"].rpartition("/")[2]
    recipient = {"recipient": bench.member("praxis").address}
    judged(call(bench, "HEAD", place, headers=recipient), 200)
    assert judged(call(bench, "GET", place, headers=recipient), 200).content == b"\0" * 64
    judged(call(bench, "GET", place, headers={"recipient": bench.member("klinik").address}), 403)
    judged(call(bench, "GET", place, headers={"recipient": "x"}), 400, good=False)
    for fault, status in (("kas_drosselt", 429), ("kas_verliert", 404)):
        with bench.fault(SERVICE, fault):
            judged(call(bench, "GET", place, headers=recipient), status)
    judged(call(bench, "DELETE", place, headers=basic(bench, "klinik")), 401)
    judged(call(bench, "DELETE", place, headers=basic(bench)), 200)
    judged(call(bench, "HEAD", place, headers=recipient), 404)
    judged(call(bench, "DELETE", place, headers=basic(bench)), 404)


@pytest.mark.parametrize(
    ("changed", "fault", "status"),
    [
        ({"messageID": None}, "", 400),
        ({"recipients": (None, "a@example.org")}, "", 400),
        ({"expires": (None, "morgen")}, "", 400),
        ({}, "kas_voll", 507),
        ({}, "kas_lehnt_ab", 500),
    ],
)
def test_official_refused_attachments(
    bench: KimBench, changed: dict[str, Any], fault: str, status: int
) -> None:
    path = "/attachments/v2.4/attachment/"
    with bench.fault(SERVICE, *([fault] if fault else [])):
        answer = call(bench, "POST", path, headers=basic(bench), files=form(bench, **changed))
    judged(answer, status, good=False)
    with bench.set(SERVICE, max_mail_size=10):
        judged(call(bench, "POST", path, headers=basic(bench), files=form(bench)), 413, good=False)
