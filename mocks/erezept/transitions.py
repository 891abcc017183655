"""The state machine of a Task: operations by states, as data (gemSpec_DM_eRp)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from mocks.erezept.errors import Refused


class Status(StrEnum):
    """The states of a Task as the wire spells them."""

    DRAFT = "draft"
    READY = "ready"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


Outcome = Status | str
"""The next state, or the key of the refusal."""


def _row(
    draft: Outcome, ready: Outcome, progress: Outcome, done: Outcome, gone: str
) -> Mapping[Status, Outcome]:
    return MappingProxyType(dict(zip(Status, (draft, ready, progress, done, gone), strict=True)))


_READY, _PROGRESS = Status.READY, Status.IN_PROGRESS
_DONE, _GONE = Status.COMPLETED, Status.CANCELLED
_OTHERS, _DOCTOR, _PHARMACY = "abort-others", "abort-doctor", "abort-pharmacy"

TRANSITIONS: Mapping[str, Mapping[Status, Outcome]] = MappingProxyType(
    {
        "$activate": _row(_READY, "not-draft", "not-draft", "not-draft", "deleted"),
        "$accept": _row(
            "accept-status", _PROGRESS, "accept-status", "accept-status", "accept-deleted"
        ),
        "$reject": _row("reject-status", "reject-status", _READY, "reject-status", "deleted"),
        "$dispense": _row(
            "dispense-status", "dispense-status", _PROGRESS, "dispense-status", "dispense-status"
        ),
        "$close": _row("close-status", "close-status", _DONE, "close-status", "deleted"),
        "$eu-close": _row("eu-status", _DONE, "eu-status", "eu-status", "deleted"),
        "$abort doctor": _row("abort-draft", _GONE, _OTHERS, _DOCTOR, "deleted"),
        "$abort insured": _row("abort-draft", _GONE, _OTHERS, _GONE, "deleted"),
        "$abort insured direct": _row("abort-draft", "abort-direct", _OTHERS, _GONE, "deleted"),
        "$abort pharmacy": _row("abort-draft", _PHARMACY, _GONE, _PHARMACY, "deleted"),
    }
)


def next_status(operation: str, status: Status) -> Status:
    """Return the state after `operation`; raises Refused with the original's text."""
    outcome = TRANSITIONS[operation][status]
    if isinstance(outcome, Status):
        return outcome
    raise Refused(outcome, status=status.value)
