"""Hostile input: a documented error each time, the process alive, the memory flat."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable

import httpx
import pytest

from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.vau_erezept import VauClient
from pruefstand.fhir.communication import message, with_code
from pruefstand.fhir.consent import consent_body
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.rng import Rng
from tests.contract.erezept_bench import BASE, DAY, XML, Bench, activation_body

ROUNDS = 300
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def bench() -> Bench:
    clock = VirtualClock.at_day(DAY)
    return Bench(Pki("erezept-garbage", clock), clock, {"rate_limit": 10**9})


def post(bench: Bench, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Send an outer request as it is."""
    with httpx.Client(transport=mock_transport(bench.app), base_url=BASE) as client:
        return client.post("/VAU/0", content=body, headers=headers)


def sealed(bench: Bench, content: bytes = b"GET /Device HTTP/1.1\r\n\r\n") -> bytes:
    """Return a right envelope around any bytes."""
    client = VauClient(bench.pki.service("erp-vau").der)
    return client.seal(bench.token("50", "1-praxis-1"), content).body


def alive(bench: Bench) -> None:
    assert bench.send("practice", "GET", "/Device").status == 200


def documented(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status
    fields = json.loads(answer.content)
    assert fields["status"] == status
    assert fields["x-request-id"]
    return str(fields["error"])


def test_random_bytes_are_no_envelope(bench: Bench) -> None:
    rng = Rng("garbage")
    for number in range(ROUNDS):
        size = rng.integer(0, 300)
        body = rng.token_bytes(size)
        # Every second one begins as an envelope does.
        answer = post(bench, (b"\x01" + body) if number % 2 else body)
        assert documented(answer, 400)
    alive(bench)


def test_every_truncation_of_an_envelope_is_refused(bench: Bench) -> None:
    whole = sealed(bench)
    for size in (*range(0, 100), *range(100, len(whole), 17)):
        assert documented(post(bench, whole[:size]), 400)
    alive(bench)


def test_flipped_bits_are_noticed(bench: Bench) -> None:
    whole, rng = sealed(bench), Rng("flips")
    for _ in range(100):
        place = rng.integer(0, len(whole) - 1)
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.integer(0, 7)
        assert documented(post(bench, bytes(changed)), 400)


@pytest.mark.parametrize(
    "point",
    [bytes(64), b"\xff" * 64, b"\x01" * 64, bytes(32) + b"\x01" * 32],
    ids=["zero", "beyond the field", "off the curve", "x zero"],
)
def test_points_off_the_curve_are_refused(bench: Bench, point: bytes) -> None:
    whole = sealed(bench)
    error = documented(post(bench, whole[:1] + point + whole[65:]), 400)
    assert "Unable to create public key from message data" in error


def test_a_foreign_vau_key_is_refused(bench: Bench) -> None:
    foreign = Pki("foreign", VirtualClock.at_day(DAY)).service("erp-vau").der
    body = VauClient(foreign).seal("a.b.c", b"GET / HTTP/1.1\r\n\r\n").body
    assert "vau decryption failed" in documented(post(bench, body), 400)


def test_one_byte_more_than_a_mebibyte_is_too_much(bench: Bench) -> None:
    assert documented(post(bench, b"\x01" * (MEBIBYTE + 1)), 413) == "Payload Too Large"
    assert documented(post(bench, b"\x01" * MEBIBYTE), 400)


INNER = [
    b"",
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /Device\r\n\r\n",
    b"GET /Device HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /Device HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET /Device HTTP/1.1\r\nContent-Length: 99\r\n\r\n",
    b"\x00" * 100,
    b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    b"GET /Device HTTP/1.1\r\n\r\n" * 1000,
]


@pytest.mark.parametrize("content", INNER, ids=lambda content: repr(content[:24]))
def test_broken_inner_requests_are_answered_inside(bench: Bench, content: bytes) -> None:
    assert post(bench, sealed(bench, content)).status_code == 200
    alive(bench)


def test_ten_thousand_headers_change_nothing(bench: Bench) -> None:
    many = {f"X-Header-{number}": "x" for number in range(10_000)}
    assert bench.send("practice", "GET", "/Device", headers=many).status == 200
    assert documented(post(bench, b"\x01", many), 400)


def bomb(depth: int) -> bytes:
    lines = ["<!DOCTYPE P [", '<!ENTITY a0 "x">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, depth)]
    return ("".join(lines) + f"]><Parameters>&a{depth - 1};</Parameters>").encode()


def nested(depth: int) -> bytes:
    name = b"<part>"
    return b'<Parameters xmlns="http://hl7.org/fhir">' + name * depth


def closed(depth: int) -> bytes:
    return nested(depth) + b"</part>" * depth + b"</Parameters>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (bomb(10), "xml"),
        (b'<!DOCTYPE P SYSTEM "file:///etc/passwd"><Parameters/>', "xml"),
        (nested(100_000), "xml"),
        (closed(60_000), "xml"),
        (b"[" * 100_000, "json"),
        (b'{"resourceType":' * 50_000, "json"),
        ("<Parameters/>".encode("utf-16"), "xml"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><P a="ä"/>'.encode("latin-1"), "xml"),
        (b'{"resourceType":"Parameters","parameter":[{"name":1}]}', "json"),
        (b'{"resourceType":"Parameters","parameter":{}}', "json"),
        (b'{"resourceType":["x"]}', "json"),
        (b"null", "json"),
        (b"1e999", "json"),
        (b"\xff\xfe", "json"),
        (b"<\x00/>", "xml"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value,
)
def test_bombs_and_foreign_encodings_are_refused(bench: Bench, body: bytes, kind: str) -> None:
    media = {"Content-Type": f"application/fhir+{kind}"}
    for target in ("/Task/$create", f"/Task/{bench.created().prescription_id}/$activate"):
        answer = bench.send("practice", "POST", target, headers=media, body=body)
        assert answer.status in (400, 403)
    alive(bench)


def bodies(bench: Bench) -> list[tuple[str, str, bytes]]:
    """Return right calls with bodies: role, target, body."""
    task, secret, close = bench.accepted()
    ready = bench.ready()
    about = with_code(ready.prescription_id, ready.access_code)
    bench.consent()
    private, private_secret = bench.completed(200)
    charge = f"/ChargeItem?task={private.prescription_id}&secret={private_secret}"
    order = message("DispReq", about, "3-apotheke-1", {"version": 9})
    draft = bench.created()
    signed = bench.sign(bench.document(draft.prescription_id))
    activate = f"/Task/{draft.prescription_id}/$activate?ac={draft.access_code}"
    return [
        ("pharmacy", f"/Task/{task.prescription_id}/$close?secret={secret}", close),
        ("pharmacy", charge, bench.charge_body(private.prescription_id)),
        ("insured", "/Communication", order),
        ("insured", "/Consent", consent_body(bench.insured, bench.clock.now())),
        ("practice", activate, activation_body(signed)),
    ]


def test_damaged_documents_never_break_the_service(bench: Bench) -> None:
    rng = Rng("damage")
    for role, target, body in bodies(bench):
        for _ in range(60):
            place = rng.integer(0, len(body) - 1)
            size = rng.choice((0, 1, 8, 200))
            changed = body[:place] + rng.token_bytes(rng.choice((0, 1, 4))) + body[place + size :]
            answer = bench.send(role, "POST", target, headers=XML, body=changed)
            assert answer.status != 500, inner_refusal("", answer).text
    alive(bench)


def test_memory_stays_flat_under_garbage(bench: Bench) -> None:
    rng = Rng("memory")
    whole = sealed(bench)

    def round_of_garbage() -> None:
        for _ in range(100):
            post(bench, rng.token_bytes(200))
            post(bench, whole[:-1])
        post(bench, b"\x01" * MEBIBYTE)

    held = grown(round_of_garbage)
    assert held < 200_000, f"{held} bytes stay after each round"


def grown(action: Callable[[], object]) -> int:
    """Return how many bytes a second and third `action` leave behind."""
    action()
    gc.collect()
    tracemalloc.start()
    try:
        action()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        action()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_leaking_is_noticed() -> None:
    kept: list[bytes] = []
    assert grown(lambda: kept.append(bytes(300_000))) > 200_000
