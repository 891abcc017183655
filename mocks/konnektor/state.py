"""The memory of the mock Konnektor: plugged cards, job numbers, cached signers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import count
from typing import Any, Self

from mocks.konnektor import settings
from mocks.konnektor.cards import Card, CardKey
from mocks.konnektor.comfort_sessions import ComfortSessions
from mocks.konnektor.conditions import cuts_off
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.faults import OCSP_UNREACHABLE, PIN_LOST, SAME_HANDLE
from mocks.konnektor.information_model import InformationModel, information_model
from mocks.konnektor.personalise import personalise
from mocks.konnektor.pins import PinOutcome, SessionKey
from mocks.konnektor.subscriptions import Subscriptions
from pruefstand.clock import stopwatch
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.mockkit import MockContext
from pruefstand.mockkit.courier import Courier

REMEMBERED_JOBS = 1000
"""Calls for which a job number must not come back."""

_MAX_SIGNERS = 64
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class State:
    """Everything that outlives a call; every method may be called from any thread."""

    ctx: MockContext
    model: InformationModel
    cards: dict[str, Card]
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    courier: Courier = field(default_factory=Courier)
    _outside: list[Card] = field(default_factory=list)
    _pulled: set[str] = field(default_factory=set)
    _jobs: deque[str] = field(default_factory=deque)
    _known_jobs: set[str] = field(default_factory=set)
    _next_job: int = 0
    _running: dict[str, float] = field(default_factory=dict)
    _revoked: list[bytes] = field(default_factory=list)
    _stopped: set[str] = field(default_factory=set)
    _typed: int = 0
    comfort: ComfortSessions = field(default_factory=ComfortSessions)
    lost_terminals: set[str] = field(default_factory=set)
    conditions: dict[str, datetime] = field(default_factory=dict)
    """Operating conditions that hold, and since when."""
    calls_to_drop: int = 0
    """SOAP calls that are still to be left without an answer."""
    told_online: bool = True
    """What subscribers were told last about the connection with the TI."""
    started: datetime = field(init=False)
    _signers: dict[tuple[object, ...], QesSigner] = field(default_factory=dict)
    _seen: tuple[Mapping[str, object], settings.Behaviour] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def reset(self) -> None:
        """Go back to what the settings describe, as after the first start; revocations end."""
        with self._lock:
            for der in self._revoked:
                self.ctx.pki.reinstate(der)
            fresh = type(self).from_context(self.ctx)
            for part in fields(self):
                if part.name not in ("ctx", "courier", "_lock"):
                    setattr(self, part.name, getattr(fresh, part.name))

    @classmethod
    def from_context(cls, ctx: MockContext) -> Self:
        """Return the state after switching on: the cards of the profile are plugged."""
        model = information_model(ctx.settings)
        terminal = next(iter(model.terminals))
        now = ctx.clock.now()
        tables = settings.cards(ctx.settings)
        cards = [personalise(table, ctx.pki, now, model.mandants, terminal) for table in tables]
        inside = {
            card.handle: card
            for card, table in zip(cards, tables, strict=True)
            if table.get("inserted", True)
        }
        outside = [card for card in cards if card.handle not in inside]
        state = cls(ctx, model, inside, _outside=outside)
        for card, table in zip(cards, tables, strict=True):
            if table.get("revoked", False):
                state.revoke(card)
        return state

    def __post_init__(self) -> None:
        self.started = self.ctx.clock.now()

    @property
    def behaviour(self) -> settings.Behaviour:
        """How user and device behave right now; read anew when a setting has changed."""
        now = self.ctx.settings
        seen = self._seen
        if seen is None or seen[0] != now:
            seen = self._seen = (dict(now), settings.behaviour(now))
            self._typed = 0
        return seen[1]

    @property
    def is_online(self) -> bool:
        """Whether the Konnektor is connected with the TI."""
        return self.behaviour.ti_online and not cuts_off(self.conditions)

    def is_connected(self, terminal: str) -> bool:
        """Whether the Konnektor knows `terminal` and has a connection with it."""
        return terminal in self.model.terminals and terminal not in self.lost_terminals

    def card(self, handle: str) -> Card:
        """Return the plugged card; a pulled card's handle is 4101, a foreign one 4008."""
        with self._lock:
            if handle in self._pulled:
                raise KonnektorError(4101, handle)
            if handle not in self.cards:
                raise KonnektorError(4008, handle)
            return self.cards[handle]

    def outside(self) -> tuple[Card, ...]:
        """Return the cards that are known and not plugged."""
        with self._lock:
            return tuple(self._outside)

    def plugged(self) -> tuple[Card, ...]:
        """Return all cards in order of plugging."""
        with self._lock:
            return tuple(self.cards.values())

    @property
    def reaches_ocsp(self) -> bool:
        """Whether revocation information about cards can be had."""
        return self.is_online and OCSP_UNREACHABLE not in self.ctx.faults

    def in_slot(self, terminal: str, slot: int) -> Card | None:
        """Return the card plugged in `slot` of `terminal`."""
        found = (card for card in self.plugged() if (card.terminal, card.slot) == (terminal, slot))
        return next(found, None)

    def insert(self, terminal: str, slot: int, types: Collection[str]) -> Card | None:
        """Plug the card that belongs into a slot, under a fresh handle; None without such card."""
        with self._lock:
            place = (terminal, slot)
            found = [
                card
                for card in self._outside
                if (card.terminal, card.slot) == place and (not types or card.card_type in types)
            ]
            if not found:
                return None
            return self._plug(found[-1])

    def return_cards(self, terminal: str) -> list[Card]:
        """Plug again all cards that belong into `terminal` and were in it before."""
        with self._lock:
            found = [card for card in self._outside if card.terminal == terminal]
            return [self._plug(card) for card in found if card.handle in self._pulled]

    def insert_again(self, name: str) -> Card:
        """Plug the card outside with handle or ICCSN `name`; 4008 without such, 4097 if taken."""
        with self._lock:
            found = [card for card in self._outside if name in (card.handle, card.iccsn)]
            if not found:
                raise KonnektorError(4008, name)
            self._check_free(found[-1])
            return self._plug(found[-1])

    def new_card(self, table: Mapping[str, Any]) -> Card:
        """Make the card that a table of the profile describes, and plug it."""
        with self._lock:
            card = self._personalise(table)
            self._check_free(card)
            self._outside.append(card)
            return self._plug(card)

    def exchange(self, card: Card, **changes: object) -> Card:
        """Replace a plugged card by one whose table has `changes`; handle and place stay."""
        with self._lock:
            table = {**card.table, "handle": card.handle, **changes}
            self.cards[card.handle] = other = self._personalise(table)
            return other

    def _personalise(self, table: Mapping[str, Any]) -> Card:
        now, terminal = self.ctx.clock.now(), next(iter(self.model.terminals))
        return personalise(table, self.ctx.pki, now, self.model.mandants, terminal)

    def _check_free(self, card: Card) -> None:
        if self.in_slot(card.terminal, card.slot) is not None:
            raise KonnektorError(4097, f"{card.terminal}/{card.slot} ist belegt")

    def revoke(self, card: Card) -> None:
        """Have the card's certificates revoked from now on."""
        for key in card.all_keys():
            self.ctx.pki.revoke(key.der, self.ctx.clock.now())
            self._revoked.append(key.der)

    def _plug(self, card: Card) -> Card:
        self._outside.remove(card)
        if SAME_HANDLE in self.ctx.faults:
            self._pulled.discard(card.handle)
        elif card.handle in self._pulled or card.handle in self.cards:
            card.handle = self._fresh_handle(card.card_type)
        card.inserted = self.ctx.clock.now()
        self.cards[card.handle] = card
        return card

    def _fresh_handle(self, card_type: str) -> str:
        taken = self._pulled | self.cards.keys()
        return next(name for n in count(1) if (name := f"{card_type}-{n}") not in taken)

    def pull(self, handle: str) -> None:
        """Take a card out of its terminal; its handle stays dead, its PINs are locked again."""
        with self._lock:
            card = self.cards.pop(handle)
            self._pulled.add(handle)
            self._outside.append(card)
            card.bound_to = None
            for pin in card.pins.values():
                pin.verified.clear()
            self.comfort.close_card(handle)

    def _next_entry(self) -> settings.PinEntry:
        """Return what the user does this time; the last entry of a list stays."""
        entries = self.behaviour.pin_entries
        entry = entries[min(self._typed, len(entries) - 1)]
        self._typed += 1
        return entry

    def enter_pin(self, card: Card, pin_typ: str, session: SessionKey | None) -> PinOutcome:
        """Let the user type `pin_typ`; success unlocks `session`, where one is given."""
        with self._lock:
            pin = card.pins[pin_typ]
            outcome = pin.enter(self._next_entry())
            if outcome.result == "OK" and session and PIN_LOST not in self.ctx.faults:
                pin.verified.add(session)
            return outcome

    def change_pin(self, card: Card, pin_typ: str) -> PinOutcome:
        """Let the user replace `pin_typ`."""
        with self._lock:
            return card.pins[pin_typ].change(self._next_entry())

    def unblock_pin(self, card: Card, pin_typ: str) -> PinOutcome:
        """Let the user unblock `pin_typ` with the PUK."""
        with self._lock:
            return card.pins[pin_typ].unblock(self._next_entry())

    def switch_pin(self, card: Card, pin_typ: str, *, on: bool) -> PinOutcome:
        """Let the user switch the need for `pin_typ` on or off."""
        with self._lock:
            return card.pins[pin_typ].switch(self._next_entry(), on=on)

    def is_verified(self, card: Card, pin_typ: str, session: SessionKey) -> bool:
        """Whether `pin_typ` was entered in `session`."""
        with self._lock:
            return card.pins[pin_typ].status(session)[0] == "VERIFIED"

    def issue_job_number(self) -> str:
        """Return a job number that was not used in the last calls."""
        with self._lock:
            while True:
                number, self._next_job = self._next_job, self._next_job + 1
                letters, digits = divmod(number, 1000)
                head, last = divmod(letters, 26)
                first, middle = divmod(head, 26)
                name = "".join(_LETTERS[part % 26] for part in (first, middle, last))
                if (job := f"{name}-{digits:03}") not in self._known_jobs:
                    return job

    def use_job_number(self, job: str) -> None:
        """Take note of `job`; 4252 when one of the last calls had it."""
        with self._lock:
            if job in self._known_jobs:
                raise KonnektorError(4252, job)
            if len(self._jobs) == REMEMBERED_JOBS:
                self._known_jobs.discard(self._jobs.popleft())
            self._jobs.append(job)
            self._known_jobs.add(job)

    def run_job(self, job: str, seconds: float) -> None:
        """Take note that `job` keeps its card busy for `seconds`."""
        with self._lock:
            now = stopwatch()
            self._running = {name: end for name, end in self._running.items() if end > now}
            self._running[job] = now + seconds

    def stop_job(self, job: str) -> bool:
        """Stop `job`; False unless the card still works for it."""
        with self._lock:
            if self._running.get(job, 0.0) <= stopwatch():
                return False
            self._stopped.add(job)
            return True

    def was_stopped(self, job: str) -> bool:
        """Whether `job` was stopped; it is forgotten with the answer."""
        with self._lock:
            stopped = job in self._stopped
            self._stopped.discard(job)
            return stopped

    def is_plugged(self, handle: str) -> bool:
        """Whether the card behind `handle` is still in its terminal."""
        return handle in self.cards

    def signer(
        self, key: CardKey, short_text: str, mime_type: str, attributes: tuple[bytes, ...]
    ) -> QesSigner:
        """Return the signer of a card's key; its constant parts are encoded once."""
        name = (key.der, short_text, mime_type, attributes)
        with self._lock:
            if name not in self._signers:
                if len(self._signers) >= _MAX_SIGNERS:
                    self._signers.clear()
                self._signers[name] = QesSigner(
                    key, short_text=short_text, mime_type=mime_type, extra=attributes
                )
            return self._signers[name]

    def occupy(self, card: Card, seconds: float) -> float:
        """Queue a command of `seconds` on `card`; return the seconds until it is done."""
        if seconds <= 0:
            return 0.0
        with self._lock:
            now = stopwatch()
            card.busy_until = max(now, card.busy_until) + seconds
            return card.busy_until - now
