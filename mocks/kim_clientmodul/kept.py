"""Answers of others that may be used again for a while, by the clock of the world."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Kept(Generic[T]):
    """Answers by key; one is used again while it is younger than `lives`."""

    lives: timedelta
    _kept: dict[str, tuple[datetime, T]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str, now: datetime, *, for_ever: bool = False) -> T | None:
        """Return what is known; nothing from the future, for the clock may have been put back."""
        with self._lock:
            known = self._kept.get(key)
        if known is None:
            return None
        young = timedelta() <= now - known[0] < self.lives
        return known[1] if young or for_ever else None

    def put(self, key: str, answer: T, now: datetime) -> None:
        """Keep an answer that came at `now`."""
        with self._lock:
            self._kept[key] = now, answer
