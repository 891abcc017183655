"""The protocol of accesses (AuditEvents) of each insured person, in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One access to the data of an insured person."""

    id: str
    operation: str
    """Key of the role table."""
    recorded: datetime
    insured: str
    agent_oid: str
    agent_id: str
    agent_name: str
    prescription_id: str | None


class AuditTrail:
    """Entries per KVNR, oldest first."""

    def __init__(self) -> None:
        self._entries: dict[str, list[AuditEntry]] = {}
        self._lock = threading.Lock()

    def add(self, entry: AuditEntry) -> None:
        """Append an entry."""
        with self._lock:
            self._entries.setdefault(entry.insured, []).append(entry)

    def of_insured(self, kvnr: str) -> list[AuditEntry]:
        """Return the entries of one insured person."""
        with self._lock:
            return list(self._entries.get(kvnr, ()))
