"""What a run folder must not show: the kinds of values that are redacted before hashing."""

from __future__ import annotations

from enum import StrEnum


class SecretKind(StrEnum):
    """The word a commitment carries; `content` is an encoded run that holds any of the others."""

    KVNR = "kvnr"
    NAME = "name"
    ADDRESS = "address"
    BIRTHDATE = "birthdate"
    CONTACT = "contact"
    TOKEN = "token"  # noqa: S105 - the word, no token
    PIN = "pin"
    KEY = "key"
    ACCESS_CODE = "access-code"
    SECRET = "secret"  # noqa: S105 - the word, no secret
    CONTENT = "content"


REDACTABLE = tuple(kind for kind in SecretKind if kind is not SecretKind.CONTENT)
"""What a profile may name; `content` follows from what is inside."""
