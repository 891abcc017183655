"""The insured person's data on a KVK: fields of tag, length and text inside one template.

Texts are in the German variant of ISO 646 (DIN 66003), which has umlauts in place of brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import xor

from pruefstand.crypto import der as asn1

_TEMPLATE, _CHECKSUM = 0x60, 0x8E
_DIN_66003 = str.maketrans("§ÄÖÜäöüß", "@[\\]{|}~")

# Tag, key of the card table, value without one.
_FIELDS = (
    (0x80, "insurer", "Prüfkasse MOCK"),
    (0x81, "insurer_number", "0950096"),
    (0x8F, "card_number", "00000"),
    (0x82, "insured_number", "123456789012"),
    (0x83, "status", "1000"),
    (0x90, "supplement", "1"),
    (0x85, "given_name", "Erika"),
    (0x87, "surname", "Beispiel"),
    (0x88, "birth_date", "01011950"),
    (0x89, "street", "Prüfweg 1"),
    (0x8B, "postal_code", "10115"),
    (0x8C, "city", "Berlin"),
    (0x8D, "valid_until", "1299"),
)


def template(table: Mapping[str, object], *, checksum: bool = True) -> bytes:
    """Return the template for the name in `table`; without `checksum` its last octet is wrong."""
    given, _, surname = str(table.get("name", "Erika Beispiel")).rpartition(" ")
    names = {"given_name": given, "surname": surname}
    fields = b"".join(
        asn1.tlv(tag, names.get(key, value).translate(_DIN_66003).encode("ascii", "replace"))
        for tag, key, value in _FIELDS
    )
    open_end = asn1.tlv(_TEMPLATE, fields + bytes((_CHECKSUM, 1, 0)))
    value = reduce(xor, open_end)
    return open_end[:-1] + bytes((value if checksum else value ^ 0xFF,))


def is_intact(data: bytes) -> bool:
    """Whether the octets of a template cancel out, as its checksum promises."""
    return bool(data) and reduce(xor, data) == 0
