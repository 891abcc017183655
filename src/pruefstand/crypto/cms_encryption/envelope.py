"""AuthEnvelopedData with AES-256-GCM: writing, and a reader that takes DER and BER (RFC 5083)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_encryption.problems import (
    AlteredDocument,
    EncryptionProblem,
    NotARecipient,
)
from pruefstand.crypto.cms_encryption.recipients import (
    DecryptionKey,
    RecipientInfo,
    read_recipient,
    recipient_info,
)
from pruefstand.crypto.cms_structure import ID_DATA
from pruefstand.crypto.der import DerProblem, Element

_AUTH_ENVELOPED = "1.2.840.113549.1.9.16.1.23"
_AES_256_GCM = "2.16.840.1.101.3.4.1.46"
_KEY_SIZE, _NONCE_SIZE, _TAG_SIZE = 32, 12, 16
MAX_SIZE = 64 * 1024 * 1024
"""Octets of a whole message; above every limit of the Konnektor and of KIM."""

_CONTENT, _AUTH_ATTRS, _UNAUTH_ATTRS = 0x80, 0xA1, 0xA2


@dataclass(frozen=True, slots=True)
class Attribute:
    """One CMS attribute: its type and its values, each as DER."""

    oid: str
    values: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """Return the Attribute as DER."""
        return asn1.sequence(asn1.oid(self.oid), asn1.set_of(*self.values))

    @classmethod
    def read(cls, data: bytes) -> Attribute:
        """Return the attribute in `data` (DER); raises EncryptionProblem."""
        try:
            whole = asn1.expect(data, 0, len(data), asn1.SEQUENCE, "Attribute")
            if whole.end != len(data):
                raise EncryptionProblem("attribute is followed by other octets")
            return _attribute(data, whole)
        except DerProblem as problem:
            raise EncryptionProblem(f"not a CMS attribute: {problem}") from problem


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A message taken apart and still closed."""

    recipients: tuple[RecipientInfo, ...]
    nonce: bytes
    ciphertext: bytes
    tag: bytes
    authenticated: bytes
    """The authenticated attributes as DER, which the tag covers; empty without any."""
    unprotected: tuple[Attribute, ...]

    def open(self, holder: DecryptionKey) -> bytes:
        """Return the content; raises NotARecipient or EncryptionProblem."""
        mine = [entry for entry in self.recipients if entry.is_for(holder.der)]
        if not mine:
            raise NotARecipient("the document was encrypted for other certificates")
        key = mine[0].open(holder.key)
        if len(key) != _KEY_SIZE:
            raise EncryptionProblem(f"content key has {len(key)} octets, expected {_KEY_SIZE}")
        sealed = self.ciphertext + self.tag
        try:
            return AESGCM(key).decrypt(self.nonce, sealed, self.authenticated or None)
        except InvalidTag:
            raise AlteredDocument("the document was altered after encryption") from None


def encrypt(
    content: bytes, recipients: Sequence[bytes], *, unprotected: Sequence[Attribute] = ()
) -> bytes:
    """Return `content` as DER AuthEnvelopedData, readable for each of the certificates (DER).

    Key and nonce are fresh from the operating system. `unprotected` attributes travel in clear.
    Raises EncryptionProblem without a recipient, or for a certificate that cannot be used.
    """
    if not recipients:
        raise EncryptionProblem("a document needs at least one recipient")
    key, nonce = os.urandom(_KEY_SIZE), os.urandom(_NONCE_SIZE)
    sealed = AESGCM(key).encrypt(nonce, content, None)
    algorithm = asn1.sequence(
        asn1.oid(_AES_256_GCM),
        asn1.sequence(asn1.octet_string(nonce), asn1.integer(_TAG_SIZE)),
    )
    body = asn1.sequence(
        asn1.integer(0),
        asn1.set_of(*(recipient_info(certificate, key) for certificate in recipients)),
        asn1.sequence(asn1.oid(ID_DATA), algorithm, asn1.tlv(_CONTENT, sealed[:-_TAG_SIZE])),
        asn1.octet_string(sealed[-_TAG_SIZE:]),
        _unprotected(unprotected),
    )
    return asn1.sequence(asn1.oid(_AUTH_ENVELOPED), asn1.context(0, body))


def decrypt(sealed: bytes, holder: DecryptionKey) -> bytes:
    """Return the content for one recipient; raises NotARecipient or EncryptionProblem."""
    return parse(sealed).open(holder)


def parse(sealed: bytes) -> SealedDocument:
    """Take an encrypted document (DER or BER) apart; raises EncryptionProblem."""
    if len(sealed) > MAX_SIZE:
        raise EncryptionProblem(f"{len(sealed)} octets, at most {MAX_SIZE} are read")
    try:
        return _read(sealed)
    except DerProblem as problem:
        raise EncryptionProblem(f"not a readable CMS: {problem}") from problem


def _read(data: bytes) -> SealedDocument:
    whole = asn1.expect(data, 0, len(data), asn1.SEQUENCE, "ContentInfo")
    if whole.end != len(data):
        raise EncryptionProblem("the CMS is followed by other octets")
    kind, explicit = asn1.fields(data, whole, 2, "ContentInfo")
    if _oid(data, kind) != _AUTH_ENVELOPED:
        raise EncryptionProblem(f"CMS type {_oid(data, kind)}, expected AuthEnvelopedData")
    body = asn1.expect(data, explicit.start, explicit.stop, asn1.SEQUENCE, "AuthEnvelopedData")
    parts = [part for part in asn1.children(data, body) if part.tag != 0xA0]
    if len(parts) < 4 or parts[1].tag != asn1.SET:
        raise EncryptionProblem("AuthEnvelopedData lacks a field")
    recipients = [read_recipient(data, entry) for entry in asn1.children(data, parts[1])]
    nonce, ciphertext = _content(data, parts[2])
    protected = next((part for part in parts[3:] if part.tag == _AUTH_ATTRS), None)
    tag = next((part for part in parts[3:] if part.tag & ~asn1.CONSTRUCTED == 0x04), None)
    loose = next((part for part in parts[3:] if part.tag == _UNAUTH_ATTRS), None)
    if tag is None:
        raise EncryptionProblem("AuthEnvelopedData lacks its checksum")
    return SealedDocument(
        tuple(entry for entry in recipients if entry is not None),
        nonce,
        ciphertext,
        asn1.octets(data, tag),
        _as_set(data, protected) if protected else b"",
        tuple(_attribute(data, part) for part in asn1.children(data, loose)) if loose else (),
    )


def _content(data: bytes, field: Element) -> tuple[bytes, bytes]:
    kind, algorithm, content = asn1.fields(data, field, 3, "EncryptedContentInfo")
    if _oid(data, kind) != ID_DATA:
        raise EncryptionProblem(f"content type {_oid(data, kind)}, expected data")
    cipher, parameters = asn1.fields(data, algorithm, 2, "AlgorithmIdentifier")
    if _oid(data, cipher) != _AES_256_GCM:
        raise EncryptionProblem(f"cipher {_oid(data, cipher)}, expected AES-256-GCM")
    settings = list(asn1.children(data, parameters))
    # Twelve octets of tag are the default of RFC 5084; the TI writes all sixteen.
    size = data[settings[1].start : settings[1].stop] if len(settings) > 1 else b"\x0c"
    if not settings or size != bytes((_TAG_SIZE,)):
        raise EncryptionProblem("AES-GCM with another checksum than 16 octets")
    if content.tag & ~asn1.CONSTRUCTED != _CONTENT:
        raise EncryptionProblem("the encrypted content is missing")
    nonce = asn1.octets(data, settings[0])
    if len(nonce) != _NONCE_SIZE:
        raise EncryptionProblem(f"AES-GCM nonce has {len(nonce)} octets, expected {_NONCE_SIZE}")
    return nonce, asn1.octets(data, content)


def _attribute(data: bytes, field: Element) -> Attribute:
    kind, values = asn1.fields(data, field, 2, "Attribute")
    held = tuple(asn1.canonical(data, value) for value in asn1.children(data, values))
    return Attribute(_oid(data, kind), held)


def _unprotected(attributes: Sequence[Attribute]) -> bytes:
    if not attributes:
        return b""
    return asn1.context(2, *sorted(attribute.encoded() for attribute in attributes))


def _as_set(data: bytes, field: Element) -> bytes:
    return asn1.set_of(*(asn1.canonical(data, part) for part in asn1.children(data, field)))


def _oid(data: bytes, field: Element) -> str:
    if field.tag != asn1.OID:
        raise EncryptionProblem("an object identifier is missing")
    return asn1.dotted_oid(data[field.start : field.stop])
