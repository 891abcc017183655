"""An entry of the protocol of accesses (AuditEvent)."""

from __future__ import annotations

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
