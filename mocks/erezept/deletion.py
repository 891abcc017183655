"""When the service forgets a task by itself, counted in Berlin days (handbook 2.3)."""

from __future__ import annotations

from datetime import date, timedelta

from mocks.erezept.state import Task
from mocks.erezept.transitions import Status
from pruefstand.clock import berlin_day

DRAFT_DAYS = 5
READY_DAYS = 10
"""After the expiry date."""
TAKEN_DAYS = 100
"""After the change to in-progress or completed."""
CANCELLED_DAYS = 10


def last_day(task: Task) -> date:
    """Return the last day the task is there."""
    if task.status is Status.DRAFT:
        return berlin_day(task.authored_on) + timedelta(days=DRAFT_DAYS)
    if task.status is Status.CANCELLED:
        return berlin_day(task.last_modified) + timedelta(days=CANCELLED_DAYS)
    if task.status is Status.READY:
        assert task.prescription is not None
        return task.prescription.expiry + timedelta(days=READY_DAYS)
    return berlin_day(task.status_since) + timedelta(days=TAKEN_DAYS)
