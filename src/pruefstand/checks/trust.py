"""What is trusted only after the Konnektor was asked: service certificates and signatures.

Also what a login draws anew each time; the IDP's observation headers tell length and fingerprint.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.documents import binary, decoded
from pruefstand.checks.erezept_pharmacy import ACTOR as PHARMACY
from pruefstand.checks.select import answered, by_actor, outer_http, soap
from pruefstand.checks.soap_message import answer, asked, fields
from pruefstand.model.exchange import Exchange, Layer

VAU_ROLE = "1.2.276.0.76.4.258"
IDP_ROLE = "1.2.276.0.76.4.260"
_VALID = "VALID"
_OBSERVED = re.compile(r"(?P<unit>[a-z]+)=(?P<size>\d+) sha256=(?P<print>[0-9a-f]{64})")


def _confirmed(exchange: Exchange, role: str) -> bool:
    roles = fields(exchange.response.body, "Role") if exchange.response else []
    return answer(exchange, "VerificationResult") == _VALID and role in roles


def _positions(exchanges: Exchanges, good: Callable[[Exchange], bool]) -> list[int]:
    return [place for place, exchange in enumerate(exchanges) if good(exchange)]


@check("A_20764")
def vau_certificate_is_verified_first(exchanges: Exchanges) -> Judgement:
    """VerifyCertificate confirms the very certificate and its role before the first VAU call."""
    expected = f"VerifyCertificate des VAU-Zertifikats VALID mit {VAU_ROLE} vor dem ersten Aufruf"
    own = by_actor(exchanges, "pvs")
    delivered = {
        base64.b64encode(item.response.body).decode("ascii")
        for item in own
        if item.operation == "VAUCertificate" and item.response
    }
    verified = _positions(
        own,
        lambda item: (
            item.operation == "VerifyCertificate"
            and asked(item, "X509Certificate") in delivered
            and _confirmed(item, VAU_ROLE)
        ),
    )
    used = _positions(own, lambda item: item.layer is Layer.HTTP and item.operation == "VAU")
    if not used:
        return Judgement(False, expected, "kein Aufruf der VAU aufgezeichnet")
    holds = bool(verified) and verified[0] < used[0]
    actual = f"{len(verified)} Bestätigungen, erster Aufruf an Stelle {used[0]}"
    return Judgement(holds, expected, actual, own[used[0]].id)


@check("A_20675-01")
def token_certificate_is_verified(exchanges: Exchanges) -> Judgement:
    """After each token answer VerifyCertificate confirms the IDP's certificate, before any use."""
    own = by_actor(exchanges, "pvs")

    def verified(token_answer: Exchange) -> bool:
        rest = own[own.index(token_answer) + 1 :]
        uses = _positions(rest, lambda item: item.operation == "VAU") or [len(rest)]
        calls = soap(rest[: uses[0]], "VerifyCertificate")
        return any(_confirmed(item, IDP_ROLE) for item in calls)

    return judge_all(
        [item for item in outer_http(own, "idp") if _is_token_answer(item)],
        verified,
        expected=f"nach jeder Tokenantwort VerifyCertificate VALID mit {IDP_ROLE}",
        show=lambda _: "vor der ersten Nutzung nicht bestätigt",
    )


@check("A_19294", "A_19745")
def prescription_is_verified_before_dispensing(exchanges: Exchanges) -> Judgement:
    """The pharmacy has the signature from $accept confirmed before it dispenses or closes."""
    own = by_actor(exchanges, PHARMACY)
    accepted = {
        signed
        for item in answered(_named(own, "Task/$accept"), 200)
        if item.response and (signed := binary(item.response.body))
    }
    confirmed: set[bytes] = set()
    for item in own:
        if item.operation == "VerifyDocument" and answer(item, "HighLevelResult") == _VALID:
            confirmed |= {decoded(asked(item, "Base64Signature")) or b""}
        elif item.operation in ("Task/$dispense", "Task/$close"):
            break
    return judge_all(
        answered(_named(own, "Task/$accept"), 200),
        lambda _: bool(accepted) and accepted <= confirmed,
        expected="VerifyDocument VALID über die Signatur aus $accept, erst danach die Abgabe",
        show=lambda _: f"{len(accepted & confirmed)} von {len(accepted)} Signaturen bestätigt",
    )


def _named(exchanges: Exchanges, operation: str) -> list[Exchange]:
    return [item for item in exchanges if item.layer is Layer.HTTP and item.operation == operation]


def _is_token_answer(item: Exchange) -> bool:
    return item.operation == "TokenRequest" and item.status == 200


def _fresh(header: str, sizes: range, expected: str, exchanges: Exchanges) -> Judgement:
    """Judge the secrets the IDP observed: their sizes, and that none came twice."""
    seen: set[str] = set()
    logins = [item for item in outer_http(exchanges, "idp") if _is_token_answer(item)]
    for item in logins:
        shown = item.response.header(header) if item.response else None
        found = _OBSERVED.fullmatch(shown or "")
        if found is None:
            return Judgement(False, expected, "der IDP hat nichts beobachtet", item.id)
        if int(found["size"]) not in sizes:
            return Judgement(False, expected, f"{found['size']} {found['unit']}", item.id)
        if found["print"] in seen:
            return Judgement(False, expected, "derselbe Wert zum zweiten Mal", item.id)
        seen.add(found["print"])
    enough = len(logins) > 1
    last = logins[-1].id if logins else None
    return Judgement(enough, expected, f"{len(logins)} Anmeldungen, alle Werte verschieden", last)


@check("A_20659-01")
def code_verifier_is_fresh(exchanges: Exchanges) -> Judgement:
    """Each login has a code_verifier of its own; the IDP refuses other characters (3016)."""
    expected = "code_verifier aus 43 bis 128 Zeichen, bei zwei Anmeldungen verschieden"
    return _fresh("Observed-Code-Verifier", range(43, 129), expected, exchanges)


@check("A_21333-01")
def token_key_is_fresh(exchanges: Exchanges) -> Judgement:
    """Each login has an AES key of 256 bits of its own."""
    expected = "token_key aus 32 Oktetten, bei zwei Anmeldungen verschieden"
    return _fresh("Observed-Token-Key", range(32, 33), expected, exchanges)


LOGIN_SECRETS: tuple[Check, ...] = (code_verifier_is_fresh, token_key_is_fresh)
