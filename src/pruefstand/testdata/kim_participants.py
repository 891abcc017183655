"""Who takes part in KIM in the test world: cards, addresses, accounts, directory entries.

The table is data shared by directory, mail service, client module and scenarios, as in the field
all of them know the same institutions. Some rows are deliberately unfit as recipients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pruefstand.crypto.pki import Hba, Identity, Pki, RsaIdentity, Smcb

LONG_AGO = date(2020, 12, 31)
"""When the expired card ended; the test world lives later."""

DOMAIN = "pruefstand.kim.telematik-test"
MODULE_CERTIFICATE = "kim-cm"
"""Common name of the client modules' TLS certificate (C.CM.TLS-CS)."""


class Certificates(StrEnum):
    """Which encryption certificates an entry of the directory holds."""

    ECC = "ecc"
    RSA = "rsa"
    BOTH = "both"
    EXPIRED = "expired"
    REVOKED = "revoked"
    TWO_IDS = "two-ids"
    """One of the certificates belongs to another institution."""

    SIGNATURE = "signature"
    """The certificate is for signatures: nothing can be encrypted for it."""
    FOREIGN = "foreign"
    """The only certificate belongs to another institution."""


@dataclass(frozen=True, slots=True)
class Row:
    """One institution or person of the table; `role` as in the PKI, `domain_ids` BSNR or IK."""

    key: str
    name: str
    role: str
    mandant: str
    boxes: tuple[str, ...]
    """Local parts of the addresses."""
    domain_ids: tuple[str, ...] = ()
    telematik_id: str | None = None
    version: str = "1.5+"
    certificates: Certificates = Certificates.ECC
    person: bool = False


ROWS = (
    Row("praxis", "praxis", "praxis", "M1", ("praxis", "praxis.befunde"), ("721111100",)),
    Row("aerztin", "default", "arzt", "M1", ("dr.beispiel",), person=True),
    Row("nachbar", "Praxis am Park", "praxis", "M2", ("praxis.am.park",), ("721111200",)),
    Row(
        "klinik",
        "Klinik Waldesrand",
        "krankenhaus",
        "M3",
        ("klinik.aufnahme", "klinik.labor"),
        ("260000000",),
        certificates=Certificates.BOTH,
    ),
    Row("apotheke", "Apotheke am Markt", "apotheke", "M4", ("apotheke.am.markt",)),
    Row("kv", "Kassenärztliche Vereinigung Muster", "leo-kv", "M5", ("abrechnung.kv",), ("72",)),
    Row(
        "kasse",
        "Prüfkasse MOCK",
        "kasse",
        "M6",
        ("eau.pruefkasse",),
        ("109500969", "108888885"),
        "8-01-0000000012",
    ),
    Row("kasse2", "Prüf-BKK", "kasse", "M7", ("eau.bkk",), ("107777776",), "8-01-0000000013"),
    Row(
        "altbestand",
        "Praxis Altbestand",
        "praxis",
        "M8",
        ("praxis.alt",),
        version="1.0",
        certificates=Certificates.RSA,
    ),
    Row(
        "abgelaufen",
        "Praxis Gestern",
        "praxis",
        "M9",
        ("praxis.abgelaufen",),
        certificates=Certificates.EXPIRED,
    ),
    Row(
        "gesperrt",
        "Praxis Gesperrt",
        "praxis",
        "M10",
        ("praxis.gesperrt",),
        certificates=Certificates.REVOKED,
    ),
    Row(
        "zweideutig",
        "Praxis Zweideutig",
        "praxis",
        "M11",
        ("praxis.zwei.ids",),
        certificates=Certificates.TWO_IDS,
    ),
    Row(
        "siegel",
        "Praxis Siegel",
        "praxis",
        "M12",
        ("praxis.siegel",),
        certificates=Certificates.SIGNATURE,
    ),
    Row(
        "vertauscht",
        "Praxis Vertauscht",
        "praxis",
        "M13",
        ("praxis.vertauscht",),
        certificates=Certificates.FOREIGN,
    ),
)


@dataclass(frozen=True, slots=True)
class Participant:
    """A row with its card."""

    row: Row
    card: Smcb | Hba
    certificates: tuple[bytes, ...]
    """Encryption certificates of the directory entry (DER)."""
    keys: tuple[Identity | RsaIdentity, ...]
    """The decryption keys of the card."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The KIM addresses."""
        return tuple(f"{box}@{DOMAIN}" for box in self.row.boxes)

    @property
    def password(self) -> str:
        """The password of all its accounts."""
        return f"Kim-{self.row.key}-2026!"

    @property
    def telematik_id(self) -> str:
        """The Telematik-ID of the card."""
        return self.card.telematik_id

    @property
    def osig(self) -> Identity | None:
        """The signature key of an institution; a person signs no KIM mail."""
        return self.card.osig if isinstance(self.card, Smcb) else None


def participants(pki: Pki) -> tuple[Participant, ...]:
    """Return everyone, with cards from `pki`."""
    return tuple(_participants(pki))


def participant(pki: Pki, key: str) -> Participant:
    """Return the participant `key`; raises KeyError."""
    found = {row.key: row for row in ROWS}[key]
    return _equip(found, pki)


def _participants(pki: Pki) -> Iterator[Participant]:
    for row in ROWS:
        yield _equip(row, pki)


def _equip(row: Row, pki: Pki) -> Participant:
    if row.person:
        person = pki.hba(row.name, role=row.role)
        return Participant(row, person, (person.enc.der,), (person.enc,))
    ended = LONG_AGO if row.certificates is Certificates.EXPIRED else None
    card = pki.smcb(row.name, role=row.role, telematik_id=row.telematik_id, valid_until=ended)
    return Participant(row, card, *_keys(row.certificates, card, pki))


def _keys(
    kind: Certificates, card: Smcb, pki: Pki
) -> tuple[tuple[bytes, ...], tuple[Identity | RsaIdentity, ...]]:
    if kind is Certificates.RSA:
        rsa = pki.rsa_twin(card.enc)
        return (rsa.der,), (rsa,)
    if kind is Certificates.BOTH:
        rsa = pki.rsa_twin(card.enc)
        return (card.enc.der, rsa.der), (card.enc, rsa)
    if kind is Certificates.SIGNATURE:
        return (card.osig.der,), (card.enc,)
    if kind in (Certificates.TWO_IDS, Certificates.FOREIGN):
        other = pki.smcb(f"{card.institution} Vorgänger", role=card.role)
        own = (card.enc.der,) if kind is Certificates.TWO_IDS else ()
        return (*own, other.enc.der), (card.enc,)
    return (card.enc.der,), (card.enc,)
