"""A small world for the eAU's tests: practice, insurers, KIM, directory, Konnektor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.clock import VirtualClock, berlin_day
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.eau_ablage import MemoryStore
from pruefstand.drivers.kim import KimMember
from pruefstand.drivers.simulator import CONTEXT
from pruefstand.flows.eau_postausgang import Store
from pruefstand.mockkit.world import MockWorld
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.testdata.sick_notes import NoteKind, SickNoteOrder, sick_note
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import NULL_RECORDER

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INSURER, OTHER_INSURER = "109500969", "107777776"
ROLES = (
    "konnektor",
    "vzd",
    "kim_fachdienst",
    "kim_clientmodul",
    "kasse",
    "arbeitgeber",
)


@contextmanager
def eau_world(**settings: object) -> Iterator[MockWorld]:
    """Serve the mocks of `ROLES`; `settings` are the insurers'."""
    roles: dict[str, dict[str, object]] = {role: {} for role in ROLES}
    roles["kasse"] = dict(settings)
    with MockWorld(seed=11, clock=VirtualClock(MONDAY), settings=roles) as world:
        world.start()
        yield world


@contextmanager
def desk(world: MockWorld, name: str, store: Store | None = None) -> Iterator[SickNoteDesk]:
    """Return a fresh desk with an empty mailbox."""
    rng = Rng(name)
    member = KimMember(world, participant(world.pki, "praxis"), NULL_RECORDER, world.clock, rng)
    member.empty()
    with HttpTransport(NULL_RECORDER, actor="pvs", tls=world.client_tls("CS1")) as transport:
        konnektor = KonnektorClient(transport, world.base_url("konnektor"), CONTEXT)
        yield SickNoteDesk(konnektor, member, rng, store if store is not None else MemoryStore())


def note(
    world: MockWorld, name: str, *, kind: NoteKind = NoteKind.FIRST, iknr: str = INSURER
) -> SickNoteOrder:
    """Return a note of today."""
    return sick_note(Rng(name), berlin_day(world.clock.now()), kind=kind, iknr=iknr)
