"""The directory as the client module asks it: certificates and version by mail address."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from pruefstand.ldap.filters import Compare, Relation
from pruefstand.ldap.messages import Entry, Search
from pruefstand.ldap.session import LdapSession
from pruefstand.mockkit import Neighbours
from pruefstand.testdata.kim_participants import MODULE_CERTIFICATE

BASE = "dc=data,dc=vzd"
SECONDS = 10.0
OLDEST_VERSION = "1.0"
"""What holds for an address without komLeData."""

PERSON = "1"
"""entryType of a person."""

_ATTRIBUTES = (
    "telematikID",
    "entryType",
    "mail",
    "komLeData",
    "kimData",
    "userCertificate;binary",
)
_CERTIFICATES = "usercertificate;binary"


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry that holds the address."""

    telematik_id: str
    certificates: tuple[bytes, ...]
    version: str
    is_person: bool = False
    """A person's mail is signed with the card of an institution."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the directory answered."""

    entries: tuple[Listed, ...]


def find(neighbours: Neighbours, address: str) -> Found:
    """Search an address over LDAPS; raises LdapProblem or OSError."""
    host, port = neighbours.address("vzd", "ldaps")
    with (
        socket.create_connection((host, port), SECONDS) as plain,
        neighbours.client_tls(MODULE_CERTIFICATE).wrap_socket(
            plain, server_hostname=host
        ) as secure,
    ):
        session = LdapSession.over(secure)
        session.bind()
        search = Search(
            BASE, Compare("mail", Relation.EQUAL, address.encode()), attributes=_ATTRIBUTES
        )
        entries, _ = session.search(search)
        session.unbind()
    return Found(tuple(_listed(entry, address) for entry in entries))


def _listed(entry: Entry, address: str) -> Listed:
    held = {name.lower(): values for name, values in entry.attributes.items()}
    number = next(iter(entry.texts("telematikID")), "")
    is_person = PERSON in entry.texts("entryType")
    return Listed(number, held.get(_CERTIFICATES, ()), _version(entry, address), is_person)


def _version(entry: Entry, address: str) -> str:
    """Return the version stated for the address; kimData counts before komLeData."""
    wanted = address.lower()
    for text in entry.texts("kimData"):
        mail, version, *_ = [*text.split(","), ""]
        if mail.lower() == wanted and version:
            return version
    for text in entry.texts("komLeData"):
        version, _, mail = text.partition(",")
        if mail.lower() == wanted and version:
            return version
    return OLDEST_VERSION
