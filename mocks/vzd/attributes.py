"""Entries in the attributes of the LDAP directory (gemSpec_VZD)."""

from __future__ import annotations

from collections.abc import Mapping

from mocks.vzd.state import DirectoryEntry
from pruefstand.ldap.messages import Entry

BASE = "dc=data,dc=vzd"
EMPTY = "-"
"""What the directory returns for an attribute without value."""

ALIASES = {
    "organization": "o",
    "organizationname": "o",
    "streetaddress": "street",
    "localityname": "l",
    "stateorprovincename": "st",
    "surname": "sn",
    "commonname": "cn",
    "usercertificate": "usercertificate;binary",
    "rfc822mailbox": "mail",
}
"""Other names of attributes in filters and requests, in lower case."""

_BERLIN = ("Musterstraße 1", "10117", "Berlin", "Berlin")


def ldap_entry(entry: DirectoryEntry) -> Entry:
    """Return the entry as the directory shows it."""
    street, code, city, state = _BERLIN
    mails = tuple(mail.address for mail in entry.mails)
    versions = [mail for mail in entry.mails if mail.version]
    values: Mapping[str, tuple[str, ...]] = {
        "objectClass": ("top", "vzd-komleview"),
        "uid": (entry.uid,),
        "telematikID": (entry.telematik_id,),
        "professionOID": entry.profession_oids,
        "entryType": (entry.entry_type,),
        "personalEntry": ("TRUE" if entry.personal else "FALSE",),
        "domainID": entry.domain_ids,
        "displayName": (entry.name,),
        "cn": (entry.name,),
        "sn": (entry.surname or EMPTY,),
        "givenName": (entry.given_name or EMPTY,),
        "o": (EMPTY if entry.personal else entry.name,),
        "street": (street,),
        "postalCode": (code,),
        "l": (city,),
        "st": (state,),
        "countryCode": ("DE",),
        "mail": mails,
        "komLeData": tuple(f"{mail.version},{mail.address}" for mail in versions),
        "kimData": tuple(f"{mail.address},{mail.version}" for mail in versions),
        "changeDateTime": (f"{entry.changed:%Y-%m-%dT%H:%M:%S}Z",),
    }
    octets = {name: tuple(text.encode() for text in texts) for name, texts in values.items()}
    octets["userCertificate;binary"] = entry.certificates
    shown = {name: held for name, held in octets.items() if held}
    return Entry(f"uid={entry.uid},{BASE}", shown)


def lookup(entry: Entry, name: str) -> tuple[bytes, ...]:
    """Return the values of an attribute by any of its names."""
    wanted = name.lower()
    wanted = ALIASES.get(wanted, wanted)
    return next(
        (held for key, held in entry.attributes.items() if key.lower() == wanted),
        (),
    )


def selected(entry: Entry, names: tuple[str, ...], *, types_only: bool) -> Entry:
    """Return the entry with the attributes asked for; none asked means all."""
    wanted = {ALIASES.get(name.lower(), name.lower()) for name in names}
    everything = not wanted or "*" in wanted
    shown = {
        key: () if types_only else held
        for key, held in entry.attributes.items()
        if everything or key.lower() in wanted
    }
    return Entry(entry.dn, shown)
