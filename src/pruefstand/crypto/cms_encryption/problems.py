"""The errors of encrypted documents."""

from __future__ import annotations

from pruefstand.errors import SutError


class EncryptionProblem(SutError):
    """A document cannot be encrypted, or an encrypted one is malformed, hostile or altered."""


class AlteredDocument(EncryptionProblem):
    """The document opened under the key, but its checksum says it was changed on the way."""


class NotARecipient(EncryptionProblem):
    """The document is readable but was encrypted for other certificates."""
