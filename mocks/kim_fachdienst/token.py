"""The bearer token of the Account Manager: a JWT signed by the card of the account's owner."""

from __future__ import annotations

from cryptography import x509

from mocks.kim_fachdienst.account_limit import TOKEN_SECONDS
from mocks.kim_fachdienst.answer import Refusal
from mocks.kim_fachdienst.state import MailService
from pruefstand.crypto import jws
from pruefstand.crypto.jws import JoseProblem
from pruefstand.crypto.parser_problems import PARSER_PROBLEMS
from pruefstand.crypto.pki import CertificateKind, CertificateProblem
from pruefstand.model.http import Request

ALGORITHMS = ("ES256", "BP256R1", "PS256")
_KINDS = (CertificateKind.HCI_AUT, CertificateKind.HP_AUT)
_SKEW = 60


def token_owner(service: MailService, request: Request) -> str:
    """Return the Telematik-ID whose card signed the token; raises Refusal 401."""
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(401, "bearer token missing")
    now = service.ctx.clock.now()
    try:
        chain = jws.certificates_of(jws.decode_unverified(token).header)
        if not chain:
            raise Refusal(401, "x5c is missing")
        key = x509.load_der_x509_certificate(chain[0]).public_key()
        claims = jws.verify(token, key, algorithms=ALGORITHMS).claims
        info = service.ctx.pki.verify(chain[0], kind=None, at=now)
    except (JoseProblem, CertificateProblem) as problem:
        raise Refusal(401, str(problem)) from problem
    except PARSER_PROBLEMS as problem:
        raise Refusal(401, "certificate is not readable") from problem
    begin = claims.get("nbf")
    if not isinstance(begin, int) or not -_SKEW <= now.timestamp() - begin <= TOKEN_SECONDS:
        raise Refusal(401, "token is not valid now")
    if info.kind not in _KINDS or not info.telematik_id:
        raise Refusal(401, "certificate is no AUT certificate")
    return info.telematik_id
