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
        self._blocked: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def count(self, caller: Caller, limit: int = CALLS) -> None:
        """Count one call; raises Refused 429."""
        if caller.oid == NCPEH:
            return
        now = self._clock.now().timestamp()
        with self._lock:
            since, until = self._blocked.get(caller.sub, (now + 1, 0))
            if since <= now <= until:
                raise Refused("rate-limit")
            calls = self._calls.setdefault(caller.sub, deque())
            # Calls later than now were made before somebody turned the clock back.
            while calls and not now - WINDOW_SECONDS < calls[0] <= now:
                calls.popleft()
            calls.append(now)
            if len(calls) > limit:
                self._blocked[caller.sub] = (now, caller.expires)
                raise Refused("rate-limit")
