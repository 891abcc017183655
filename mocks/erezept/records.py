"""What the Fachdienst remembers: one table per kind of record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mocks.erezept.audit_entry import AuditEntry
from mocks.erezept.message import Message
from mocks.erezept.state import Resource, Task
from pruefstand.mockkit.store import Store, Table


@dataclass(frozen=True, slots=True)
class Consent:
    """What an insured person agreed to; one per KVNR and category."""

    kvnr: str
    category: str
    resource: Resource


@dataclass(frozen=True, slots=True)
class ChargeItem:
    """The billing of one private prescription; the task's Rezept-ID is its id."""

    prescription_id: str
    kvnr: str
    pharmacy: str
    access_code: str
    entered: datetime
    dispense_item: bytes
    """PKCS#7 of the pharmacy's Abgabedaten."""
    prescription: bytes
    receipt: Resource
    flags: dict[str, bool]
    """Where the insured person has handed it in: insuranceProvider, subsidy, taxOffice."""


@dataclass(frozen=True, slots=True)
class EuPermission:
    """Leave to redeem in another country of the EU; one per KVNR."""

    kvnr: str
    code: str
    ends: datetime
    asked: Resource
    """The parameters of the request."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A pharmacy's or cost bearer's wish to be told of new messages."""

    id: str
    """32 hex digits: the pseudonym used on the WebSocket."""
    telematik_id: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """Refused proofs of presence of one Telematik-ID on one Berlin day."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Records:
    """All tables; `store.atomic` keeps changes of several together."""

    store: Store
    tasks: Table[Task]
    messages: Table[Message]
    audit: Table[AuditEntry]
    consents: Table[Consent]
    charge_items: Table[ChargeItem]
    subscriptions: Table[Subscription]
    failures: Table[Failures]
    eu_permissions: Table[EuPermission]

    @classmethod
    def of(cls, store: Store) -> Records:
        """Return the tables of `store`."""
        return cls(
            store,
            store.table("task", Task, lambda task: (task.kvnr,) if task.kvnr else ()),
            store.table("message", Message, Message.terms),
            store.table("audit", AuditEntry, lambda entry: (entry.insured,)),
            store.table("consent", Consent, lambda consent: (consent.kvnr,)),
            store.table("charge_item", ChargeItem, lambda item: (item.kvnr,)),
            store.table("subscription", Subscription, lambda item: (item.telematik_id,)),
            store.table("failures", Failures, lambda _: ()),
            store.table("eu_permission", EuPermission, lambda _: ()),
        )
