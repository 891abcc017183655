"""The attribute recipient-emails: which address belongs to which recipient certificate.

Real messages hold the entries directly in the value set of the attribute; the ASN.1 of the
profile would nest another SET, which is read too. Order says nothing: entries are found by issuer
and serial number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_certificate import load_signer_certificate
from pruefstand.crypto.cms_encryption import RECIPIENT_EMAILS, Attribute
from pruefstand.crypto.der import DerProblem, Element

_IA5_STRING = 0x16


@dataclass(frozen=True, slots=True)
class RecipientEmail:
    """One entry; `issuer` and `serial` are DER."""

    address: str
    issuer: bytes
    serial: bytes

    @classmethod
    def of(cls, address: str, certificate: bytes) -> RecipientEmail:
        """Return the entry for a certificate (DER); raises QesProblem when it is none."""
        card = load_signer_certificate(certificate)
        return cls(address, card.issuer, card.serial)

    def encoded(self) -> bytes:
        """Return the entry as DER; raises UnicodeEncodeError for an address beyond ASCII."""
        return asn1.sequence(
            asn1.tlv(_IA5_STRING, self.address.encode("ascii")),
            asn1.sequence(self.issuer, self.serial),
        )


def recipient_emails(entries: Iterable[RecipientEmail]) -> Attribute:
    """Return the attribute with one value per entry."""
    values = {entry.encoded() for entry in entries}
    return Attribute(RECIPIENT_EMAILS, tuple(sorted(values)))


def read_recipient_emails(values: bytes) -> frozenset[RecipientEmail]:
    """Return the entries in the values of the attribute (DER, one after the other).

    Raises DerProblem.
    """
    return frozenset(_entries(values, 0, len(values)))


def _entries(
    data: bytes, begin: int, limit: int, *, nested: bool = False
) -> Iterator[RecipientEmail]:
    while begin < limit:
        value = asn1.read(data, begin, limit)
        if value.tag == asn1.SET and not nested:
            yield from _entries(data, value.start, value.stop, nested=True)
        else:
            yield _entry(data, value)
        begin = value.end


def _entry(data: bytes, value: Element) -> RecipientEmail:
    if value.tag != asn1.SEQUENCE:
        raise DerProblem("RecipientEmail is not a SEQUENCE")
    address, rid = asn1.fields(data, value, 2, "RecipientEmail")
    issuer, serial = asn1.fields(data, rid, 2, "IssuerAndSerialNumber")
    text = data[address.start : address.stop]
    if address.tag != _IA5_STRING or not text.isascii():
        raise DerProblem("the address is not an IA5String")
    return RecipientEmail(
        text.decode("ascii").lower(), asn1.canonical(data, issuer), asn1.canonical(data, serial)
    )
