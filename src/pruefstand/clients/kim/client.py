"""One account over one transport: where sessions for sending and fetching begin."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.clients.kim.account import KimAccount
from pruefstand.clients.kim.mailbox import KimMailbox
from pruefstand.clients.kim.outbox import KimOutbox
from pruefstand.transport.stream import StreamTransport


@dataclass(frozen=True, slots=True)
class KimClient:
    """Opens sessions; `peer` is the role that answers."""

    transport: StreamTransport
    account: KimAccount
    peer: str = "kim_clientmodul"

    def outbox(self) -> KimOutbox:
        """Open a session for sending, not yet logged in; raises TransportFailure."""
        return KimOutbox(self.transport, self.account, peer=self.peer)

    def mailbox(self) -> KimMailbox:
        """Open a session for fetching, not yet logged in; raises TransportFailure."""
        return KimMailbox(self.transport, self.account, peer=self.peer)
