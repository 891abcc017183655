"""What all operations share: time, keys, tasks and the addresses in answers."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from mocks.erezept.access_token import Caller
from mocks.erezept.deletion import last_day
from mocks.erezept.errors import Refused
from mocks.erezept.official_profiles import OfficialProfiles
from mocks.erezept.receipt import ReceiptSigner
from mocks.erezept.records import Records
from mocks.erezept.state import Resource, Task
from pruefstand.clock import berlin_day
from pruefstand.ids import rezept_id
from pruefstand.mockkit import MockContext
from pruefstand.model.http import Request


@dataclass(slots=True)
class Service:
    """One Fachdienst."""

    ctx: MockContext
    records: Records
    signer: ReceiptSigner
    profiles: OfficialProfiles
    notify: Callable[[str], None] = lambda _: None
    """Tells a recipient that a message waits."""

    def flag(self, name: str) -> bool:
        """Return the operator's switch `name`, off by default."""
        return bool(self.ctx.settings.get(name, False))

    def profile_errors(self, content: bytes) -> list[str]:
        """Return one line per profile error of a document."""
        return self.profiles.errors(content, self.ctx.settings)

    def found(self, prescription_id: str, refusal: str = "not-found") -> Task:
        """Return the task; raises Refused 404 for a bad or unknown id."""
        task = self.known(prescription_id)
        if task is None:
            parse_id(prescription_id)
            raise Refused(refusal)
        return task

    def known(self, prescription_id: str) -> Task | None:
        """Return the task unless it was never there or is deleted by age."""
        task = self.records.tasks.get(prescription_id)
        today = berlin_day(self.ctx.clock.now())
        return None if task is None or today > last_day(task) else task

    def tasks_of(self, kvnr: str) -> list[Task]:
        """Return the tasks of an insured person, oldest first."""
        today = berlin_day(self.ctx.clock.now())
        return [task for task in self.records.tasks.find(kvnr) if today <= last_day(task)]

    def task_url(self, prescription_id: str) -> str:
        """Return the absolute address of a task."""
        return f"{self.ctx.base_url}/Task/{prescription_id}"


@dataclass(frozen=True, slots=True)
class Call:
    """An inner request that has passed token, rate limit and role."""

    request: Request
    caller: Caller
    operation: str

    @property
    def access_code(self) -> str | None:
        """The AccessCode; the query wins over the header."""
        return self.request.query.get("ac", self.request.header("X-AccessCode"))

    @property
    def secret(self) -> str | None:
        """The Secret of a pharmacy."""
        return self.request.query.get("secret")


@dataclass(frozen=True, slots=True)
class Answer:
    """A handler's result: the body as a resource, and what the web layer is told."""

    status: int
    resource: Resource | None = None
    headers: tuple[tuple[str, str], ...] = ()
    flow_type: int | None = None
    prescription_id: str | None = None
    insured: str | None = None
    """Whose audit trail tells of the call."""


def parse_id(text: str) -> rezept_id.RezeptId:
    """Return the parts of a path id; raises Refused 404."""
    try:
        return rezept_id.parse(text)
    except ValueError:
        raise Refused("path-id") from None


def same(given: str | None, stored: str | None) -> bool:
    """Compare two codes without telling by time where they differ."""
    if not given or not stored:
        return False
    return hmac.compare_digest(given.encode(), stored.encode())


def check_access_code(call: Call, task: Task) -> None:
    """Refuse a foreign AccessCode; raises Refused 403."""
    if not same(call.access_code, task.access_code):
        raise Refused("access-code")
