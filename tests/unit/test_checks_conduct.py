"""Conduct around the E-Rezept: retries, probes, addresses, what is verified and drawn anew."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pruefstand.checks import erezept_health as health
from pruefstand.checks import trust
from pruefstand.checks.answers import answered_outside
from pruefstand.checks.check import Check
from pruefstand.checks.erezept_pharmacy import ACTOR as PHARMACY
from pruefstand.checks.erezept_retry import pauses_grow, retries_follow_the_table
from pruefstand.checks.refusal import refused_by_vau
from pruefstand.checks.transport import service_is_called_by_its_address
from pruefstand.model.exchange import Exchange, Layer, Message
from tests.unit.synthetic_traffic import ID, NOON, Traffic, binary, exchange, in_vau, xml

Case = list[Exchange]
VAU = exchange(Layer.VAU, "VAU", Message(), Message(), id="vau", parent="tls")
HOUR = 3600.0
MINUTE = 60.0


def at(call: Exchange, seconds: float) -> Exchange:
    return replace(call, started=NOON + timedelta(seconds=seconds))


def tries(*steps: tuple[int, float], body: bytes = b"x") -> Case:
    """Return $create answered with each status after so many seconds."""
    found, now = [VAU], 0.0
    for status, seconds in steps:
        now += seconds
        found.append(at(in_vau("Task/$create", "POST /Task/$create", status, body), now))
    return found


def outer_tries(status: int, *pauses: float) -> Case:
    """Return attempts that were refused outside the VAU."""
    found, now = [], 0.0
    for number, seconds in enumerate((0.0, *pauses)):
        now += seconds
        carrier = exchange(
            Layer.HTTP, "VAU", Message("POST https://fd/VAU/0"), Message(status=status)
        )
        channel = exchange(Layer.VAU, "VAU", Message(), None, id=f"v{number}", parent=f"o{number}")
        inner = exchange(
            Layer.HTTP, "Task/$create", Message("POST /Task/$create"), None, parent=f"v{number}"
        )
        found += [replace(carrier, id=f"o{number}"), channel, at(inner, now)]
    return found


def get(target: str, seconds: float, status: int = 200) -> Exchange:
    call = exchange(Layer.HTTP, "GET", Message(f"GET https://fd{target}"), Message(status=status))
    return at(call, seconds)


def probes(*gaps: float) -> Case:
    """Return one call and a probe of the root after each of `gaps` seconds."""
    found, now = [get("/VAUCertificate", 0.0)], 0.0
    for gap in gaps:
        now += gap
        found.append(get("/", now))
    return found


def metadata(*seconds: float) -> Case:
    whole = [VAU, *probes(*[605.1, 603.2, 609.9, 601.0, 607.7])]
    return [*whole, *(at(in_vau("metadata", "GET /metadata", 200), moment) for moment in seconds)]


IDLE = probes(605.1, 603.2, 609.9)
REFUSED = at(in_vau("Task", "GET /Task", 403), 1.0)

CERTIFICATE = b"a certificate"
SHOWN = exchange(
    Layer.HTTP,
    "VAUCertificate",
    Message("GET https://fd/VAUCertificate"),
    Message("200", (), CERTIFICATE, 200),
)
USE = exchange(Layer.HTTP, "VAU", Message("POST https://fd/VAU/0"), Message(status=200))


def verified(
    role: str, result: str = "VALID", certificate: bytes = CERTIFICATE, operation: str = ""
) -> Exchange:
    """Return an answered VerifyCertificate."""
    encoded = base64.b64encode(certificate).decode()
    return exchange(
        Layer.SOAP,
        operation or "VerifyCertificate",
        Message(body=f"<X509Certificate>{encoded}</X509Certificate>".encode()),
        Message(
            "200",
            (),
            f"<VerificationResult>{result}</VerificationResult><Role>{role}</Role>".encode(),
            200,
        ),
        peer="konnektor",
    )


def login(verifier: str = "a", key: str = "b", characters: int = 64, octets: int = 32) -> Exchange:
    """Return a token answer with what the IDP observed."""
    headers = (
        ("Observed-Code-Verifier", f"characters={characters} sha256={verifier * 64}"),
        ("Observed-Token-Key", f"octets={octets} sha256={key * 64}"),
    )
    return exchange(
        Layer.HTTP,
        "TokenRequest",
        Message("POST https://idp/token"),
        Message("200", headers, b"", 200),
        peer="idp",
    )


def by_pharmacy(*order: str, signed: bytes = b"cms", result: str = "VALID") -> Case:
    """Return accept, verification and close of a pharmacy in this order."""
    answer = xml("Bundle", binary("application/pkcs7-mime", b"cms"))
    encoded = base64.b64encode(signed).decode()
    steps = {
        "accept": in_vau("Task/$accept", f"POST /Task/{ID}/$accept", 200, b"", answer),
        "close": in_vau("Task/$close", f"POST /Task/{ID}/$close", 200),
        "verify": exchange(
            Layer.SOAP,
            "VerifyDocument",
            Message(body=f"<Base64Signature>{encoded}</Base64Signature>".encode()),
            Message("200", (), f"<HighLevelResult>{result}</HighLevelResult>".encode(), status=200),
        ),
    }
    return [VAU, *(replace(steps[name], actor=PHARMACY) for name in order)]


def outer_answer(status: int, body: bytes, operation: str = "VAU") -> Case:
    asked = Message("POST https://fd/VAU/0")
    return [exchange(Layer.HTTP, operation, asked, Message(str(status), (), body, status))]


TOLD = b'{"status": 400, "error": "vau decryption failed: x"}'
OUTSIDE = refused_by_vau(400, "vau decryption failed", "A_19514-03")
EMPTY = answered_outside("CertList", 200, True, "A_19514-03")
SEALED = answered_outside("VAU", 200, False, "A_19514-03")
ADDRESS = service_is_called_by_its_address("https://localhost", "A_19451-02")
GROWING = pauses_grow("A_20884")
CONTROLS: Sequence[tuple[Check, list[Case], list[Case]]] = (
    (
        EMPTY,
        [
            outer_answer(200, b"", "CertList"),
            [*outer_answer(200, b"x"), *outer_answer(200, b"", "CertList")],
        ],
        [
            [],
            outer_answer(200, b"[]", "CertList"),
            outer_answer(404, b"", "CertList"),
            outer_answer(200, b""),
        ],
    ),
    (
        SEALED,
        [outer_answer(200, b"x")],
        [[], outer_answer(200, b""), outer_answer(400, b"x"), outer_answer(200, b"x", "health")],
    ),
    (
        retries_follow_the_table,
        [
            tries((503, 0), (503, 1), (201, 2)),
            tries((429, 0), (201, HOUR)),
            tries((403, 0)),
            outer_tries(503, 1.0),
            tries((408, 0), (201, 1)),
        ],
        [
            tries((201, 0)),
            tries((403, 0), (201, 60)),
            tries((429, 0), (201, 60)),
            tries(*[(503, 1.0)] * 11),
            outer_tries(400, 1.0),
            [],
        ],
    ),
    (
        GROWING,
        [tries((503, 0), (503, 1), (201, 2)), outer_tries(503, 1.0, 2.0, 4.0)],
        [
            tries((503, 0), (503, 1), (201, 1)),
            tries((503, 0), (201, 1)),
            outer_tries(503, 4.0, 2.0),
            tries((403, 0), (403, 1), (403, 2)),
            [],
        ],
    ),
    (health.probes_are_rare, [IDLE], [probes(60, 60, 60), [get("/VAUCertificate", 0)], []]),
    (
        health.probes_follow_idle_time,
        [IDLE, probes(601)],
        [probes(60, 605), probes(605, 605, 605), [get("/", 0)], []],
    ),
    (
        health.only_the_root_is_probed,
        [IDLE],
        [[*IDLE, get("/CertList", 1)], [*IDLE, get("/health", 1)], []],
    ),
    (
        health.probes_expect_success,
        [IDLE],
        [[*IDLE, get("/x", 1, 404)], [*IDLE, VAU, REFUSED], []],
    ),
    (
        health.only_metadata_is_probed,
        [metadata(1)],
        [[*metadata(1), REFUSED], IDLE, []],
    ),
    (
        health.metadata_is_not_asked_by_a_timer,
        [metadata(), metadata(10, 1000, 1300)],
        [metadata(600, 1200, 1810), IDLE, []],
    ),
    (
        trust.vau_certificate_is_verified_first,
        [[SHOWN, verified(trust.VAU_ROLE), USE]],
        [
            [SHOWN, USE, verified(trust.VAU_ROLE)],
            [SHOWN, USE],
            [SHOWN, verified(trust.VAU_ROLE)],
            [SHOWN, verified(trust.IDP_ROLE), USE],
            [SHOWN, verified(trust.VAU_ROLE, "INVALID"), USE],
            [SHOWN, verified(trust.VAU_ROLE, certificate=b"another"), USE],
            [],
        ],
    ),
    (
        trust.token_certificate_is_verified,
        [[login(), verified(trust.IDP_ROLE), USE]],
        [
            [login(), USE, verified(trust.IDP_ROLE)],
            [verified(trust.IDP_ROLE), login(), USE],
            [login(), verified(trust.IDP_ROLE, "INCONCLUSIVE"), USE],
            [USE],
            [],
        ],
    ),
    (
        trust.code_verifier_is_fresh,
        [[login("a"), login("c")]],
        [[login("a")], [login("a"), login("a")], [login("a", characters=42), login("c")], []],
    ),
    (
        trust.token_key_is_fresh,
        [[login(key="a"), login(key="c")]],
        [[login()], [login(), login()], [login(key="a", octets=16), login(key="c")], []],
    ),
    (
        trust.prescription_is_verified_before_dispensing,
        [by_pharmacy("accept", "verify", "close")],
        [
            by_pharmacy("accept", "close", "verify"),
            by_pharmacy("accept", "close"),
            by_pharmacy("accept", "verify", "close", signed=b"another"),
            by_pharmacy("accept", "verify", "close", result="INVALID"),
            [],
        ],
    ),
    (
        OUTSIDE,
        [outer_answer(400, TOLD)],
        [outer_answer(500, TOLD), outer_answer(400, b"x"), outer_answer(400, b"[]"), []],
    ),
    (
        ADDRESS,
        [Traffic().exchanges()],
        [[*Traffic().exchanges(), get("/", 0)], []],
    ),
)


def cases(good: bool) -> Iterator[tuple[Check, Case]]:
    for check, right, wrong in CONTROLS:
        for case in right if good else wrong:
            yield check, case


@pytest.mark.parametrize(("check", "case"), list(cases(True)))
def test_right_conduct_holds(check: Check, case: Case) -> None:
    assert check.judge(case).holds


@pytest.mark.parametrize(("check", "case"), list(cases(False)))
def test_wrong_conduct_does_not_hold(check: Check, case: Case) -> None:
    assert not check.judge(case).holds
