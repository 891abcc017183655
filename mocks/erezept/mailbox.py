"""Messages between insured, pharmacies and cost bearers, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from mocks.erezept.state import Resource


@dataclass(frozen=True, slots=True)
class Message:
    """A Communication; `resource` lacks what the service fills in."""

    id: str
    kind: str
    prescription_id: str
    sender: str
    recipient: str
    sent: datetime
    resource: Resource
    received: datetime | None = None

    def is_party(self, id_number: str) -> bool:
        """Return whether `id_number` wrote or gets the message."""
        return id_number in (self.sender, self.recipient)


class Mailbox:
    """All messages, oldest first."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._lock = threading.Lock()

    def add(self, message: Message, allowed: Callable[[list[Message]], None]) -> None:
        """Store a message unless `allowed` refuses in view of those of the same task."""
        with self._lock:
            same_task = [
                stored
                for stored in self._messages.values()
                if stored.prescription_id == message.prescription_id
            ]
            allowed(same_task)
            self._messages[message.id] = message

    def get(self, id: str) -> Message | None:
        """Return a message."""
        return self._messages.get(id)

    def of_party(self, id_number: str) -> list[Message]:
        """Return what a party wrote or got."""
        with self._lock:
            return [item for item in self._messages.values() if item.is_party(id_number)]

    def deliver(self, id: str, reader: str, at: datetime) -> None:
        """Note the first time the recipient reads a message."""
        with self._lock:
            found = self._messages.get(id)
            if found is not None and found.recipient == reader and found.received is None:
                self._messages[id] = replace(found, received=at)

    def delete(self, id: str) -> None:
        """Forget a message."""
        with self._lock:
            self._messages.pop(id, None)

    def delete_task(self, prescription_id: str) -> None:
        """Forget all messages about a task (A_19027)."""
        with self._lock:
            self._messages = {
                id: item
                for id, item in self._messages.items()
                if item.prescription_id != prescription_id
            }
