"""The memory of the comfort signature: who may sign without PIN, how often, until when."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mocks.konnektor.errors import KonnektorError

REMEMBERED_USERS = 1000
"""Activations for which a UserId must not come back."""

Key = tuple[str, str, str]
"""Card handle, client system, user; mandant and workplace do not matter."""


@dataclass(slots=True)
class ComfortSession:
    """One activation: documents left, and when its timer ends."""

    remaining: int
    ends: datetime


@dataclass(slots=True)
class ComfortSessions:
    """The open sessions of all cards; every method may be called from any thread."""

    _open: dict[Key, ComfortSession] = field(default_factory=dict)
    _users: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_USERS))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def check_free(self, key: Key, limit: int, now: datetime) -> None:
        """Refuse a user who had a session with 4270, the session above `limit` with 4278."""
        with self._lock:
            if key[2] in self._users:
                raise KonnektorError(4270, key[2])
            self._expire(now)
            if sum(held[0] == key[0] for held in self._open) >= limit:
                raise KonnektorError(4278, key[0])

    def start(self, key: Key, documents: int, ends: datetime) -> None:
        """Open the session `key` for `documents` until `ends`."""
        with self._lock:
            self._users.append(key[2])
            self._open[key] = ComfortSession(documents, ends)

    def left(self, key: Key, now: datetime) -> tuple[int, timedelta] | None:
        """Return the documents and the time left in session `key`; None without a session."""
        with self._lock:
            self._expire(now)
            found = self._open.get(key)
            return (found.remaining, found.ends - now) if found else None

    def spend(self, key: Key, documents: int, now: datetime) -> bool:
        """Count `documents`; False without a session. Beyond its limit a session ends with 4271."""
        with self._lock:
            self._expire(now)
            found = self._open.get(key)
            if found is None:
                return False
            if documents > found.remaining:
                del self._open[key]
                raise KonnektorError(4271, f"noch {found.remaining} Dokumente")
            found.remaining -= documents
            return True

    def close_card(self, handle: str) -> bool:
        """End all sessions of a card; return whether there were any."""
        with self._lock:
            ended = [key for key in self._open if key[0] == handle]
            for key in ended:
                del self._open[key]
            return bool(ended)

    def close_all(self) -> None:
        """End every session, as switching the function off does."""
        with self._lock:
            self._open.clear()

    def _expire(self, now: datetime) -> None:
        self._open = {key: held for key, held in self._open.items() if held.ends > now}
