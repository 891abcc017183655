"""The login at the IDP, step by step, as its traffic shows it (gemILF_PS, OIDC with PKCE)."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import parse_qs, urlsplit

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.select import answered, outer_http, soap
from pruefstand.model.exchange import Exchange

PARAMETERS = frozenset(
    {"client_id", "state", "redirect_uri", "code_challenge", "response_type", "scope"}
)
_S256 = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGEST = re.compile(rb"<(?:\w+:)?Base64Data[^>]*>([^<]+)<")


def _idp(exchanges: Exchanges, method: str) -> list[Exchange]:
    return [item for item in outer_http(exchanges, "idp") if item.request.start.startswith(method)]


def _query(exchange: Exchange) -> dict[str, list[str]]:
    return parse_qs(urlsplit(exchange.request.start.partition(" ")[2]).query)


def _form(exchange: Exchange) -> dict[str, list[str]]:
    return parse_qs(exchange.request.body.decode("latin-1"))


def _authorizations(exchanges: Exchanges) -> list[Exchange]:
    return [item for item in _idp(exchanges, "GET") if "code_challenge" in _query(item)]


def _token_calls(exchanges: Exchanges) -> list[Exchange]:
    return [item for item in _idp(exchanges, "POST") if "grant_type" in _form(item)]


@check("A_20661-01", "A_20654-01")
def login_starts_with_all_parameters(exchanges: Exchanges) -> Judgement:
    """The login begins with a GET that names client, state, scope and challenge."""
    return judge_all(
        _authorizations(exchanges),
        lambda item: _query(item).keys() >= PARAMETERS,
        expected=f"GET mit {', '.join(sorted(PARAMETERS))}",
        show=lambda item: f"fehlend: {sorted(PARAMETERS - _query(item).keys())}",
    )


@check("A_20660-01")
def code_challenge_is_a_hash(exchanges: Exchanges) -> Judgement:
    """The code_challenge is a SHA-256 value in base64url, and said to be one."""
    return judge_all(
        _authorizations(exchanges),
        lambda item: (
            bool(_S256.fullmatch(_query(item)["code_challenge"][0]))
            and _query(item).get("code_challenge_method") == ["S256"]
        ),
        expected="code_challenge aus 43 Zeichen, Methode S256",
        show=lambda item: f"{_query(item)['code_challenge']}",
    )


@check("A_20662-01")
def challenge_is_taken(exchanges: Exchanges) -> Judgement:
    """The IDP's answer with challenge and consent is taken, and signed afterwards."""
    signed = bool(soap(exchanges, "ExternalAuthenticate"))
    return judge_all(
        _authorizations(exchanges),
        lambda item: signed and item.status == 200 and _names_a_challenge(item),
        expected="Challenge angenommen und signiert",
        show=lambda item: f"{item.status}, signiert: {signed}",
    )


def _names_a_challenge(item: Exchange) -> bool:
    try:
        return "challenge" in json.loads(item.response.body if item.response else b"")
    except ValueError:
        return False


@check("A_20665-02")
def challenge_is_signed_by_the_card(exchanges: Exchanges) -> Judgement:
    """The SMC-B signs a SHA-256 value with ExternalAuthenticate."""
    return judge_all(
        answered(soap(exchanges, "ExternalAuthenticate"), 200),
        lambda item: _digest_octets(item) == 32,
        expected="ExternalAuthenticate über 32 Oktette",
        show=lambda item: f"{_digest_octets(item)} Oktette",
    )


def _digest_octets(item: Exchange) -> int:
    found = _DIGEST.search(item.request.body)
    try:
        return len(base64.b64decode(found.group(1), validate=True)) if found else 0
    except ValueError:
        return 0


@check("A_20666-02")
def card_certificate_is_read(exchanges: Exchanges) -> Judgement:
    """The certificate C.AUT of the card is read with ReadCardCertificate."""
    return judge_all(
        answered(soap(exchanges, "ReadCardCertificate"), 200),
        lambda item: b"C.AUT" in item.request.body,
        expected="ReadCardCertificate mit C.AUT",
        show=lambda _: "anderes Zertifikat",
    )


@check("A_20671-02", "A_21334-01")
def code_goes_with_a_sealed_key(exchanges: Exchanges) -> Judgement:
    """The code goes to the token endpoint with an encrypted key_verifier (JWE of 5 parts)."""
    return judge_all(
        _token_calls(exchanges),
        lambda item: (
            "code" in _form(item) and _form(item).get("key_verifier", [""])[0].count(".") == 4
        ),
        expected="POST mit code und verschlüsseltem key_verifier",
        show=lambda item: f"Felder {sorted(_form(item))}",
    )


@check("A_20655-01")
def discovery_is_read_before_login(exchanges: Exchanges) -> Judgement:
    """The discovery document is read before the first login."""
    expected = "Discovery Document vor der Anmeldung gelesen"
    calls = _idp(exchanges, "GET")
    paths = [urlsplit(item.request.start.partition(" ")[2]).path for item in calls]
    logins = [index for index, item in enumerate(calls) if "code_challenge" in _query(item)]
    reads = [index for index, path in enumerate(paths) if path.endswith("openid-configuration")]
    holds = bool(logins) and bool(reads) and reads[0] < logins[0]
    actual = f"{len(reads)} Abrufe, {len(logins)} Anmeldungen"
    return Judgement(holds, expected, actual, calls[reads[0]].id if reads else None)


LOGIN_CHECKS: tuple[Check, ...] = (
    login_starts_with_all_parameters,
    code_challenge_is_a_hash,
    challenge_is_taken,
    challenge_is_signed_by_the_card,
    card_certificate_is_read,
    code_goes_with_a_sealed_key,
    discovery_is_read_before_login,
)
