"""The checks of the login hold on right traffic and break where one thing is wrong."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from pruefstand.checks import idp_login as checks
from pruefstand.checks.check import Check
from pruefstand.model.exchange import Exchange, Layer, Message
from tests.unit.synthetic_traffic import exchange, soap_call

DISCOVERY = "/.well-known/openid-configuration"
CHALLENGE = "a" * 43
QUERY = (
    f"client_id=c&state=s&redirect_uri=r&code_challenge={CHALLENGE}"
    "&code_challenge_method=S256&response_type=code&scope=e-rezept&nonce=n"
)
FORM = "grant_type=authorization_code&code=x&key_verifier=a.b.c.d.e"


def idp(start: str, body: bytes = b"", answer: bytes = b"", status: int = 200) -> Exchange:
    made = exchange(
        Layer.HTTP,
        "IDP",
        Message(start, (), body),
        Message(str(status), (), answer, status),
        id=start,
        parent="tls",
    )
    return replace(made, peer="idp")


def discovery() -> Exchange:
    return idp(f"GET https://idp.test{DISCOVERY}")


def login(query: str = QUERY, answer: object = None, status: int = 200) -> Exchange:
    told = json.dumps({"challenge": "x"} if answer is None else answer).encode()
    return idp(f"GET https://idp.test/auth?{query}", answer=told, status=status)


def token(form: str = FORM) -> Exchange:
    return idp("POST https://idp.test/token", form.encode())


def card(operation: str, body: bytes, status: int = 200) -> Exchange:
    made = soap_call(operation, status)
    return replace(made, request=replace(made.request, body=body))


def signed(octets: int = 32) -> Exchange:
    data = base64.b64encode(bytes(octets))
    return card("ExternalAuthenticate", b"<dss:Base64Data>" + data + b"</dss:Base64Data>")


CONTROLS: list[tuple[Check, list[Exchange], list[list[Exchange]]]] = [
    (
        checks.login_starts_with_all_parameters,
        [login()],
        [[login(QUERY.replace("client_id=c&", ""))], [login(QUERY.replace("&state=s", ""))], []],
    ),
    (
        checks.code_challenge_is_a_hash,
        [login()],
        [
            [login(QUERY.replace(CHALLENGE, "kurz"))],
            [login(QUERY.replace("S256", "plain"))],
            [],
        ],
    ),
    (
        checks.challenge_is_taken,
        [login(), signed()],
        [[login()], [login(status=400), signed()], [login(answer={}), signed()]],
    ),
    (checks.challenge_is_signed_by_the_card, [signed()], [[signed(20)], []]),
    (
        checks.card_certificate_is_read,
        [card("ReadCardCertificate", b"<CertRef>C.AUT</CertRef>")],
        [[card("ReadCardCertificate", b"<CertRef>C.ENC</CertRef>")], []],
    ),
    (
        checks.code_goes_with_a_sealed_key,
        [token()],
        [[token(FORM.replace("a.b.c.d.e", "a.b.c"))], [token(FORM.replace("code=x&", ""))], []],
    ),
    (
        checks.discovery_is_read_before_login,
        [discovery(), login()],
        [[login(), discovery()], [login()], [discovery()]],
    ),
]


@pytest.mark.parametrize(("check", "good"), [(row[0], row[1]) for row in CONTROLS])
def test_right_traffic_holds(check: Check, good: list[Exchange]) -> None:
    assert check.judge(good).holds


@pytest.mark.parametrize(("check", "bad"), [(row[0], bad) for row in CONTROLS for bad in row[2]])
def test_wrong_traffic_breaks(check: Check, bad: list[Exchange]) -> None:
    assert not check.judge(bad).holds
