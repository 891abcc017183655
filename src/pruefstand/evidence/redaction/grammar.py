"""Values that are recognised by their own form or by the name written before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pruefstand.evidence.redaction.span import Span
from pruefstand.ids import kvnr
from pruefstand.model.secret_kind import SecretKind

_KVNR = re.compile(r"[A-Z][0-9]{9}(?![0-9])")
_BEFORE_KVNR = re.compile(r"(?:^|[^A-Za-z0-9]|%[0-9A-Fa-f]{2})$")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}")
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[^-]{0,20000}"
    r"(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----)?"
)

PARAMETERS: dict[str, SecretKind] = {
    "ac": SecretKind.ACCESS_CODE,
    "accesscode": SecretKind.ACCESS_CODE,
    "access_code": SecretKind.ACCESS_CODE,
    "secret": SecretKind.SECRET,
    "client_secret": SecretKind.SECRET,
    "code_verifier": SecretKind.SECRET,
    "code": SecretKind.TOKEN,
    "token": SecretKind.TOKEN,
    "access_token": SecretKind.TOKEN,
    "id_token": SecretKind.TOKEN,
    "refresh_token": SecretKind.TOKEN,
    "ssotoken": SecretKind.TOKEN,
    "sso_token": SecretKind.TOKEN,
    "signed_challenge": SecretKind.TOKEN,
    "unsigned_challenge": SecretKind.TOKEN,
    "challenge": SecretKind.TOKEN,
    "key_verifier": SecretKind.TOKEN,
    "token_key": SecretKind.KEY,
    "password": SecretKind.PIN,
    "passwort": SecretKind.PIN,
    "kennwort": SecretKind.PIN,
    "pin": SecretKind.PIN,
    "puk": SecretKind.PIN,
    "tan": SecretKind.PIN,
    "family": SecretKind.NAME,
    "given": SecretKind.NAME,
    "birthdate": SecretKind.BIRTHDATE,
}
"""Names in `name=value`, in lower case."""
_SHORTEST = {"code": 12, "token": 12, "challenge": 12, "secret": 6, "ac": 12}
"""Shorter values of these names are something else, an error code for instance."""
_EQUALS = re.compile(r"=(?=([^&\s\"'#;<>|=]{3,}))")
_BEFORE_EQUALS = re.compile(r"[A-Za-z_]+$")
_LONGEST_NAME = 24

HEADERS: dict[str, SecretKind] = {
    "authorization": SecretKind.TOKEN,
    "proxy-authorization": SecretKind.TOKEN,
    "cookie": SecretKind.TOKEN,
    "set-cookie": SecretKind.TOKEN,
    "x-accesscode": SecretKind.ACCESS_CODE,
    "x-api-key": SecretKind.TOKEN,
    "x-auth-token": SecretKind.TOKEN,
}
"""Header fields whose value is a secret, in lower case."""
_HEADER = re.compile(
    rf"^({'|'.join(HEADERS)}):[ \t]*(?:(?:Bearer|Basic|DPoP|Digest)[ \t]+)?([^\r\n\0]+)",
    re.IGNORECASE | re.MULTILINE,
)
_SYSTEMS = {
    "AccessCode": SecretKind.ACCESS_CODE,
    "Secret": SecretKind.SECRET,
    "kvid-10": SecretKind.KVNR,
    "kvk": SecretKind.KVNR,
}
_NAMED = r"(?:GEM_ERP_NS_|PrescriptionNS/|/sid/gkv/|/sid/pkv/)(AccessCode|Secret|kvid-10|kvk)"
_IN_XML = re.compile(rf"{_NAMED}\"\s*/>\s*<value\s+value=\"([^\"]*)\"")
_IN_JSON = re.compile(
    rf"{_NAMED}\"\s*,\s*\"value\"\s*:\s*\"([^\"]*)\""
    rf"|\"value\"\s*:\s*\"([^\"]*)\"\s*,\s*\"system\"\s*:\s*\"[^\"]*{_NAMED}\""
)


def tokens(text: str) -> Iterator[Span]:
    """Yield JSON Web Tokens and private keys in PEM, whose long runs belong to them."""
    if "eyJ" in text:
        # Their form is found everywhere: no need to look for the value.
        for found in _JWT.finditer(text):
            yield Span(*found.span(), SecretKind.TOKEN, learn=False)
    if "PRIVATE KEY" in text:
        yield from (Span(*found.span(), SecretKind.KEY) for found in _PEM.finditer(text))


def spans(text: str) -> Iterator[Span]:
    """Yield what `text` shows by form: KVNR, named parameters, header fields, identifiers."""
    for found in _KVNR.finditer(text):
        before = text[max(found.start() - 3, 0) : found.start()]
        if kvnr.is_valid(found.group()) and _BEFORE_KVNR.search(before):
            yield Span(*found.span(), SecretKind.KVNR, learn=False)
    if "=" in text:
        yield from _parameters(text)
    if ":" in text:
        for found in _HEADER.finditer(text):
            yield Span(*found.span(2), HEADERS[found[1].lower()], learn=found[2][:3] != "eyJ")
    yield from _identifiers(text)


def _parameters(text: str) -> Iterator[Span]:
    for found in _EQUALS.finditer(text):
        before = text[max(found.start() - _LONGEST_NAME, 0) : found.start()]
        name = _BEFORE_EQUALS.search(before)
        key = name.group().lower() if name else ""
        if key in PARAMETERS and len(found[1]) >= _SHORTEST.get(key, 3):
            yield Span(*found.span(1), PARAMETERS[key], learn=found[1][:3] != "eyJ")


def _identifiers(text: str) -> Iterator[Span]:
    """FHIR identifiers: the naming system tells what the value is, valid or not."""
    if "<value" in text:
        for found in _IN_XML.finditer(text):
            yield Span(*found.span(2), _SYSTEMS[found[1]])
    if '"value"' in text:
        for found in _IN_JSON.finditer(text):
            name, place = (found[1], 2) if found[1] else (found[4], 3)
            yield Span(*found.span(place), _SYSTEMS[name])
