"""The rate limit: calls per second and token subject (A_19992)."""

from __future__ import annotations

import threading
from collections import deque

from mocks.erezept.access_token import Caller
from mocks.erezept.errors import Refused
from mocks.erezept.roles import NCPEH
from pruefstand.clock import Clock

CALLS = 200
WINDOW_SECONDS = 1.0


class RateLimit:
    """Counts per `sub`; who exceeds it stays blocked until his token expires."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._blocked: dict[str, int] = {}
        self._lock = threading.Lock()

    def count(self, caller: Caller, limit: int = CALLS) -> None:
        """Count one call; raises Refused 429."""
        if caller.oid == NCPEH:
            return
        now = self._clock.now().timestamp()
        with self._lock:
            if self._blocked.get(caller.sub, 0) >= now:
                raise Refused("rate-limit")
            calls = self._calls.setdefault(caller.sub, deque())
            if calls and calls[-1] > now:
                # The virtual clock was put back: what lies ahead was no call of this second.
                calls.clear()
            while calls and calls[0] <= now - WINDOW_SECONDS:
                calls.popleft()
            calls.append(now)
            if len(calls) > limit:
                self._blocked[caller.sub] = caller.expires
                raise Refused("rate-limit")
