"""Cards: what is plugged in, which keys and PINs it has, and whose session it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mocks.konnektor.pins import Pin, SessionKey
from pruefstand.crypto.pki import Identity, RsaIdentity

CardKey = Identity | RsaIdentity

GROUPS = {"HBAx": ("HBA", "HBA-qSig", "ZOD_2.0"), "SM-B": ("SMC-B", "HSM-B")}
"""Card types that a filter may name as a group."""

CRYPTS = ("RSA", "ECC", "RSA_ECC")
"""What `Crypt` may ask for; RSA_ECC takes the elliptic-curve key where the card has one."""


class Defect(StrEnum):
    """What can be wrong with a card, as a profile names it."""

    DEAD = "dead"
    """Answers no command (4094)."""
    C2C = "c2c"
    """Refuses the card-to-card authentication (4057)."""
    LOCKED = "locked"
    """The eGK's health application is locked (114)."""
    INCONSISTENT = "inconsistent"
    """An update of the eGK's data was broken off (3001)."""
    TOO_OLD = "too_old"
    """An eGK before generation 2; it shows as UNKNOWN (113)."""
    UNREADABLE_PROOF = "unreadable_proof"
    """The proof on the eGK cannot be decrypted (3039)."""
    CHECKSUM = "checksum"
    """The KVK's checksum is wrong (3021)."""
    UNREADABLE = "unreadable"
    """The KVK's data cannot be read (3020)."""


@dataclass(slots=True, eq=False)
class Card:
    """A card; `identities` maps certificate references to its elliptic-curve keys.

    `twin` returns the RSA key for one of them; `crypts` tells which of the two kinds it holds.
    """

    handle: str
    card_type: str
    iccsn: str
    terminal: str
    slot: int
    holder: str
    inserted: datetime
    identities: Mapping[str, Identity]
    twin: Callable[[Identity], RsaIdentity]
    crypts: frozenset[str]
    pins: Mapping[str, Pin]
    mandants: frozenset[str]
    kvnr: str | None = None
    managed: bool = True
    """Whether the administrator knows the SM-B (SM-B_Verwaltet)."""
    table: Mapping[str, object] = field(default_factory=dict)
    """The table of the profile that describes the card."""
    defect: Defect | None = None
    template: bytes = b""
    """The insured person's data on a KVK."""
    receipt: bytes | None = None
    """The proof of the last online check, on an eGK."""
    bound_to: str | None = None
    """The workplace that holds the one session of an eGK."""
    busy_until: float = 0.0
    """Stopwatch seconds; a card works on one command at a time."""

    @property
    def is_hba(self) -> bool:
        """Whether the card belongs to a professional."""
        return self.card_type in GROUPS["HBAx"]

    @property
    def is_smb(self) -> bool:
        """Whether the card belongs to an institution."""
        return self.card_type in GROUPS["SM-B"]

    @property
    def is_insured(self) -> bool:
        """Whether the card belongs to an insured person."""
        return not (self.is_hba or self.is_smb)

    def key(self, reference: str, crypt: str) -> CardKey | None:
        """Return the key behind a certificate reference; None when the card has none such."""
        identity = self.identities.get(reference)
        if identity is None:
            return None
        if crypt != "RSA" and "ECC" in self.crypts:
            return identity
        if crypt != "ECC" and "RSA" in self.crypts:
            return self.twin(identity)
        return None

    def all_keys(self) -> list[CardKey]:
        """Return every key on the card, of both kinds."""
        found = (self.key(name, crypt) for name in self.identities for crypt in sorted(self.crypts))
        return [key for key in found if key is not None]

    def own_key(self, reference: str = "C.AUT") -> CardKey:
        """Return a key that the card surely has, the elliptic-curve one first."""
        key = self.key(reference, "RSA_ECC")
        if key is None:
            raise KeyError(f"{self.card_type} without {reference}")
        return key

    def session(self, mandant: str, client_system: str, workplace: str, user: str) -> SessionKey:
        """Return the key of the card session that a call takes part in (TUC_KON_026)."""
        if self.is_hba:
            return (client_system, user)
        return (mandant,) if self.is_smb else (workplace,)
