"""The IDP mock and the IDP client: a login, every refusal of the table, every fault."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from mocks.idp import app as idp_app
from mocks.idp.authorization import RULES
from mocks.idp.errors import ERRORS
from mocks.idp.faults import FAULTS
from pruefstand.clients.idp import IdpClient, TokenSource
from pruefstand.clients.idp_refusal import IdpRefusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto import jwe, jws
from pruefstand.crypto.base64url import b64u, unb64u
from pruefstand.crypto.jwk import from_jwk
from pruefstand.crypto.pki import Identity, Pki
from pruefstand.errors import SutError
from pruefstand.mockkit import MockContext
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng
from pruefstand.transport import Recorder
from pruefstand.transport.http import HttpTransport

CLIENT_ID = "gematikTestPs"
REDIRECT = "http://test-ps.gematik.de/erezept"
AGENT = "Pruefstand/0.1.0 pruefstand/gematikTestPs"
VERIFIER = "v" * 64
KEY = b"k" * 32
Changes = Mapping[str, str | None]


@dataclass(frozen=True)
class MemoryCard:
    """A card whose key lies in memory."""

    identity: Identity

    @property
    def certificate_der(self) -> bytes:
        return self.identity.der

    def sign_digest(self, digest: bytes) -> bytes:
        return self.identity.key.sign(digest, ec.ECDSA(Prehashed(SHA256())))


class Bench:
    """An IDP in this process, spoken to by hand or by the client."""

    def __init__(self, **settings: object) -> None:
        self.clock = VirtualClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
        self.pki = Pki(7, self.clock)
        self.context = MockContext(self.clock, Rng(7), self.pki, "https://idp.test", settings)
        self.app = idp_app(self.context)
        self.smcb = self.pki.smcb("Praxis Dr. Müller")
        self.recorder = Recorder(self.clock)
        self.transport = HttpTransport(self.recorder, actor="pvs", inner=mock_transport(self.app))
        self.client = IdpClient(
            self.transport,
            "https://idp.test",
            client_id=CLIENT_ID,
            redirect_uri=REDIRECT,
            user_agent=AGENT,
            clock=self.clock,
            verify_certificate=lambda der: self.pki.verify(der, kind=None, at=self.clock.now()),
        )

    @property
    def card(self) -> MemoryCard:
        return MemoryCard(self.smcb.aut)

    @property
    def enc(self) -> ec.EllipticCurvePublicKey:
        return from_jwk(json.loads(self.get("/idpEnc/jwk.json").body))

    def get(self, target: str, agent: str | None = AGENT) -> Response:
        headers = (("User-Agent", agent),) if agent is not None else ()
        return self.app.handle(Request("GET", target, headers))

    def post(self, path: str, form: Mapping[str, str]) -> Response:
        body = urlencode(form).encode()
        return self.app.handle(Request("POST", path, (("User-Agent", AGENT),), body))

    def authorize(self, changes: Changes | None = None) -> Response:
        query = changed(
            {
                "client_id": CLIENT_ID,
                "redirect_uri": REDIRECT,
                "response_type": "code",
                "state": "state-1",
                "code_challenge": b64u(hashlib.sha256(VERIFIER.encode()).digest()),
                "code_challenge_method": "S256",
                "scope": "e-rezept openid",
                "nonce": "nonce-1",
            },
            changes,
        )
        return self.get("/sign_response?" + urlencode(query))

    def challenge(self) -> str:
        return str(json.loads(self.authorize().body)["challenge"])

    def inner(self, challenge: str, **headers: object) -> str:
        identity = self.smcb.aut
        header = {"typ": "JWT", "cty": "NJWT", "x5c": jws.x5c(identity.der), **headers}
        header = {name: value for name, value in header.items() if value is not None}
        return jws.sign({"njwt": challenge}, identity.key, header)

    def outer(self, inner: str, challenge: str, **headers: object) -> str:
        exp = jws.decode_unverified(challenge).claims["exp"]
        header = {"cty": "NJWT", "exp": exp, **headers}
        header = {name: value for name, value in header.items() if value is not None}
        return jwe.encrypt_ecdh(jws.compact_json({"njwt": inner}), self.enc, headers=header)

    def sign(self, inner: str, challenge: str, **headers: object) -> Response:
        outer = self.outer(inner, challenge, **headers)
        return self.post("/sign_response", {"signed_challenge": outer})

    def code(self) -> str:
        challenge = self.challenge()
        answer = self.sign(self.inner(challenge), challenge)
        return location(answer)["code"]

    def key_verifier(self, plain: object = None) -> str:
        content = plain or {"token_key": b64u(KEY), "code_verifier": VERIFIER}
        encoded = json.dumps(content).encode()
        return jwe.encrypt_ecdh(encoded, self.enc, headers={"cty": "JSON"})

    def token(self, changes: Changes | None = None, code: str | None = None) -> Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "code": code or self.code(),
            "key_verifier": self.key_verifier(),
        }
        return self.post("/token", changed(form, changes))


def changed(fields: Mapping[str, str], changes: Changes | None) -> dict[str, str]:
    merged = {**fields, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}


def location(answer: Response) -> dict[str, str]:
    assert answer.status == 302, answer.body
    return dict(parse_qsl(urlsplit(answer.header("Location") or "").query))


def assert_refused(answer: Response, code: int, text: str | None = None) -> None:
    row = ERRORS[code]
    if row.redirected:
        fields: dict[str, Any] = location(answer)
        assert (answer.header("Location") or "").startswith(REDIRECT + "?")
        assert fields["error_description"] == fields["gematik_error_text"]
    else:
        assert answer.status == row.status, answer.body
        fields = json.loads(answer.body)
        assert answer.header("Content-Type") == "application/json; charset=utf-8"
    assert (fields["gematik_code"], fields["error"]) == (str(code), row.error), fields
    assert fields["gematik_error_text"] == (text or row.text)
    assert fields["gematik_uuid"]
    assert int(fields["gematik_timestamp"]) > 0


@pytest.fixture(scope="module")
def shared() -> Bench:
    """A bench whose clock and faults no test touches."""
    return Bench()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def flipped(token: str, part: int) -> str:
    parts = token.split(".")
    raw = bytearray(unb64u(parts[part]))
    raw[0] ^= 1
    parts[part] = b64u(bytes(raw))
    return ".".join(parts)


# --- login -----------------------------------------------------------------------------------


def test_login_with_smcb_gives_the_token_the_fachdienst_expects(shared: Bench) -> None:
    access = shared.client.login(shared.card)
    token = jws.verify(access.token, shared.pki.service("idp-sig").key.public_key())
    assert token.header == {"alg": "BP256R1", "typ": "at+JWT", "kid": "puk_idp_sig"}
    claims = access.claims
    assert claims["aud"] == "https://erp-test.zentral.erp.splitdns.ti-dienste.de/"
    assert claims["professionOID"] == "1.2.276.0.76.4.50"
    assert claims["idNummer"] == shared.smcb.telematik_id
    assert claims["organizationName"].startswith("Praxis Dr. Müller")
    assert claims["acr"] == "gematik-ehealth-loa-high"
    assert claims["amr"] == ["mfa", "sc", "pin"]
    assert claims["exp"] - claims["iat"] == 300
    assert len(claims["jti"]) == 16
    assert (claims["azp"], claims["client_id"]) == (CLIENT_ID, CLIENT_ID)
    assert set(claims["scope"].split()) == {"openid", "e-rezept"}
    assert access.expires_at == datetime.fromtimestamp(claims["exp"], UTC)


def test_login_records_every_call_with_the_user_agent(bench: Bench) -> None:
    bench.client.login(bench.card)
    calls = bench.recorder.exchanges
    assert [call.operation for call in calls] == [
        "Discovery", "puk_idp_sig", "puk_idp_enc", "AuthorizationRequest", "SignedChallenge",
        "TokenRequest",
    ]  # fmt: skip
    assert {call.request.header("User-Agent") for call in calls} == {AGENT}
    assert not any(REDIRECT in call.request.start.split("?")[0] for call in calls)


@pytest.mark.parametrize("role", ["apotheke", "krankenhaus", "zahnarztpraxis", "kasse"])
def test_profession_oid_comes_from_the_card(shared: Bench, role: str) -> None:
    card = shared.pki.smcb(f"Haus {role}", role=role)
    claims = shared.client.login(MemoryCard(card.aut)).claims
    assert claims["professionOID"] == card.profession_oid
    assert claims["idNummer"] == card.telematik_id


def test_hba_and_egk_have_their_own_claim_sources(shared: Bench) -> None:
    hba = shared.pki.hba("Anna Muster")
    claims = shared.client.login(MemoryCard(hba.aut)).claims
    assert claims["display_name"] == "Anna Muster"
    assert (claims["organizationName"], claims["organizationIK"]) == (None, None)
    egk = shared.pki.egk("X110411675", "Erika Test", iknr="109500969")
    claims = shared.client.login(MemoryCard(egk.aut)).claims
    assert claims["idNummer"] == "X110411675"
    assert claims["organizationIK"] == "109500969"
    assert claims["professionOID"] == "1.2.276.0.76.4.49"


def test_sub_is_pairwise_and_stable(shared: Bench) -> None:
    first = shared.client.login(shared.card).claims
    again = shared.client.login(shared.card).claims
    other = shared.client.login(MemoryCard(shared.pki.smcb("Andere Praxis").aut)).claims
    assert first["sub"] == again["sub"]
    assert first["sub"] != other["sub"]
    assert first["jti"] != again["jti"]


def test_discovery_document_has_the_documented_shape(shared: Bench) -> None:
    answer = shared.get("/.well-known/openid-configuration")
    assert answer.header("Content-Type") == "application/jwt;charset=UTF-8"
    assert answer.header("Cache-Control") == "no-store"
    token = jws.decode_unverified(answer.body.decode())
    assert (token.header["alg"], token.header["kid"]) == ("BP256R1", "puk_disc_sig")
    der = jws.certificates_of(token.header)[0]
    jws.verify(answer.body.decode(), x509.load_der_x509_certificate(der).public_key())
    claims = token.claims
    assert claims["exp"] - claims["iat"] == 86400
    assert claims["issuer"] == "https://idp.test"
    assert claims["authorization_endpoint"] == "https://idp.test/sign_response"
    assert claims["code_challenge_methods_supported"] == ["S256"]
    for alias in ("/discoveryDocument", "/auth/realms/idp/.well-known/openid-configuration"):
        assert shared.get(alias).body == answer.body


def test_keys_are_served_with_padded_coordinates(shared: Bench) -> None:
    keys = {key["kid"]: key for key in json.loads(shared.get("/jwks").body)["keys"]}
    assert set(keys) == {"puk_idp_sig", "puk_idp_enc"}
    assert "x5c" in keys["puk_idp_sig"]
    assert "x5c" not in keys["puk_idp_enc"]
    for key in keys.values():
        assert key["crv"] == "BP-256"
        assert len(unb64u(key["x"])) == len(unb64u(key["y"])) == 32


def test_challenge_carries_the_request_and_lives_180_seconds(shared: Bench) -> None:
    answer = json.loads(shared.authorize().body)
    claims = jws.decode_unverified(answer["challenge"]).claims
    assert claims["exp"] - claims["iat"] == 180
    assert (claims["token_type"], claims["nonce"], claims["state"]) == (
        "challenge", "nonce-1", "state-1",
    )  # fmt: skip
    assert len(unb64u(claims["snc"])) == 32
    assert set(answer["user_consent"]["requested_scopes"]) == {"openid", "e-rezept"}
    assert "given_name" in answer["user_consent"]["requested_claims"]


def test_redirect_carries_code_and_state_and_no_sso_token(shared: Bench) -> None:
    challenge = shared.challenge()
    answer = shared.sign(shared.inner(challenge), challenge)
    assert answer.header("Content-Length") == "0"
    assert answer.header("Cache-Control") == "no-store"
    assert set(location(answer)) == {"code", "state"}
    assert location(answer)["state"] == "state-1"


# --- refusals: authorization request -----------------------------------------------------------

MISSING = {rule.name: rule.missing for rule in RULES if rule.missing} | {
    "client_id": 1002,
    "redirect_uri": 1004,
}


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("value", [None, ""])
def test_missing_parameter_has_its_own_code(shared: Bench, name: str, value: str | None) -> None:
    text = "code_challenge_method wurde nicht übermittelt" if name.endswith("method") else None
    assert_refused(shared.authorize({name: value}), MISSING[name], text)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("client_id", "unbekannt", 2012),
        ("redirect_uri", REDIRECT + "/", 1020),
        ("response_type", "token", 2005),
        ("state", "mit leerzeichen ", 2006),
        ("state", "x" * 513, 2006),
        ("code_challenge", "x" * 41, 2010),
        ("code_challenge", "x" * 45, 2010),
        ("code_challenge_method", "plain", 2008),
        ("nonce", "ä", 2007),
        ("scope", "openid", 1022),
        ("scope", "e-rezept", 1022),
        ("scope", "openid e-rezept epa", 1022),
        ("scope", "openid unbekannt", 1030),
        ("scope", "openid epa", 1022),
    ],
)
def test_invalid_parameter_has_its_own_code(
    shared: Bench, name: str, value: str, code: int
) -> None:
    assert_refused(shared.authorize({name: value}), code)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": None},
        {"scope": "openid e-rezept"},
        {"state": "x" * 512},
        {"code_challenge": "x" * 42},
        {"code_challenge": "x" * 44 + "=="},
    ],
)
def test_limits_of_parameters_are_accepted(shared: Bench, changes: Changes) -> None:
    assert shared.authorize(changes).status == 200


def test_client_is_checked_before_anything_is_redirected(shared: Bench) -> None:
    assert_refused(shared.authorize({"client_id": None, "state": None}), 1002)
    assert_refused(shared.authorize({"redirect_uri": "http://boese.example", "state": None}), 1020)


def test_redirected_refusal_returns_the_state(shared: Bench) -> None:
    assert location(shared.authorize({"scope": None}))["state"] == "state-1"


# --- refusals: signed challenge ----------------------------------------------------------------


def test_empty_post_and_garbage_are_2030(shared: Bench) -> None:
    assert_refused(shared.post("/sign_response", {}), 2030)
    assert_refused(shared.post("/sign_response", {"signed_challenge": "a.b.c.d.e"}), 2030)


@pytest.mark.parametrize("cty", ["njwt", "JWT", None])
def test_outer_cty_must_be_njwt(shared: Bench, cty: str | None) -> None:
    challenge = shared.challenge()
    answer = shared.sign(shared.inner(challenge), challenge, cty=cty)
    assert_refused(answer, 2030, "CTY fehlerhaft")


def test_epk_on_another_curve(shared: Bench) -> None:
    challenge = shared.challenge()
    nist = ec.generate_private_key(ec.SECP256R1()).public_key()
    plain = jws.compact_json({"njwt": shared.inner(challenge)})
    token = jwe.encrypt_ecdh(plain, nist, headers={"cty": "NJWT", "exp": 1})
    answer = shared.post("/sign_response", {"signed_challenge": token})
    assert_refused(answer, 2030, "EPK-Typ fehlerhaft")


def test_challenge_encrypted_for_somebody_else(shared: Bench) -> None:
    challenge = shared.challenge()
    other = ec.generate_private_key(ec.BrainpoolP256R1()).public_key()
    plain = jws.compact_json({"njwt": shared.inner(challenge)})
    token = jwe.encrypt_ecdh(plain, other, headers={"cty": "NJWT", "exp": 1})
    assert_refused(shared.post("/sign_response", {"signed_challenge": token}), 2030)


def test_outer_exp_missing_past_or_different(shared: Bench) -> None:
    challenge = shared.challenge()
    inner = shared.inner(challenge)
    exp = jws.decode_unverified(challenge).claims["exp"]
    assert_refused(shared.sign(inner, challenge, exp=None), 2031)
    assert_refused(shared.sign(inner, challenge, exp=str(exp)), 2031)
    assert_refused(shared.sign(inner, challenge, exp=exp - 600), 2032)
    text = "Exp in Challenge und signierter Challenge nicht gleich"
    assert_refused(shared.sign(inner, challenge, exp=exp + 1), 2032, text)


def test_inner_cty_and_missing_njwt(shared: Bench) -> None:
    challenge = shared.challenge()
    answer = shared.sign(shared.inner(challenge, cty="JWT"), challenge)
    assert_refused(answer, 2030, "CTY fehlerhaft")
    empty = jws.sign({}, shared.smcb.aut.key, {"cty": "NJWT"})
    assert_refused(shared.sign(empty, challenge), 2030)


def test_flipped_bit_of_the_card_signature_is_2013(shared: Bench) -> None:
    challenge = shared.challenge()
    assert_refused(shared.sign(flipped(shared.inner(challenge), 2), challenge), 2013)


def test_signature_of_another_card_is_2013(shared: Bench) -> None:
    challenge = shared.challenge()
    foreign = shared.pki.smcb("Fremde Praxis").aut
    inner = shared.inner(challenge, x5c=jws.x5c(foreign.der))
    assert_refused(shared.sign(inner, challenge), 2013)


def test_forged_challenge_is_2013(shared: Bench) -> None:
    forged = flipped(shared.challenge(), 2)
    assert_refused(shared.sign(shared.inner(forged), forged), 2013)


def test_token_of_the_idp_is_no_challenge(shared: Bench) -> None:
    access = shared.client.login(shared.card).token
    assert_refused(shared.sign(shared.inner(access), access), 2030)


def test_expired_challenge_is_2032(bench: Bench) -> None:
    challenge = bench.challenge()
    inner = bench.inner(challenge)
    bench.clock.advance(timedelta(seconds=170))
    assert bench.sign(inner, challenge).status == 302
    bench.clock.advance(timedelta(seconds=12))
    assert_refused(bench.sign(inner, challenge), 2032)


def test_missing_certificate_is_2044(shared: Bench) -> None:
    challenge = shared.challenge()
    assert_refused(shared.sign(shared.inner(challenge, x5c=None), challenge), 2044)


@pytest.mark.parametrize("kind", ["osig", "service"])
def test_certificate_of_another_kind_is_2020(shared: Bench, kind: str) -> None:
    wrong = shared.smcb.osig if kind == "osig" else shared.pki.service("idp-sig")
    challenge = shared.challenge()
    header = {"cty": "NJWT", "x5c": jws.x5c(wrong.der)}
    inner = jws.sign({"njwt": challenge}, wrong.key, header)
    assert_refused(shared.sign(inner, challenge), 2020)


def test_certificate_of_a_foreign_pki_is_2020(shared: Bench) -> None:
    foreign = Pki(8, shared.clock).smcb().aut
    challenge = shared.challenge()
    header = {"cty": "NJWT", "x5c": jws.x5c(foreign.der)}
    inner = jws.sign({"njwt": challenge}, foreign.key, header)
    assert_refused(shared.sign(inner, challenge), 2020)


@pytest.mark.parametrize("x5c", [["!"], ["AAAA"], "AAAA"])
def test_unreadable_certificate_is_2020(shared: Bench, x5c: object) -> None:
    challenge = shared.challenge()
    assert_refused(shared.sign(shared.inner(challenge, x5c=x5c), challenge), 2020)


def test_revoked_card_is_2020(bench: Bench) -> None:
    bench.client.login(bench.card)
    bench.pki.revoke(bench.smcb.aut.certificate, bench.clock.now() - timedelta(seconds=1))
    with pytest.raises(IdpRefusal) as caught:
        bench.client.login(bench.card)
    assert (caught.value.code, caught.value.text) == ("2020", ERRORS[2020].text)


def test_expired_certificate_is_2020(bench: Bench) -> None:
    bench.clock.move_to(datetime(2031, 1, 1, tzinfo=UTC))
    challenge = bench.challenge()
    assert_refused(bench.sign(bench.inner(challenge), challenge), 2020)


def test_value_longer_than_64_characters_is_2020(shared: Bench) -> None:
    fits = shared.pki.hba(telematik_id="1-" + "9" * 62)
    assert shared.client.login(MemoryCard(fits.aut)).claims["idNummer"] == fits.telematik_id
    exceeds = shared.pki.hba(telematik_id="1-" + "9" * 63)
    with pytest.raises(IdpRefusal, match="2020"):
        shared.client.login(MemoryCard(exceeds.aut))


def test_es256_label_is_refused_unless_tolerated() -> None:
    for settings, tolerated in (({}, False), ({"accept_es256": True}, True)):
        bench = Bench(**settings)
        challenge = bench.challenge()
        header = {"cty": "NJWT", "x5c": jws.x5c(bench.smcb.aut.der)}
        inner = jws.sign({"njwt": challenge}, bench.smcb.aut.key, header, alg="ES256")
        answer = bench.sign(inner, challenge)
        if tolerated:
            assert answer.status == 302
        else:
            assert_refused(answer, 2013)


# --- refusals: token request -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("grant_type", None, 3006),
        ("grant_type", "password", 3014),
        ("client_id", None, 1002),
        ("client_id", "unbekannt", 3007),
        ("redirect_uri", None, 1004),
        ("redirect_uri", "http://boese.example", 1020),
        ("code", None, 3005),
        ("code", "a.b.c.d.e", 3013),
        ("key_verifier", None, 3004),
        ("key_verifier", "garbage", 3015),
    ],
)
def test_token_form_field(shared: Bench, name: str, value: str | None, code: int) -> None:
    assert_refused(shared.token({name: value}), code)


def test_code_of_another_client_is_3007(shared: Bench) -> None:
    other = {"client_id": "eRezeptApp", "redirect_uri": "http://redirect.gematik.de/erezept"}
    assert_refused(shared.token(other), 3007)


def test_changed_code_is_3013(shared: Bench) -> None:
    assert_refused(shared.token(code=flipped(shared.code(), 3)), 3013)


def test_code_expires_after_60_seconds(bench: Bench) -> None:
    code = bench.code()
    bench.clock.advance(timedelta(seconds=55))
    assert bench.token(code=code).status == 200
    bench.clock.advance(timedelta(seconds=7))
    assert_refused(bench.token(code=code), 3011)


@pytest.mark.parametrize(
    ("plain", "code"),
    [
        ({"code_verifier": VERIFIER}, 3015),
        ({"token_key": b64u(KEY)}, 3015),
        ({"token_key": b64u(b"short"), "code_verifier": VERIFIER}, 3015),
        ({"token_key": 1, "code_verifier": VERIFIER}, 3015),
        ({"token_key": b64u(KEY), "code_verifier": "v" * 42}, 3016),
        ({"token_key": b64u(KEY), "code_verifier": "v" * 129}, 3016),
        ({"token_key": b64u(KEY), "code_verifier": "!" * 64}, 3016),
        ({"token_key": b64u(KEY), "code_verifier": "w" * 64}, 3000),
    ],
)
def test_key_verifier_content(shared: Bench, plain: object, code: int) -> None:
    assert_refused(shared.token({"key_verifier": shared.key_verifier(plain)}), code)


def test_incomplete_code_is_3001(shared: Bench) -> None:
    signer = shared.pki.service("idp-sig").key
    inner = jws.sign({"client_id": CLIENT_ID}, signer, {"typ": "JWT"})
    code_key = shared.context.rng.derive("idp", "code").token_bytes(32)
    code = jwe.encrypt_dir(jws.compact_json({"njwt": inner}), code_key, {})
    assert_refused(shared.token(code=code), 3001)


def test_tokens_are_encrypted_with_the_clients_key(shared: Bench) -> None:
    answer = json.loads(shared.token().body)
    assert (answer["expires_in"], answer["token_type"]) == (300, "Bearer")
    for name in ("access_token", "id_token"):
        opened = jwe.decrypt_dir(answer[name], KEY)
        assert opened.header["cty"] == "NJWT"
        inner = jws.decode_unverified(json.loads(opened.plaintext)["njwt"]).claims
        assert opened.header["exp"] == inner["exp"]
    assert inner["nonce"] == "nonce-1"
    assert "scope" not in inner


# --- the rest of the service -------------------------------------------------------------------


def test_user_agent_is_compulsory_on_every_route(shared: Bench) -> None:
    for route in shared.app.routes:
        answer = shared.app.handle(Request(route.method, route.path))
        assert_refused(answer, 2000)
        assert answer.status == 403
    assert shared.get("/jwks").status == 200


def test_blocked_user_agent() -> None:
    bench = Bench(blocked_user_agents=[AGENT])
    assert_refused(bench.get("/jwks"), 2000, "Given Client-System is blocked")
    assert bench.get("/jwks", agent="other").status == 200


def test_unknown_route_is_404_and_a_defect_is_1500(shared: Bench) -> None:
    assert shared.get("/nirgends").status == 404
    assert_refused(shared.app.on_error(Request("GET", "/"), RuntimeError()), 1500)


def test_registration_and_audience_come_from_the_profile() -> None:
    bench = Bench(clients={"eigene": {"redirect_uri": "http://x.example"}}, audience="https://fd/")
    changes = {"client_id": "eigene", "redirect_uri": "http://x.example"}
    assert bench.authorize(changes).status == 200
    assert bench.client.login(bench.card).claims["aud"] == "https://fd/"


# --- the client --------------------------------------------------------------------------------


def test_client_reports_code_and_text_of_a_refusal(bench: Bench) -> None:
    client = IdpClient(
        bench.transport, "https://idp.test",
        client_id="unbekannt", redirect_uri=REDIRECT, user_agent=AGENT, clock=bench.clock,
    )  # fmt: skip
    with pytest.raises(IdpRefusal) as caught:
        client.login(bench.card)
    assert (caught.value.status, caught.value.code) == (400, "2012")
    with pytest.raises(IdpRefusal) as redirected:
        bench.client.login(bench.card, "unbekannt")
    assert (redirected.value.status, redirected.value.code) == (302, "1030")


def test_card_that_signs_wrongly_is_refused_with_2013(bench: Bench) -> None:
    class WrongCard(MemoryCard):
        def sign_digest(self, digest: bytes) -> bytes:
            return super().sign_digest(hashlib.sha256(digest).digest())

    with pytest.raises(IdpRefusal, match="2013"):
        bench.client.login(WrongCard(bench.smcb.aut))


EXPECTED_NOTICE = {
    "discovery_signatur_falsch": ("Discovery Document", "Discovery"),
    "discovery_rolle_falsch": ("erwartet C.FD.SIG", "Discovery"),
    "challenge_signatur_falsch": ("Challenge: die Signatur", "AuthorizationRequest"),
    "token_signatur_falsch": ("Access-Token: die Signatur", "TokenRequest"),
    "access_token_fremd_verschluesselt": ("access_token des IDP", "TokenRequest"),
    "id_token_fremd_verschluesselt": ("id_token des IDP", "TokenRequest"),
    "token_bereits_abgelaufen": ("Access-Token des IDP ist abgelaufen", "TokenRequest"),
}


def test_every_fault_has_a_notice() -> None:
    assert set(EXPECTED_NOTICE) == set(FAULTS)
    assert all(fault.is_lure for fault in FAULTS.values())


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_client_stops_at_each_fault_and_goes_on_without(bench: Bench, fault: str) -> None:
    text, last_call = EXPECTED_NOTICE[fault]
    bench.context.faults.switch(fault, True)
    with pytest.raises(SutError, match=text):
        bench.client.login(bench.card)
    assert bench.recorder.exchanges[-1].operation == last_call
    bench.context.faults.switch(fault, False)
    assert bench.client.login(bench.card).token


def tampering(bench: Bench, change: Callable[[Request, Response], Response]) -> IdpClient:
    """Return a client behind a man in the middle."""
    handle = bench.app.handle

    class Tampered:
        def handle(self, request: Request) -> Response:
            return change(request, handle(request))

    transport = HttpTransport(bench.recorder, actor="pvs", inner=mock_transport(Tampered()))  # type: ignore[arg-type]
    return IdpClient(
        transport, "https://idp.test", client_id=CLIENT_ID, redirect_uri=REDIRECT,
        user_agent=AGENT, clock=bench.clock,
    )  # fmt: skip


def test_client_refuses_a_redirect_elsewhere_or_with_a_foreign_state(bench: Bench) -> None:
    def replaced(old: str, new: str) -> Callable[[Request, Response], Response]:
        def change(request: Request, answer: Response) -> Response:
            if answer.status != 302:
                return answer
            target = (answer.header("Location") or "").replace(old, new)
            return Response(302, (("Location", target),))

        return change

    with pytest.raises(SutError, match="erwartet 302"):
        tampering(bench, replaced(REDIRECT, "http://boese.example")).login(bench.card)
    with pytest.raises(SutError, match="state"):
        tampering(bench, replaced("state=", "state=x")).login(bench.card)
    with pytest.raises(SutError, match="ohne Authorization Code"):
        tampering(bench, replaced("code=", "kot=")).login(bench.card)
    assert tampering(bench, replaced("", "")).login(bench.card).token


def test_client_refuses_another_keys_jwk(bench: Bench) -> None:
    def swap(request: Request, answer: Response) -> Response:
        if request.path != "/idpSig/jwk.json":
            return answer
        jwk = json.loads(answer.body)
        other = json.loads(bench.get("/idpEnc/jwk.json").body)
        return Response(200, (), json.dumps({**jwk, "x": other["x"], "y": other["y"]}).encode())

    with pytest.raises(SutError, match="passen nicht zusammen"):
        tampering(bench, swap).login(bench.card)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"\xbdHe{\xb7" * 13], ids=["empty", "html", "list", "noise"]
)
def test_client_survives_answers_that_are_no_json(bench: Bench, body: bytes) -> None:
    def garble(request: Request, answer: Response) -> Response:
        is_login = request.path == "/sign_response"
        return Response(200, (), body) if is_login else answer

    with pytest.raises(SutError, match="AuthorizationRequest"):
        tampering(bench, garble).login(bench.card)
    with pytest.raises(IdpRefusal, match="503"):
        tampering(bench, lambda *_: Response(503, (), body)).login(bench.card)


def test_discovery_is_read_once_a_day(bench: Bench) -> None:
    def reads() -> int:
        return sum(call.operation == "Discovery" for call in bench.recorder.exchanges)

    bench.client.login(bench.card)
    bench.clock.advance(timedelta(hours=23))
    bench.client.login(bench.card)
    assert reads() == 1
    bench.clock.advance(timedelta(hours=2))
    bench.client.login(bench.card)
    assert reads() == 2


def test_token_source_renews_30_seconds_before_the_end(bench: Bench) -> None:
    source = TokenSource(bench.client, bench.card, bench.clock)
    first = source.token()
    bench.clock.advance(timedelta(seconds=265))
    assert source.token() is first
    bench.clock.advance(timedelta(seconds=6))
    second = source.token()
    assert second.token != first.token
    assert second.expires_at > first.expires_at


def test_token_source_renews_when_the_clock_jumps_back_or_it_is_told(bench: Bench) -> None:
    source = TokenSource(bench.client, bench.card, bench.clock)
    first = source.token()
    bench.clock.advance(timedelta(days=-2))
    second = source.token()
    assert second.issued_at < first.issued_at
    source.forget()
    assert source.token() is not second


def test_expired_token_is_gone_even_when_the_next_login_fails(bench: Bench) -> None:
    source = TokenSource(bench.client, bench.card, bench.clock)
    source.token()
    bench.clock.advance(timedelta(seconds=400))
    bench.context.faults.switch("challenge_signatur_falsch", True)
    with pytest.raises(SutError):
        source.token()
    assert source._kept is None


def test_token_does_not_show_in_a_representation(shared: Bench) -> None:
    access = shared.client.login(shared.card)
    assert access.token not in repr(access)
