"""One world of insurers for each module of the eAU, and a fresh desk for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.mockkit.world import MockWorld
from tests.contract.eau_world import desk, eau_world


@pytest.fixture(scope="module")
def world() -> Iterator[MockWorld]:
    with eau_world(pruefung="form") as running:
        yield running


@pytest.fixture
def bench(world: MockWorld, request: pytest.FixtureRequest) -> Iterator[SickNoteDesk]:
    """A desk with an empty mailbox; clock, settings and faults are put back afterwards."""
    now = world.clock.now()
    settings = {role: context.settings for role, context in world.contexts.items()}
    with desk(world, request.node.name) as ready:
        yield ready
    world.clock.move_to(now)
    for role, before in settings.items():
        world.contexts[role].settings = before
        world.contexts[role].faults.active.clear()
