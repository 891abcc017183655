"""What the client module remembers: cards, directory answers, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from mocks.kim_clientmodul.directory import Found, find
from mocks.kim_clientmodul.faults import DIRECTORY_OUTDATED, KONNEKTOR_IGNORED
from mocks.kim_clientmodul.kept import Kept
from mocks.kim_clientmodul.settings import Behaviour, behaviour
from pruefstand.crypto.cms_encryption import DecryptionKey
from pruefstand.crypto.pki import Identity
from pruefstand.kim.username import UserName
from pruefstand.mockkit import MockContext
from pruefstand.testdata.kim_participants import Participant, participants

CERTIFICATES_LIVE = timedelta(hours=12)
"""How long a directory answer is used again."""

LIMITS_LIVE = timedelta(hours=24)
"""How long the limits of an account are used again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account allows."""

    max_mail_size: int
    days_to_live: int


class UnknownContext(Exception):
    """The Konnektor knows no such Mandant, Clientsystem or Arbeitsplatz (4004 to 4006)."""


@dataclass(slots=True)
class ClientModule:
    """Everything that outlives a connection; every method may be called from any thread."""

    ctx: MockContext
    cards: dict[str, tuple[Participant, ...]]
    """Plugged cards by Mandant."""
    _found: Kept[Found] = field(default_factory=lambda: Kept(CERTIFICATES_LIVE))
    limits: Kept[Limits] = field(default_factory=lambda: Kept(LIMITS_LIVE))
    """What the mail service allows, by credentials: a wrong password learns nothing."""

    @classmethod
    def from_context(cls, ctx: MockContext) -> Self:
        """Return the module with the cards of every participant."""
        cards: dict[str, tuple[Participant, ...]] = {}
        for one in participants(ctx.pki):
            mandant = one.row.mandant
            cards[mandant] = (*cards.get(mandant, ()), one)
        return cls(ctx, cards)

    @property
    def behaviour(self) -> Behaviour:
        """How module and surroundings behave right now."""
        return behaviour(self.ctx.settings)

    def check_context(self, user: UserName) -> None:
        """Raise UnknownContext unless the Konnektor knows the user's context."""
        now = self.behaviour
        if user.mandant not in self.cards:
            raise UnknownContext("4004")
        if user.client_system not in now.client_systems:
            raise UnknownContext("4005")
        if user.workplace not in now.workplaces:
            raise UnknownContext("4006")

    def reaches_konnektor(self, user: UserName) -> bool:
        """Tell whether the Konnektor the user name asks for answers (A_21457)."""
        now = self.behaviour
        ignored = KONNEKTOR_IGNORED in self.ctx.faults
        down = not ignored and user.konnektor_id in now.konnektors_down
        return now.konnektor_reachable and not down

    def signer(self, user: UserName) -> Identity | None:
        """Return the OSIG key of the Mandant's SMC-B; None when no unlocked card is there."""
        if not self.behaviour.pin_verified:
            return None
        keys = (card.osig for card in self.cards.get(user.mandant, ()))
        return next((key for key in keys if key is not None), None)

    def decryption_keys(self, user: UserName) -> tuple[DecryptionKey, ...]:
        """Return the keys of the card that belongs to the fetching address, and no others.

        A person's card opens only for its UserId.
        """
        if not self.behaviour.pin_verified:
            return ()
        for card in self.cards.get(user.mandant, ()):
            if user.address.lower() in card.addresses:
                return () if card.row.person and not user.user_id else card.keys
        return ()

    def find(self, address: str) -> Found:
        """Return what the directory says about an address; answers are kept for 12 hours."""
        key, now = address.lower(), self.ctx.clock.now()
        known = self._found.get(key, now, for_ever=DIRECTORY_OUTDATED in self.ctx.faults)
        if known is not None:
            return known
        found = find(self.ctx.neighbours, address)
        if found.entries:
            self._found.put(key, found, now)
        return found
