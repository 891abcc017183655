"""The entries of the directory, and which of them anybody may see."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, cast

from mocks.vzd.faults import SAME_DOMAIN_ID, VERSION_MISSING
from pruefstand.crypto.pki import CertificateProblem, read_certificate_info
from pruefstand.mockkit import MockContext
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import Certificates, Participant, participants

ENTRY_TYPES = {
    "arzt": "1",
    "praxis": "3",
    "krankenhaus": "3",
    "apotheke": "3",
    "leo-kv": "4",
    "kasse": "5",
}
"""entryType by role of the PKI."""


@dataclass(frozen=True, slots=True)
class MailData:
    """One KIM address of an entry with the version its owner receives."""

    address: str
    version: str


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One institution or person."""

    uid: str
    telematik_id: str
    profession_oids: tuple[str, ...]
    entry_type: str
    name: str
    given_name: str
    surname: str
    domain_ids: tuple[str, ...]
    mails: tuple[MailData, ...]
    certificates: tuple[bytes, ...]
    changed: datetime
    active: bool = True

    @property
    def personal(self) -> bool:
        """Whether the entry is a person's."""
        return self.entry_type == "1"


@dataclass(slots=True)
class Directory:
    """All entries by Telematik-ID; every method may be called from any thread."""

    ctx: MockContext
    _entries: dict[str, DirectoryEntry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def from_context(cls, ctx: MockContext) -> Self:
        """Return the directory with every participant of the test world."""
        directory = cls(ctx)
        for one in participants(ctx.pki):
            if one.row.certificates is Certificates.REVOKED:
                for certificate in one.certificates:
                    ctx.pki.revoke(certificate, ctx.clock.now())
            directory._entries[one.telematik_id] = _entry(one, ctx)
        return directory

    def visible(self) -> Iterator[DirectoryEntry]:
        """Yield the entries that are active and hold a valid certificate, and only such ones."""
        with self._lock:
            entries = list(self._entries.values())
        hidden = set(cast("Iterable[str]", self.ctx.settings.get("verborgen", ())))
        insurers = [number for e in entries if e.entry_type == "5" for number in e.domain_ids]
        for entry in entries:
            valid = tuple(filter(self._is_valid, entry.certificates))
            if not entry.active or not valid or hidden & set(_addresses(entry)):
                continue
            shown = replace(entry, certificates=valid)
            if SAME_DOMAIN_ID in self.ctx.faults and entry.entry_type == "5":
                shown = replace(shown, domain_ids=tuple(insurers))
            if VERSION_MISSING in self.ctx.faults:
                mails = tuple(replace(mail, version="") for mail in shown.mails)
                shown = replace(shown, mails=mails)
            yield shown

    def entry(self, telematik_id: str) -> DirectoryEntry | None:
        """Return the entry of an institution, visible or not."""
        with self._lock:
            return self._entries.get(telematik_id)

    def set_mails(self, telematik_id: str, mails: Iterable[MailData]) -> None:
        """Replace the addresses of an entry, as its mail service asks."""
        with self._lock:
            entry = self._entries[telematik_id]
            self._entries[telematik_id] = replace(
                entry, mails=tuple(mails), changed=self.ctx.clock.now()
            )

    def owner_of(self, address: str) -> str | None:
        """Return the Telematik-ID of the entry that holds an address; each belongs to one."""
        with self._lock:
            for entry in self._entries.values():
                if any(mail.address.lower() == address.lower() for mail in entry.mails):
                    return entry.telematik_id
        return None

    def set_active(self, telematik_id: str, active: bool) -> None:
        """Show or hide an entry."""
        with self._lock:
            entry = self._entries[telematik_id]
            self._entries[telematik_id] = replace(entry, active=active)

    def _is_valid(self, certificate: bytes) -> bool:
        try:
            self.ctx.pki.verify(certificate, kind=None, at=self.ctx.clock.now())
        except CertificateProblem:
            return False
        return True


def _addresses(entry: DirectoryEntry) -> Iterator[str]:
    return (mail.address for mail in entry.mails)


def _entry(one: Participant, ctx: MockContext) -> DirectoryEntry:
    info = read_certificate_info(one.certificates[0])
    given, surname = info.given_name or "", info.surname or ""
    person = one.row.person
    return DirectoryEntry(
        uid=Rng(one.telematik_id).uuid(),
        telematik_id=one.telematik_id,
        profession_oids=info.profession_oids,
        entry_type=ENTRY_TYPES[one.row.role],
        name=f"{surname}, {given}" if person else one.row.name[:1].upper() + one.row.name[1:],
        given_name=given if person else "",
        surname=surname if person else "",
        domain_ids=one.row.domain_ids,
        mails=tuple(MailData(address, one.row.version) for address in one.addresses),
        certificates=one.certificates,
        changed=ctx.clock.now(),
    )
