"""The errors of encrypted documents."""

from __future__ import annotations

from pruefstand.errors import SutError


class EncryptionProblem(SutError):
    """A document cannot be encrypted, or an encrypted one is malformed, hostile or altered."""


class NotARecipient(EncryptionProblem):
    """The document is readable but was encrypted for other certificates."""
