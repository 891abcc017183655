"""Who wants to hear of which events, and until when (EventService 7.2)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

LIFE = timedelta(hours=25)
"""How long a subscription lasts without renewal."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client system asks for; the same wish twice is one subscription."""

    mandant: str
    client_system: str
    workplace: str
    event_to: str
    topic: str
    filter: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A wish under its id."""

    id: str
    wish: Wish
    ends: datetime


@dataclass(slots=True)
class Subscriptions:
    """All subscriptions by id; every method may be called from any thread."""

    _held: dict[str, Subscription] = field(default_factory=dict)
    _ids: dict[Wish, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, wish: Wish, fresh_id: str, now: datetime) -> Subscription:
        """Subscribe under `fresh_id`, or under the old id when the wish is held already."""
        with self._lock:
            name = self._ids.setdefault(wish, fresh_id)
            held = self._held[name] = Subscription(name, wish, now + LIFE)
            return held

    def active(self, now: datetime) -> tuple[Subscription, ...]:
        """Return the subscriptions that have not run out."""
        with self._lock:
            for held in [held for held in self._held.values() if held.ends <= now]:
                self.drop(held.id)
            return tuple(self._held.values())

    def find(self, name: str, owner: tuple[str, str], now: datetime) -> Subscription | None:
        """Return subscription `name` of `owner` (mandant, client system)."""
        with self._lock:
            held = self._held.get(name)
            if held is None or held.ends <= now:
                return None
            return held if (held.wish.mandant, held.wish.client_system) == owner else None

    def renew(self, held: Subscription, now: datetime) -> Subscription:
        """Let `held` last from `now` on again."""
        with self._lock:
            renewed = self._held[held.id] = replace(held, ends=now + LIFE)
            return renewed

    def clear(self) -> None:
        """Forget all subscriptions."""
        with self._lock:
            self._held.clear()
            self._ids.clear()

    def drop(self, name: str) -> None:
        """Forget subscription `name`."""
        with self._lock:
            held = self._held.pop(name, None)
            if held is not None:
                self._ids.pop(held.wish, None)
