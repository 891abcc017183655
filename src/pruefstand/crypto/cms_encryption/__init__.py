"""Hybrid encryption of documents: CMS AuthEnvelopedData as KIM and the Konnektor use it.

`encrypt` seals for the holders of certificates (RSA or ECC), `decrypt` opens with one of their
keys, `parse` takes a message apart without opening it.
"""

from __future__ import annotations

from pruefstand.crypto.cms_encryption.ecies import open_key, seal_key
from pruefstand.crypto.cms_encryption.envelope import (
    Attribute,
    SealedDocument,
    decrypt,
    encrypt,
    parse,
)
from pruefstand.crypto.cms_encryption.problems import (
    AlteredDocument,
    EncryptionProblem,
    NotARecipient,
)
from pruefstand.crypto.cms_encryption.recipients import DecryptionKey, RecipientInfo
from pruefstand.crypto.cms_structure import RECIPIENT_EMAILS

__all__ = [
    "RECIPIENT_EMAILS",
    "AlteredDocument",
    "Attribute",
    "DecryptionKey",
    "EncryptionProblem",
    "NotARecipient",
    "RecipientInfo",
    "SealedDocument",
    "decrypt",
    "encrypt",
    "open_key",
    "parse",
    "seal_key",
]
