"""The WebSocket of subscriptions: `bind: <id>` is answered `bound: <id>`, then `ping: <id>`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mocks.erezept.records import Records, Subscription
from mocks.erezept.subscriptions import KEY
from pruefstand.clock import Clock
from pruefstand.crypto import jws
from pruefstand.crypto.pki import Pki
from pruefstand.mockkit.sockets import Push, Session
from pruefstand.model.http import Request

_BIND = "bind: "


@dataclass(slots=True)
class Notifications:
    """Open sockets by Telematik-ID; a newer one takes the place of the older."""

    records: Records
    clock: Clock
    pki: Pki
    _sockets: dict[str, tuple[str, Push]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, request: Request, push: Push) -> Session | None:
        """Let in who shows the token of a running subscription."""
        subscription = self._subscription(request.header("Authorization") or "")
        return None if subscription is None else _Listener(self, subscription, push)

    def _subscription(self, authorization: str) -> Subscription | None:
        key = self.pki.signing_key(KEY).public_key()
        try:
            claims = jws.verify(authorization.removeprefix("Bearer "), key).claims
        except jws.JoseProblem:
            return None
        found = self.records.subscriptions.get(str(claims.get("subscriptionId")))
        return found if found is not None and self.clock.now() < found.ends else None

    def bind(self, subscription: Subscription, push: Push) -> None:
        """Send pings for `subscription` to `push` from now on."""
        with self._lock:
            before = self._sockets.get(subscription.telematik_id)
            self._sockets[subscription.telematik_id] = (subscription.id, push)
        if before is not None and before[1] is not push:
            before[1](None)

    def release(self, subscription: Subscription, push: Push) -> None:
        """Forget a socket that is gone."""
        with self._lock:
            found = self._sockets.get(subscription.telematik_id)
            if found is not None and found[1] is push:
                del self._sockets[subscription.telematik_id]

    def tell(self, recipient: str) -> None:
        """Ping the recipient of a new message; end a socket whose time is over."""
        with self._lock:
            found = self._sockets.get(recipient)
        if found is None:
            return
        name, push = found
        subscription = self.records.subscriptions.get(name)
        running = subscription is not None and self.clock.now() < subscription.ends
        push(f"ping: {name}" if running else None)


@dataclass(slots=True)
class _Listener(Session):
    parent: Notifications
    subscription: Subscription
    push: Push

    def received(self, text: str) -> None:
        """Answer `bind` of the own id; anything else ends the connection."""
        if text != _BIND + self.subscription.id:
            self.push(None)
            return
        self.parent.bind(self.subscription, self.push)
        self.push(f"bound: {self.subscription.id}")

    def closed(self) -> None:
        """Forget the socket."""
        self.parent.release(self.subscription, self.push)
