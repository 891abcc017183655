"""What every inner request must pass, in order: VAU, authorization, route, token, rate, role."""

from __future__ import annotations

import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

import mocks.erezept
import pruefstand.fhir.rules
from mocks.erezept.roles import ROLES
from mocks.erezept.texts import TEXTS
from pruefstand.clients.erezept import FLOW_TYPE_SYSTEM, ErezeptRefusal
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto import jws
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.vau_erezept import VauClient
from pruefstand.fhir.xml import safe_parse, to_xml
from pruefstand.ids import access_code, rezept_id
from pruefstand.model.exchange import Layer
from pruefstand.model.http import Request, Response
from tests.contract.erezept_bench import DAY, IDS, Bench

XML = {"Content-Type": "application/fhir+xml"}
ID = "160.000.123.456.789.37"
INVALID_TOKEN = "Bearer realm='prescriptionserver.telematik', error='invalACCESS_TOKEN'"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-mock", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def text(answer: Response) -> str:
    return inner_refusal("", answer).text


def create_body(
    code: str = "160", system: str = FLOW_TYPE_SYSTEM, name: str = "workflowType"
) -> bytes:
    coding = {key: value for key, value in (("system", system), ("code", code)) if value}
    return to_xml(
        {"resourceType": "Parameters", "parameter": [{"name": name, "valueCoding": coding}]}
    )


def practice_token(bench: Bench, changed: dict[str, object]) -> str:
    oid, id_number = IDS["practice"]
    return bench.token(oid, id_number, **changed)


def create_with(bench: Bench, token: str) -> Response:
    inner = Request("POST", "/Task/$create", tuple(XML.items()), create_body())
    return bench.as_role("practice").call(inner, "Task/$create", "Task", token=token)


# outer layer


@pytest.mark.parametrize(
    ("path", "status", "size"), [("/CertList", 200, 0), ("/OCSPList", 200, 0), ("/", 200, 0)]
)
def test_retired_lists_and_health_are_empty(
    bench: Bench, path: str, status: int, size: int
) -> None:
    answer = bench.app.handle(Request("GET", path))
    assert (answer.status, len(answer.body)) == (status, size)


def test_vau_certificate_is_der(bench: Bench) -> None:
    answer = bench.app.handle(Request("GET", "/VAUCertificate"))
    assert answer.header("Content-Type") == "application/pkix-cert"
    assert x509.load_der_x509_certificate(answer.body)


@pytest.mark.parametrize("path", ["/Random", "/TSL.xml", "/nothing"])
def test_unknown_outer_paths_are_not_found(bench: Bench, path: str) -> None:
    assert bench.app.handle(Request("GET", path)).status == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "body is too short to be a outer request body"),
        (b"\x01" + bytes(50), "body is too short to be a outer request body"),
        (b"\x02" + bytes(120), "vau decryption failed"),
        (b"\x01" + bytes(120), "Unable to create public key from message data"),
    ],
)
def test_garbage_to_the_vau_is_answered_in_clear_json(
    bench: Bench, body: bytes, expected: str
) -> None:
    answer = bench.app.handle(Request("POST", "/VAU/0", (), body))
    fields = json.loads(answer.body)
    assert answer.status == fields["status"] == 400
    assert expected in fields["error"]
    assert set(fields) == {"x-request-id", "status", "error", "message"}


def test_foreign_vau_key_is_an_outer_error(bench: Bench) -> None:
    sealed = VauClient(bench.pki.service("idp-enc").key.public_key()).seal("a.b.c", b"x")
    answer = bench.app.handle(Request("POST", "/VAU/0", (), sealed.body))
    assert answer.status == 400
    assert b"vau decryption failed" in answer.body


def test_too_large_a_request_is_refused_outside(bench: Bench) -> None:
    answer = bench.app.handle(Request("POST", "/VAU/0", (), bytes(1024 * 1024 + 1)))
    assert answer.status == 413


def test_client_takes_a_renewed_vau_key_once(bench: Bench) -> None:
    client = bench.as_role("practice")
    client.create(160)
    channel = client._channel
    assert channel._key is not None
    stale = VauClient(bench.pki.service("idp-enc").key.public_key())
    channel._key = type(channel._key)(stale, "")
    assert client.create(160).prescription_id


def test_pseudonym_of_the_answer_is_used_in_the_next_call(bench: Bench) -> None:
    client = bench.as_role("practice")
    client.create(160)
    first = client._channel.pseudonym
    assert [len(half) for half in first.split("-")] == [32, 32]
    client.create(160)
    targets = [e.request.start for e in bench.recorder.exchanges if e.operation == "VAU"]
    assert any(target.endswith(f"/VAU/{first}") for target in targets)


def test_every_call_is_recorded_layer_by_layer(bench: Bench) -> None:
    bench.as_role("practice").create(160)
    chain = bench.recorder.exchanges[-4:]
    outer, vau, inner, fhir = chain
    assert [e.layer for e in chain] == [Layer.HTTP, Layer.VAU, Layer.HTTP, Layer.FHIR]
    assert (vau.parent, inner.parent, fhir.parent) == (outer.id, vau.id, inner.id)
    assert (inner.operation, inner.status) == ("Task/$create", 201)
    assert fhir.facts["request"] == "Parameters"
    assert fhir.facts["response"] == "Task"


def test_inner_facts_are_copied_outside(bench: Bench) -> None:
    bench.as_role("practice").create(200)
    carriers = [e for e in bench.recorder.exchanges if e.layer is Layer.HTTP]
    outer = next(e for e in reversed(carriers) if e.operation == "VAU")
    assert outer.response is not None
    assert outer.response.header("Inner-Response-Code") == "201"
    assert outer.response.header("Inner-Request-Flowtype") == "200"


# authorization, route, token


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Basic abc", "invalid Authorization Bearer header field"),
        ("bearer abc", "invalid Authorization Bearer header field"),
        ("Bearer a.b.c", "Authorization header is invalid"),
    ],
)
def test_authorization_must_repeat_the_token(bench: Bench, value: str, expected: str) -> None:
    answer = bench.send("practice", "POST", "/Task/$create", headers={"Authorization": value})
    assert (answer.status, text(answer)) == (400, expected)


def sealed_answer(bench: Bench, inner: bytes, token: str) -> Response:
    client = VauClient(bench.pki.service("erp-vau").der)
    sealed = client.seal(token, inner)
    answer = bench.app.handle(Request("POST", "/VAU/0", (), sealed.body))
    return Response.parse(client.open(sealed, answer.body))


def test_missing_authorization_comes_before_the_unknown_route(bench: Bench) -> None:
    token = bench.token(*IDS["practice"])
    raw = Request("GET", "/nothing", (("Host", "x"),)).raw()
    answer = sealed_answer(bench, raw, token)
    assert (answer.status, text(answer)) == (400, "Authorization header is missing")


def test_inner_garbage_is_refused(bench: Bench) -> None:
    answer = sealed_answer(bench, b"garbage", bench.token(*IDS["practice"]))
    assert answer.status == 400


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/nothing"), ("PUT", "/Task"), ("POST", "/Task"), ("GET", "/MedicationDispense/1")],
)
def test_unknown_route_comes_before_the_token(bench: Bench, method: str, target: str) -> None:
    bad = bench.token(*IDS["practice"], exp=1)
    inner = Request(method, target, ())
    answer = bench.as_role("practice").call(inner, "x", "Task", token=bad)
    assert (answer.status, text(answer)) == (405, "no matching handler found.")
    assert answer.header("Connection") == "close"


MISSING = ["professionOID", "idNummer", "sub", "iss", "aud", "acr", "jti", "iat", "exp"]


@pytest.mark.parametrize("claim", MISSING)
def test_required_claims(bench: Bench, claim: str) -> None:
    answer = create_with(bench, practice_token(bench, {claim: None}))
    assert (answer.status, text(answer)) == (401, "JWT misses required claims")
    assert answer.header("WWW-Authenticate") == INVALID_TOKEN


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"sub": 7}, "JWT has invalid format"),
        ({"exp": "soon"}, "JWT has invalid format"),
        ({"acr": "low"}, "JWT has invalid format"),
        ({"aud": "https://elsewhere/"}, "JWT has invalid aud claim"),
        ({"exp": 1}, "JWT expired"),
        ({"iat": 4102444800}, "JWT expired"),
        ({"nbf": 4102444800}, "JWT expired"),
    ],
)
def test_bad_claims(bench: Bench, changed: dict[str, object], expected: str) -> None:
    answer = create_with(bench, practice_token(bench, changed))
    assert (answer.status, text(answer)) == (401, expected)


def test_a_cached_token_still_expires(bench: Bench) -> None:
    token = bench.token(*IDS["practice"])
    assert create_with(bench, token).status == 201
    bench.clock.advance(timedelta(seconds=299))
    assert create_with(bench, token).status == 201
    bench.clock.advance(timedelta(seconds=2))
    assert text(create_with(bench, token)) == "JWT expired"


def test_signature_must_be_the_idps(bench: Bench) -> None:
    claims = bench.claims(*IDS["practice"])
    foreign = jws.sign(claims, bench.pki.service("idp-enc").key, {})
    wrong_name = jws.sign(claims, bench.pki.service("idp-sig").key, {}, alg="ES256")
    unsigned = bench.token(*IDS["practice"]).rpartition(".")[0] + "."
    for token in (foreign, wrong_name, unsigned):
        answer = create_with(bench, token)
        assert (answer.status, text(answer)) == (401, "JWT has invalid signature")


def test_unreadable_token_names_the_kind_of_caller(bench: Bench) -> None:
    answer = create_with(bench, "a.b.c")
    assert (answer.status, text(answer)) == (401, "JWT has invalid RFC format ('lei' request)")
    assert "prescriptionservice.lei" in (answer.header("WWW-Authenticate") or "")


def test_insured_tokens_need_names(bench: Bench) -> None:
    token = bench.token("49", bench.insured, organizationName=None)
    inner = Request("GET", "/Task")
    answer = bench.as_role("insured").call(inner, "Task", "Task", token=token)
    assert text(answer) == "JWT misses required claims"


def test_rate_limit_blocks_the_subject_until_its_token_expires(bench: Bench) -> None:
    bench.context.settings = {"rate_limit": 3}
    token = bench.token(*IDS["practice"])
    statuses = [create_with(bench, token).status for _ in range(4)]
    assert statuses == [201, 201, 201, 429]
    bench.clock.advance(timedelta(seconds=10))
    assert text(create_with(bench, token)) == (
        "Token with given sub used too often within certain timespan."
    )
    other = bench.token("50", "1-other")
    assert create_with(bench, other).status == 201
    bench.clock.advance(timedelta(seconds=300))
    assert create_with(bench, bench.token(*IDS["practice"])).status == 201


# roles

CALLS = {
    "POST /Task/$create": ("POST", "/Task/$create"),
    "POST /Task/$activate": ("POST", f"/Task/{ID}/$activate"),
    "POST /Task/$accept": ("POST", f"/Task/{ID}/$accept"),
    "POST /Task/$accept 162": ("POST", "/Task/162.000.123.456.789.28/$accept"),
    "POST /Task/$reject": ("POST", f"/Task/{ID}/$reject"),
    "POST /Task/$dispense": ("POST", f"/Task/{ID}/$dispense"),
    "POST /Task/$close": ("POST", f"/Task/{ID}/$close"),
    "POST /Task/$abort": ("POST", f"/Task/{ID}/$abort"),
    "GET /Task": ("GET", "/Task"),
    "GET /Task/{id}": ("GET", f"/Task/{ID}"),
    "GET /MedicationDispense": ("GET", "/MedicationDispense"),
    "GET /AuditEvent": ("GET", "/AuditEvent"),
    "GET /Communication": ("GET", "/Communication"),
    "POST /Communication": ("POST", "/Communication"),
    "DELETE /Communication": ("DELETE", "/Communication/1"),
}
NUMBERS = ["49", "50", "51", "52", "53", "54", "55", "59", "257", "292", "30", "31", "260"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("operation", CALLS)
def test_role_table(bench: Bench, operation: str, number: str) -> None:
    method, target = CALLS[operation]
    oid = f"1.2.276.0.76.4.{number}"
    answer = bench.client(number, "X-1").call(Request(method, target), "x", "Task")
    refused = text(answer) == f"endpoint is forbidden for professionOID {oid}"
    assert refused == (oid not in ROLES[operation])
    assert not refused or answer.status == 403


def test_malformed_id_is_forbidden_for_accept_and_unknown_elsewhere(bench: Bench) -> None:
    accept = bench.send("pharmacy", "POST", "/Task/160.1/$accept")
    assert (accept.status, text(accept)) == (
        403,
        "endpoint is forbidden for professionOID 1.2.276.0.76.4.54",
    )
    for operation in ("$reject", "$close", "$abort"):
        answer = bench.send("pharmacy", "POST", f"/Task/160.000.123.456.789.38/{operation}")
        assert (answer.status, text(answer)) == (
            404,
            "Failed to parse prescription ID from URL parameter",
        )


@pytest.mark.parametrize(
    ("role", "operation", "expected"),
    [
        ("practice", "$activate", "Requested Task not found in DB"),
        ("pharmacy", "$accept", "Task not found for prescription id"),
        ("pharmacy", "$reject", "Task not found for prescription id"),
        ("pharmacy", "$close", "Task not found for prescription id"),
        ("practice", "$abort", "Task not found for prescription id"),
    ],
)
def test_unknown_tasks(bench: Bench, role: str, operation: str, expected: str) -> None:
    answer = bench.send(role, "POST", f"/Task/{ID}/{operation}")
    assert (answer.status, text(answer)) == (404, expected)


# $create and content negotiation


@pytest.mark.parametrize("flow_type", [160, 162, 169, 200, 209])
def test_create_makes_a_draft(bench: Bench, flow_type: int) -> None:
    answer = bench.send(
        "practice", "POST", "/Task/$create", headers=XML, body=create_body(str(flow_type))
    )
    root = safe_parse(answer.body)
    values = [element.get("value") for element in root.iter() if element.get("value")]
    assert answer.status == 201
    assert answer.header("Location") is None
    assert rezept_id.parse(str(values[0])).flow_type == flow_type
    assert "draft" in values
    assert any(access_code.is_valid(str(value)) for value in values)
    assert f"urn:oid:1.2.276.0.76.4.{'59' if flow_type == 162 else '54'}" in values


BAD_CREATES = [
    (to_xml({"resourceType": "Parameters"}), "unexpected number of parameters"),
    (create_body(name="other"), "workflowType Parameter not given"),
    (create_body(system=""), "missing workflow system"),
    (create_body(system="http://other"), "unknown flowType system given"),
    (create_body(code=""), "error getting workFlowType from parameters"),
    (create_body(code="161"), "Invalid workFlowType in incoming parameters"),
    (create_body(code="abc"), "Invalid workFlowType in incoming parameters"),
    (create_body(code="166"), "Erstellung von Tasks mit flowtype 166 noch nicht zulässig"),
    (b"<Parameters", "FHIR-Validation error"),
]


@pytest.mark.parametrize(("body", "expected"), BAD_CREATES)
def test_create_refuses(bench: Bench, body: bytes, expected: str) -> None:
    answer = bench.send("practice", "POST", "/Task/$create", headers=XML, body=body)
    assert (answer.status, text(answer)) == (400, expected)


def test_flow_166_opens_with_its_flag(bench: Bench) -> None:
    bench.context.settings = {"t_rezept": True}
    assert bench.as_role("practice").create(166).prescription_id.startswith("166.")


@pytest.mark.parametrize(
    ("headers", "body", "status", "expected"),
    [
        ({}, create_body(), 400, "Missing ContentType in request header"),
        (
            {"Content-Type": "text/plain"},
            create_body(),
            415,
            "Invalid content type (mime type) received: text/plain",
        ),
        (
            {"Content-Type": "application/fhir+xml; charset=latin1"},
            create_body(),
            415,
            "Invalid content type encoding received: latin1",
        ),
        (XML, b"\xef\xbb\xbf" + create_body(), 400, "illegal BOM before XML resource"),
        (
            {"Content-Type": "application/json"},
            b"\xef\xbb\xbf{}",
            400,
            "illegal BOM before JSON resource",
        ),
        (
            {"Content-Type": "text/plain"},
            b"\xef\xbb\xbfx",
            400,
            "illegal BOM before inner request body",
        ),
        (
            {**XML, "Accept": "*/*"},
            create_body(),
            406,
            "Requested format '*/*' cannot be provided",
        ),
        (
            {**XML, "Accept": "text/html, */*;q=0.1"},
            create_body(),
            406,
            "Requested format 'text/html, */*;q=0.1' cannot be provided",
        ),
    ],
)
def test_formats_that_do_not_work(
    bench: Bench, headers: dict[str, str], body: bytes, status: int, expected: str
) -> None:
    answer = bench.send("practice", "POST", "/Task/$create", headers=headers, body=body)
    assert (answer.status, text(answer)) == (status, expected)


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", None, "xml"),
        ("", "application/fhir+json", "json"),
        ("", "application/fhir+json;q=0.2, application/fhir+xml", "xml"),
        ("", "application/fhir+json, application/fhir+xml;q=0.9", "json"),
        ("?_format=fhir+json", "application/fhir+xml", "json"),
        ("?_format=fhir%2Bxml", "application/fhir+json", "xml"),
    ],
)
def test_format_of_the_answer(bench: Bench, query: str, accept: str | None, kind: str) -> None:
    headers = {**XML, **({"Accept": accept} if accept else {})}
    target = f"/Task/$create{query}"
    answer = bench.send("practice", "POST", target, headers=headers, body=create_body())
    assert answer.header("Content-Type") == f"application/fhir+{kind};charset=utf-8"
    assert answer.body.startswith(b"{" if kind == "json" else b"<")


def test_json_bodies_are_read(bench: Bench) -> None:
    parameter = {"name": "workflowType", "valueCoding": {"system": FLOW_TYPE_SYSTEM, "code": "160"}}
    body = json.dumps({"resourceType": "Parameters", "parameter": [parameter]}).encode()
    headers = {"Content-Type": "application/fhir+json"}
    assert bench.send("practice", "POST", "/Task/$create", headers=headers, body=body).status == 201


def test_outcome_has_one_issue_without_coding(bench: Bench) -> None:
    root = safe_parse(bench.send("pharmacy", "POST", f"/Task/{ID}/$accept?ac=1").body)
    names = [str(element.tag).rpartition("}")[2] for element in root.iter()]
    assert names.count("issue") == 1
    assert "coding" not in names
    assert b"not-found" in bench.send("pharmacy", "POST", f"/Task/{ID}/$accept").body


def test_refusals_speak_german_to_the_operator(bench: Bench) -> None:
    with pytest.raises(ErezeptRefusal) as refusal:
        bench.as_role("pharmacy").create(160)
    assert refusal.value.status == 403
    assert "Rolle" in refusal.value.hint


# the table itself and faults


def test_handlers_and_table_name_the_same_refusals() -> None:
    folder = Path(mocks.erezept.__file__).parent
    named: set[str] = set()
    rules = Path(pruefstand.fhir.rules.__file__).parent
    for path in [*folder.glob("*.py"), *rules.glob("*.py")]:
        if path.name == "texts.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.add(node.value)
    assert set(TEXTS) <= named


@pytest.mark.parametrize("fault", ["accesscode_kurz", "create_ready", "rezept_id_pruefziffer"])
def test_faults_spoil_create(bench: Bench, fault: str) -> None:
    def sound() -> bool:
        answer = bench.send("practice", "POST", "/Task/$create", headers=XML, body=create_body())
        root = safe_parse(answer.body)
        values = [str(element.get("value")) for element in root.iter() if element.get("value")]
        has_code = any(access_code.is_valid(value) for value in values)
        return rezept_id.is_valid(values[0]) and "draft" in values and has_code

    assert sound()
    bench.app.faults.switch(fault, True)
    assert not sound()
