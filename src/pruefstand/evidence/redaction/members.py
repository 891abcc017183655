"""Persons and secrets in JSON, by the name of the member: FHIR, OAuth, JWK, claims."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pruefstand.evidence.redaction.span import Span
from pruefstand.model.secret_kind import SecretKind

MEMBERS: dict[str, SecretKind] = {
    "name": SecretKind.NAME,
    "family": SecretKind.NAME,
    "given": SecretKind.NAME,
    "given_name": SecretKind.NAME,
    "family_name": SecretKind.NAME,
    "display_name": SecretKind.NAME,
    "organizationName": SecretKind.NAME,
    "address": SecretKind.ADDRESS,
    "telecom": SecretKind.CONTACT,
    "phone": SecretKind.CONTACT,
    "phone_number": SecretKind.CONTACT,
    "mail": SecretKind.CONTACT,
    "email": SecretKind.CONTACT,
    "birthDate": SecretKind.BIRTHDATE,
    "birthdate": SecretKind.BIRTHDATE,
    "kvnr": SecretKind.KVNR,
    "access_token": SecretKind.TOKEN,
    "id_token": SecretKind.TOKEN,
    "refresh_token": SecretKind.TOKEN,
    "sso_token": SecretKind.TOKEN,
    "ssotoken": SecretKind.TOKEN,
    "challenge": SecretKind.TOKEN,
    "njwt": SecretKind.TOKEN,
    "signed_challenge": SecretKind.TOKEN,
    "authorization_code": SecretKind.TOKEN,
    "code_verifier": SecretKind.SECRET,
    "client_secret": SecretKind.SECRET,
    "secret": SecretKind.SECRET,
    "token_key": SecretKind.KEY,
    "d": SecretKind.KEY,
    "accessCode": SecretKind.ACCESS_CODE,
    "access_code": SecretKind.ACCESS_CODE,
    "pin": SecretKind.PIN,
    "tan": SecretKind.PIN,
    "puk": SecretKind.PIN,
    "password": SecretKind.PIN,
}
"""Name of the member → what its text, or every text below it, is."""
_STRUCTURAL = frozenset({"use", "type", "system", "url", "country", "start", "end"})
_PLURAL = frozenset({"given", "family", "name", "address", "telecom"})
_UNLEARNED = frozenset({"name", "organizationName"})
_KEY = re.compile(rf"\"({'|'.join(MEMBERS)})\"\s*:\s*(?=[\"\[{{0-9])")
_TEXT = re.compile(r"\"((?:[^\"\\]|\\.)*)\"(\s*:)?")
_NAMED = re.compile(r"\"resourceType\"\s*:\s*\"Organization\"|\"supplyOptionsType\"")
_NUMBER = re.compile(r"[0-9]+")
_DECODER = json.JSONDecoder()
_SECRET_LENGTH = {"d": 20, "secret": 6}
"""Shorter values of these names are something else."""


def spans(text: str) -> Iterator[Span]:
    """Yield the values of persons and secrets that the members in `text` hold."""
    if '"' not in text:
        return
    place, whole = 0, True
    named = _NAMED.search(text) is not None
    while found := _KEY.search(text, place):
        name, place = found[1], found.end()
        if text[place] in "[{":
            stop = _end(text, place) if whole else -1
            if stop < 0:
                # Cut off or broken: from here on only texts directly behind a name are read.
                whole = False
            elif name in _PLURAL:
                yield from _texts(text, MEMBERS[name], place, stop)
                place = stop
        elif name != "name" or named:
            yield from _value(text, name, place)


def _end(text: str, start: int) -> int:
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return -1


def _value(text: str, name: str, start: int) -> Iterator[Span]:
    if text[start] == '"':
        value = _TEXT.match(text, start)
        place = 1
    else:
        value = _NUMBER.match(text, start)
        place = 0
    if value is None:
        return
    first, last = value.span(place)
    if last - first >= _SECRET_LENGTH.get(name, 1):
        learn = name not in _UNLEARNED and text[first : first + 3] != "eyJ"
        yield Span(first, last, MEMBERS[name], learn=learn)


def _texts(text: str, kind: SecretKind, start: int, stop: int) -> Iterator[Span]:
    key = ""
    for found in _TEXT.finditer(text, start, stop):
        if found[2]:
            key = found[1]
        elif key not in _STRUCTURAL:
            yield Span(*found.span(1), kind)
