"""A message between insured, pharmacies and cost bearers."""

from __future__ import annotations

from dataclasses import dataclass
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

    def terms(self) -> tuple[str, ...]:
        """Return what a message is found by: its parties and its task."""
        return self.sender, self.recipient, self.prescription_id
