"""A task: an immutable value; its methods return the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from mocks.erezept.transitions import Status, next_status

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prescription:
    """What $activate keeps of an upload."""

    signed: bytes
    """PKCS#7 with the OCSP response embedded."""
    content: bytes
    digest: bytes
    """messageDigest attribute; the receipt repeats it."""
    kvnr: str
    expiry: date
    accept: date
    mvo_id: str | None = None
    mvo_start: date | None = None


@dataclass(frozen=True, slots=True)
class Dispensed:
    """One handed-over item as stored: a MedicationDispense, and its Medication but for DiGA."""

    dispense: Resource
    medication: Resource | None


@dataclass(frozen=True, slots=True)
class Task:
    """One workflow; the methods return the next value or raise Refused."""

    prescription_id: str
    flow_type: int
    authored_on: datetime
    last_modified: datetime
    access_code: str
    status: Status = Status.DRAFT
    prescription: Prescription | None = None
    secret: str | None = None
    owner: str | None = None
    accepted_at: datetime | None = None
    dispensed: tuple[Dispensed, ...] = ()
    dispensed_at: datetime | None = None
    receipt: Resource | None = None
    closed_at: datetime | None = None
    activated_at: datetime | None = None
    redeemable_abroad: bool = False
    """Whether the insured person lets it be redeemed in another country of the EU."""

    @property
    def kvnr(self) -> str | None:
        """The insured person, known from $activate on."""
        return self.prescription.kvnr if self.prescription else None

    @property
    def status_since(self) -> datetime:
        """When the task came into its state; for the states a pharmacy brings about."""
        return self.closed_at or self.accepted_at or self.last_modified

    def activated(self, prescription: Prescription, at: datetime) -> Task:
        """Return the task as ready to be redeemed."""
        status = next_status("$activate", self.status)
        return replace(
            self, status=status, prescription=prescription, activated_at=at, last_modified=at
        )

    def accepted(self, secret: str, owner: str, at: datetime) -> Task:
        """Return the task as taken by the pharmacy `owner`."""
        return replace(
            self,
            status=next_status("$accept", self.status),
            secret=secret,
            owner=owner,
            accepted_at=at,
            last_modified=at,
        )

    def rejected(self, at: datetime) -> Task:
        """Return the task as redeemable again; what the pharmacy stored is gone."""
        return replace(
            self,
            status=next_status("$reject", self.status),
            secret=None,
            owner=None,
            accepted_at=None,
            dispensed=(),
            dispensed_at=None,
            last_modified=at,
        )

    def dispensing(self, dispensed: tuple[Dispensed, ...], at: datetime) -> Task:
        """Return the task with `dispensed` instead of what was stored before."""
        status = next_status("$dispense", self.status)
        return replace(self, status=status, dispensed=dispensed, dispensed_at=at, last_modified=at)

    def closed(self, receipt: Resource, at: datetime) -> Task:
        """Return the task as receipted."""
        status = next_status("$close", self.status)
        return replace(self, status=status, receipt=receipt, closed_at=at, last_modified=at)

    def closed_abroad(self, at: datetime) -> Task:
        """Return the task as dispensed in another country, without a receipt of this service."""
        status = next_status("$eu-close", self.status)
        return replace(self, status=status, closed_at=at, last_modified=at)

    def cancelled(self, operation: str, at: datetime) -> Task:
        """Return the tombstone: personal data, codes and the prescription are gone (A_19027)."""
        return Task(
            self.prescription_id,
            self.flow_type,
            self.authored_on,
            at,
            access_code="",
            status=next_status(operation, self.status),
        )
