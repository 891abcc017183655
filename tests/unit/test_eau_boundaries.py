"""Every period of the eAU at its edge: one second before, exactly at, one second after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from pruefstand.clients.vzd import KimContact
from pruefstand.clock import BERLIN
from pruefstand.drivers.eau_ablage import MemoryStore
from pruefstand.flows.eau_postausgang import Shipment, Status
from pruefstand.flows.eau_rueckmeldung import overdue, unsent
from pruefstand.flows.eau_storno import StornoRefused, check_storno
from pruefstand.flows.eau_versand import PostRoom, Send, send_waiting
from pruefstand.kim.eau import EauMessage
from pruefstand.kim.eau_deadlines import end_of_working_day
from pruefstand.kim.eau_versions import accepted_on
from pruefstand.rng import Rng
from pruefstand.transport import TransportFailure

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DOCUMENT = "6a1de9ee-51a7-5d5c-8f4e-6f4b2a8f2c10"


def berlin(text: str) -> datetime:
    """Return a German wall-clock time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def shipment(created: datetime, status: Status = Status.QUEUED, **more: object) -> Shipment:
    made = Shipment(
        1, EauMessage.NOTE, DOCUMENT, b"", "Test", "A123456789", ("109500969",), created
    )
    for name, value in {"status": status, **more}.items():
        object.__setattr__(made, name, value)
    return made


def store_of(one: Shipment) -> MemoryStore:
    store = MemoryStore()
    store.put(one)
    return store


@dataclass
class StillClock:
    """A clock that stands until it is moved."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant."""
        return self.instant


@dataclass
class Outage:
    """A way that is down; `tried` are the instants it was tried at."""

    clock: StillClock
    tried: list[datetime] = field(default_factory=list)

    def insurer(self, iknr: str) -> tuple[KimContact, ...]:
        """Return an insurer with an address."""
        return (KimContact("8-01", iknr, (("kasse@x.kim.telematik-test", "1.5"),)),)

    @contextmanager
    def sending(self) -> Iterator[Send]:
        """Fail to open a session."""
        self.tried.append(self.clock.now())
        raise TransportFailure("down", hint="")
        yield lambda _: None

    def room(self, store: MemoryStore) -> PostRoom:
        """Return a post room behind this outage."""
        return PostRoom(store, self.sending, self, "p@x", self.clock, Rng("edge"))


# The year ends, summer time ends and begins in between: 24 hours stay 24 hours.
DAYS = ("2026-11-23T20:00", "2026-12-31T20:00", "2026-10-24T20:00", "2026-03-28T20:00")
EDGES = [(-SECOND, False), (timedelta(), True), (SECOND, True)]


@pytest.mark.parametrize("sent", DAYS)
@pytest.mark.parametrize(("step", "late"), EDGES)
def test_the_warning_comes_after_24_hours(sent: str, step: timedelta, late: bool) -> None:
    moment = berlin(sent)
    store = store_of(shipment(moment, Status.SENT, sent=moment))
    assert bool(overdue(store, moment + 24 * HOUR + step)) is late


@pytest.mark.parametrize("first", DAYS)
@pytest.mark.parametrize(("step", "due"), EDGES)
def test_the_next_attempt_comes_after_four_hours(first: str, step: timedelta, due: bool) -> None:
    clock = StillClock(berlin(first))
    outage = Outage(clock)
    room = outage.room(store_of(shipment(clock.instant)))
    send_waiting(room)
    clock.instant += 4 * HOUR + step
    send_waiting(room)
    assert len(outage.tried) == 1 + due


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("2026-11-23T09:00", "2026-11-27T00:00"),  # Monday: Tuesday, Wednesday, Thursday
        ("2026-11-27T09:00", "2026-12-03T00:00"),  # Friday: the weekend does not count
        ("2026-12-31T10:00", "2027-01-07T00:00"),  # New Year and a weekend
        ("2026-03-27T09:00", "2026-04-02T00:00"),  # summer time begins
        ("2026-10-23T09:00", "2026-10-29T00:00"),  # summer time ends
        ("2026-11-22T23:59:59", "2026-11-26T00:00"),  # a Sunday's last second
        ("2026-11-23T00:00", "2026-11-27T00:00"),
    ],
)
def test_attempts_end_with_the_third_working_day(first: str, end: str) -> None:
    assert end_of_working_day(berlin(first), 3) == berlin(end)
    # An attempt before the end plans the next one only if that is still before the end.
    for lead, status in [
        (4 * HOUR + SECOND, Status.FAILED),
        (4 * HOUR, Status.GIVEN_UP),
        (4 * HOUR - SECOND, Status.GIVEN_UP),
    ]:
        begun = berlin(first)
        clock = StillClock(berlin(end) - lead)
        store = store_of(shipment(begun, Status.FAILED, attempts=(begun,)))
        send_waiting(Outage(clock).room(store))
        assert store.all()[0].status is status


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ("2026-11-23T09:00", "2027-05-19T00:00"),
        ("2026-11-23T00:00", "2027-05-19T00:00"),
        ("2026-11-23T23:59:59", "2027-05-19T00:00"),
        ("2026-07-01T12:00", "2026-12-17T00:00"),
    ],
)
def test_a_storno_ends_with_the_120th_working_day(sent: str, end: str) -> None:
    moment, last = berlin(sent), berlin(end)
    store = store_of(shipment(moment, Status.DELIVERED, sent=moment))
    assert check_storno(store, DOCUMENT, last - SECOND)
    for late in (last, last + SECOND):
        with pytest.raises(StornoRefused, match="120"):
            check_storno(store, DOCUMENT, late)


@pytest.mark.parametrize(
    ("created", "reminded"),
    [
        ("2026-11-23T17:00", "2026-11-25T00:00"),
        ("2026-11-27T17:00", "2026-12-01T00:00"),
        ("2026-12-31T17:00", "2027-01-05T00:00"),
        ("2026-10-23T17:00", "2026-10-27T00:00"),
    ],
)
def test_the_unsent_is_reminded_of_after_a_working_day(created: str, reminded: str) -> None:
    store, edge = store_of(shipment(berlin(created))), berlin(reminded)
    assert unsent(store, edge - SECOND) == []
    for late in (edge, edge + SECOND):
        assert len(unsent(store, late)) == 1


@pytest.mark.parametrize(
    ("sent", "old", "new"),
    [
        ("2026-03-31T23:59:59", True, True),
        ("2026-04-01T00:00", False, True),
        ("2026-04-01T00:00:01", False, True),
    ],
)
def test_the_old_profile_ends_with_march(sent: str, old: bool, new: bool) -> None:
    """Summer time has begun: in UTC the day ends at 22:00."""
    moment = berlin(sent)
    assert moment.astimezone(UTC).hour in (21, 22)
    assert (accepted_on("1.1", moment), accepted_on("1.2", moment)) == (old, new)
