"""The memory of the mock Konnektor: plugged cards, job numbers, cached signers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from mocks.konnektor import settings
from mocks.konnektor.cards import Card, PinOutcome, SessionKey, personalise
from mocks.konnektor.comfort_sessions import ComfortSessions
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.faults import OCSP_UNREACHABLE, PIN_LOST, SAME_HANDLE
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
    model: settings.InformationModel
    cards: dict[str, Card]
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    courier: Courier = field(default_factory=Courier)
    _outside: list[Card] = field(default_factory=list)
    _pulled: set[str] = field(default_factory=set)
    _jobs: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_JOBS))
    _next_job: int = 0
    _running: dict[str, float] = field(default_factory=dict)
    comfort: ComfortSessions = field(default_factory=ComfortSessions)
    _signers: dict[tuple[str, str, str], QesSigner] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def from_context(cls, ctx: MockContext) -> Self:
        """Return the state after switching on: the cards of the profile are plugged."""
        model = settings.information_model(ctx.settings)
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
        return cls(ctx, model, inside, _outside=outside)

    @property
    def behaviour(self) -> settings.Behaviour:
        """How user and device behave right now."""
        return settings.behaviour(self.ctx.settings)

    def card(self, handle: str) -> Card:
        """Return the plugged card; a pulled card's handle is 4101, a foreign one 4008."""
        with self._lock:
            if handle in self._pulled:
                raise KonnektorError(4101, handle)
            if handle not in self.cards:
                raise KonnektorError(4008, handle)
            return self.cards[handle]

    def plugged(self) -> tuple[Card, ...]:
        """Return all cards in order of plugging."""
        with self._lock:
            return tuple(self.cards.values())

    @property
    def reaches_ocsp(self) -> bool:
        """Whether revocation information can be had."""
        return self.behaviour.ti_online and OCSP_UNREACHABLE not in self.ctx.faults

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
            card = found[-1]
            self._outside.remove(card)
            if SAME_HANDLE in self.ctx.faults:
                self._pulled.discard(card.handle)
            elif card.handle in self._pulled:
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
            for pin in card.pins.values():
                pin.verified.clear()
            self.comfort.close_card(handle)

    def enter_pin(self, card: Card, pin_typ: str, session: SessionKey | None) -> PinOutcome:
        """Let the user type `pin_typ`; success unlocks `session`, where one is given."""
        with self._lock:
            pin = card.pins[pin_typ]
            outcome = pin.enter(self.behaviour.pin_entry)
            if outcome.result == "OK" and session and PIN_LOST not in self.ctx.faults:
                pin.verified.add(session)
            return outcome

    def change_pin(self, card: Card, pin_typ: str) -> PinOutcome:
        """Let the user replace `pin_typ`."""
        with self._lock:
            return card.pins[pin_typ].change(self.behaviour.pin_entry)

    def unblock_pin(self, card: Card, pin_typ: str) -> PinOutcome:
        """Let the user unblock `pin_typ` with the PUK."""
        with self._lock:
            return card.pins[pin_typ].unblock(self.behaviour.pin_entry)

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
                if (job := f"{name}-{digits:03}") not in self._jobs:
                    return job

    def use_job_number(self, job: str) -> None:
        """Take note of `job`; 4252 when one of the last calls had it."""
        with self._lock:
            if job in self._jobs:
                raise KonnektorError(4252, job)
            self._jobs.append(job)

    def run_job(self, job: str, seconds: float) -> None:
        """Take note that `job` keeps its card busy for `seconds`."""
        with self._lock:
            now = stopwatch()
            self._running = {name: end for name, end in self._running.items() if end > now}
            self._running[job] = now + seconds

    def is_running(self, job: str) -> bool:
        """Whether the card still works for `job`."""
        with self._lock:
            return self._running.get(job, 0.0) > stopwatch()

    def signer(self, card: Card, reference: str, short_text: str, mime_type: str) -> QesSigner:
        """Return the signer of a card's key; its constant parts are encoded once."""
        key = (card.handle, short_text, mime_type)
        with self._lock:
            if key not in self._signers:
                if len(self._signers) >= _MAX_SIGNERS:
                    self._signers.clear()
                self._signers[key] = QesSigner(
                    card.keys[reference], short_text=short_text, mime_type=mime_type
                )
            return self._signers[key]

    def occupy(self, card: Card, seconds: float) -> float:
        """Queue a command of `seconds` on `card`; return the seconds until it is done."""
        if seconds <= 0:
            return 0.0
        with self._lock:
            now = stopwatch()
            card.busy_until = max(now, card.busy_until) + seconds
            return card.busy_until - now
