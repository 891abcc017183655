"""The complete chain: sign, wrap, encrypt; decrypt, unwrap, verify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pruefstand.crypto import cms_structure as cms
from pruefstand.crypto.cms_encryption import (
    RECIPIENT_EMAILS,
    AlteredDocument,
    DecryptionKey,
    EncryptionProblem,
    NotARecipient,
    SealedDocument,
    encrypt,
    parse,
)
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.cms_qes import QesDocument, QesSigner
from pruefstand.crypto.cms_qes import verify as verify_signature
from pruefstand.crypto.der import DerProblem
from pruefstand.crypto.pki.values import Identity
from pruefstand.crypto.smime_kim import layers
from pruefstand.crypto.smime_kim.problems import DecryptionFailure, IntegrityFailure
from pruefstand.crypto.smime_kim.recipient_emails import (
    RecipientEmail,
    read_recipient_emails,
    recipient_emails,
)
from pruefstand.crypto.smime_kim.results import DecryptionResult, IntegrityResult, KimError
from pruefstand.model.mail import MalformedMail


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address with one of its encryption certificates (DER)."""

    address: str
    certificate: bytes


def seal(mail: bytes, *, signer: Identity, recipients: Sequence[Recipient], at: datetime) -> bytes:
    """Return the AuthEnvelopedData (L4) that carries `mail` (L0), signed at `at`.

    `recipients` holds every certificate of every recipient and of the sender. Raises
    EncryptionProblem when one of them cannot be used.
    """
    try:
        entries = [RecipientEmail.of(to.address.lower(), to.certificate) for to in recipients]
    except QesProblem as problem:
        raise EncryptionProblem(f"recipient's certificate: {problem}") from problem
    attribute = recipient_emails(entries)
    card = QesSigner(signer, short_text=None, mime_type=None, extra=(attribute.encoded(),))
    signed = card.sign(layers.wrap_message(mail), at=at)
    certificates = list(dict.fromkeys(to.certificate for to in recipients))
    return encrypt(layers.wrap_signed(signed), certificates, unprotected=(attribute,))


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted message taken apart: whom it names, still closed."""

    document: SealedDocument
    recipients: frozenset[RecipientEmail]
    """The unprotected recipient-emails."""

    @classmethod
    def parse(cls, sealed: bytes) -> Sealed:
        """Read an AuthEnvelopedData (DER or BER); raises DecryptionFailure."""
        try:
            document = parse(sealed)
            values = [
                b"".join(found.values)
                for found in document.unprotected
                if found.oid == RECIPIENT_EMAILS
            ]
            return cls(document, read_recipient_emails(b"".join(values)))
        except (EncryptionProblem, DerProblem) as problem:
            raise _wrong_format(problem) from problem

    def addressed_to(self, address: str) -> frozenset[RecipientEmail]:
        """Return the entries for `address`."""
        wanted = address.lower()
        return frozenset(entry for entry in self.recipients if entry.address == wanted)


def unseal(sealed: Sealed, holder: DecryptionKey) -> bytes:
    """Return the decrypted part (L3); raises DecryptionFailure."""
    try:
        return sealed.document.open(holder)
    except NotARecipient as problem:
        raise DecryptionFailure(
            str(problem), DecryptionResult.KEY_UNAVAILABLE, KimError.KEY_UNAVAILABLE
        ) from problem
    except AlteredDocument as problem:
        raise DecryptionFailure(
            str(problem), DecryptionResult.WRONG_FORMAT, KimError.ALTERED_AFTER_ENCRYPTION
        ) from problem
    except EncryptionProblem as problem:
        raise _wrong_format(problem) from problem


@dataclass(frozen=True, slots=True)
class SignedMail:
    """A verified message; whether the signer is trusted is the business of `Pki.verify`."""

    mail: bytes
    """The inner mail, octet for octet what the sender handed over."""
    signer_certificate: bytes
    signing_time: datetime
    recipients: frozenset[RecipientEmail]
    """The signed recipient-emails."""
    document: QesDocument


def verify(part: bytes, *, unprotected: frozenset[RecipientEmail]) -> SignedMail:
    """Check form, signature and recipients of a decrypted part (L3); raises IntegrityFailure."""
    try:
        signed = layers.unwrap_signed(part)
    except MalformedMail as problem:
        raise IntegrityFailure(str(problem), IntegrityResult.NO_SIGNATURE) from problem
    document = _verified(signed)
    try:
        recipients = read_recipient_emails(document.attributes.get(RECIPIENT_EMAILS, b""))
        mail = layers.unwrap_message(document.content)
    except (DerProblem, MalformedMail) as problem:
        raise IntegrityFailure(str(problem), IntegrityResult.WRONG_FORMAT) from problem
    if recipients != unprotected or not recipients:
        raise IntegrityFailure(
            "signed and unprotected recipient-emails differ", IntegrityResult.RECIPIENTS_DIFFER
        )
    return SignedMail(
        mail, document.signer_certificate, document.signing_time, recipients, document
    )


def _verified(signed: bytes) -> QesDocument:
    try:
        cms.parse(signed)
    except QesProblem as problem:
        raise IntegrityFailure(str(problem), IntegrityResult.WRONG_FORMAT) from problem
    try:
        return verify_signature(signed)
    except QesProblem as problem:
        raise IntegrityFailure(str(problem), IntegrityResult.BROKEN) from problem


def _wrong_format(problem: Exception) -> DecryptionFailure:
    return DecryptionFailure(
        str(problem), DecryptionResult.WRONG_FORMAT, KimError.WRONG_ENCRYPTION_FORMAT
    )
