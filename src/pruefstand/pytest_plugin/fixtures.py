"""Fixtures of acceptance runs: profile and mocks per run, actors and recorder per scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.clients.vzd_fhir import DirectorySearch
from pruefstand.clock import BERLIN, SystemClock, VirtualClock, berlin_day
from pruefstand.config.profile import Profile, load_profile
from pruefstand.config.project import project_root
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.careless_earztbrief import CarelessLetterDesk
from pruefstand.drivers.careless_eau import CarelessDesk
from pruefstand.drivers.careless_vzd_fhir import CarelessDirectorySearch
from pruefstand.drivers.earztbrief import LetterDesk
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.eau_profil import by_profile
from pruefstand.drivers.kim import KimMember
from pruefstand.drivers.parties import InsuredPerson, Insurer
from pruefstand.drivers.simulator import CONTEXT, Pharmacy, Practice
from pruefstand.errors import ConfigurationError
from pruefstand.flows.eau_ausstellen import ProblemOf
from pruefstand.mockkit.world import MockWorld
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.pytest_plugin.fault_board import ROUND, FaultBoard
from pruefstand.pytest_plugin.redaction import PKI
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import NULL_RECORDER, Recorder

Operate = Callable[..., object]
"""An operator's hand on a mock: role, method, path, content."""


@pytest.fixture(scope="session")
def profile(pytestconfig: pytest.Config) -> Profile:
    """The profile of the run."""
    return load_profile(pytestconfig.getoption("--pruefstand-profile"), project_root() / "profiles")


@pytest.fixture(scope="session")
def world(pytestconfig: pytest.Config, profile: Profile) -> Iterator[MockWorld]:
    """All mocks of the profile, running."""
    start = virtual_clock(pytestconfig.getoption("--pruefstand-as-of"))
    settings = {role: target.settings for role, target in profile.targets.items()}
    seed = pytestconfig.getoption("--pruefstand-seed")
    with MockWorld(seed=seed, clock=start, settings=settings) as running:
        pytestconfig.stash[PKI] = running.pki
        running.start()
        yield running


def virtual_clock(as_of: str | None) -> VirtualClock:
    """Return a clock at 10:00 Berlin time on `as_of` or today; raises ConfigurationError."""
    if as_of is None:
        return VirtualClock.at_day(berlin_day(SystemClock().now()))
    try:
        return VirtualClock.at_day(date.fromisoformat(as_of))
    except ValueError as error:
        raise ConfigurationError(
            f"--as-of {as_of!r} ist kein Datum", hint="Form JJJJ-MM-TT, zum Beispiel 2027-01-20"
        ) from error


@pytest.fixture
def clock(world: MockWorld) -> Iterator[VirtualClock]:
    """The clock of all mocks; a scenario may move it, afterwards it is put back."""
    before: datetime = world.clock.now().astimezone(BERLIN)
    started = SystemClock().now()
    yield world.clock
    world.clock.move_to(before + (SystemClock().now() - started))


@pytest.fixture
def recorder(clock: VirtualClock) -> Recorder:
    """Everything the actors of this scenario send and receive."""
    return Recorder(clock)


@pytest.fixture
def pki(world: MockWorld) -> Pki:
    """The test PKI that issued every card of the run."""
    return world.pki


@pytest.fixture
def switch_feature(world: MockWorld) -> Iterator[Callable[[str, str, object], None]]:
    """Switch a feature of a mock for this scenario: `switch_feature("erezept", "e_btm", True)`."""
    before = {role: context.settings for role, context in world.contexts.items()}
    yield world.set_flag
    for role, settings in before.items():
        world.contexts[role].settings = settings


@pytest.fixture
def operate(world: MockWorld) -> Iterator[Operate]:
    """Act as an operator of a mock: `operate("konnektor", "POST", "/cards/HBA-1/pull")`.

    Settings and what was done to the mock's devices are put back afterwards.
    """
    before = {role: context.settings for role, context in world.contexts.items()}
    faults = {role: set(context.faults.active) for role, context in world.contexts.items()}
    used: set[str] = set()

    def act(
        role: str, method: str, path: str, content: Mapping[str, object] | None = None
    ) -> object:
        used.add(role)
        return world.operate(role, method, path, content)

    yield act
    for role in used:
        world.contexts[role].settings = before[role]
        world.contexts[role].faults.active.clear()
        world.contexts[role].faults.active.update(faults[role])
        world.operate(role, "POST", "/reset")


@pytest.fixture
def switch_fault(world: MockWorld) -> Iterator[Callable[[str, str], None]]:
    """Switch a fault of a mock on for this scenario: `switch_fault("vzd", "suche_verweigert")`."""
    before = {role: set(context.faults.active) for role, context in world.contexts.items()}
    yield lambda role, name: world.contexts[role].faults.switch(name, True)
    for role, active in before.items():
        world.contexts[role].faults.active = active


@pytest.fixture
def case_rng(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Rng:
    """Randomness of this scenario alone: the order of scenarios does not matter."""
    name = request.node.name
    repeated = pytestconfig.stash.get(ROUND, 0)
    seed = Rng(pytestconfig.getoption("--pruefstand-seed"))
    return seed.derive(name, repeated) if repeated else seed.derive(name)


@pytest.fixture
def check(request: pytest.FixtureRequest) -> CaseLog:
    """Call it with checks: `check(task_becomes_ready)`."""
    from pruefstand.pytest_plugin.plugin import CASE

    log: CaseLog = request.node.stash[CASE]
    return log


@pytest.fixture
def practice(
    world: MockWorld, recorder: Recorder, clock: VirtualClock, faults: FaultBoard
) -> Iterator[Practice]:
    """The built-in PVS with its Konnektor and cards."""
    tls, shown = world.client_tls("CS1"), world.client_fingerprint("CS1")
    with HttpTransport(recorder, actor="pvs", tls=tls, client_sha256=shown) as transport:
        yield Practice(world, transport, clock, faults.of("pvs"))


def _pharmacy(
    world: MockWorld, recorder: Recorder, faults: FaultBoard, name: str, actor: str
) -> Iterator[Pharmacy]:
    card = world.pki.smcb(name, role="apotheke")
    with HttpTransport(recorder, actor=actor, tls=world.client_tls(name)) as transport:
        yield Pharmacy(world, transport, world.clock, card.aut, card.telematik_id, faults.of("avs"))


@pytest.fixture
def pharmacy(
    world: MockWorld, recorder: Recorder, clock: VirtualClock, faults: FaultBoard
) -> Iterator[Pharmacy]:
    """A public pharmacy."""
    yield from _pharmacy(world, recorder, faults, "Apotheke am Markt", "apotheke")


@pytest.fixture
def pharmacy_with_konnektor(
    world: MockWorld, recorder: Recorder, clock: VirtualClock, faults: FaultBoard
) -> Iterator[Pharmacy]:
    """A pharmacy that has signatures verified; it shares the practice's Konnektor and context."""
    card, actor = world.pki.smcb("Apotheke am Markt", role="apotheke"), "apotheke"
    with HttpTransport(recorder, actor=actor, tls=world.client_tls("CS1")) as transport:
        konnektor = KonnektorClient(transport, world.base_url("konnektor"), CONTEXT)
        known = faults.of("avs")
        yield Pharmacy(world, transport, clock, card.aut, card.telematik_id, known, konnektor)


@pytest.fixture
def second_pharmacy(
    world: MockWorld, recorder: Recorder, clock: VirtualClock, faults: FaultBoard
) -> Iterator[Pharmacy]:
    """Another public pharmacy."""
    yield from _pharmacy(world, recorder, faults, "Bären-Apotheke", "apotheke2")


@pytest.fixture
def busy_workplaces(
    world: MockWorld,
    recorder: Recorder,
    clock: VirtualClock,
    faults: FaultBoard,
    case_rng: Rng,
) -> Iterator[tuple[Pharmacy, Pharmacy]]:
    """Two workplaces of a pharmacy: one card, a login each.

    The pharmacy is a new one each time: its card may be blocked without harm to what comes later.
    """
    name = f"Stau-Apotheke {case_rng.derive('busy').token_hex(6)}"
    open_one = contextmanager(_pharmacy)
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(open_one(world, recorder, faults, name, "apotheke"))
            for _ in range(2)
        )
        yield one, other


@pytest.fixture
def busy_pharmacy(busy_workplaces: tuple[Pharmacy, Pharmacy]) -> Pharmacy:
    """A pharmacy whose card may be blocked without harm to what comes later."""
    return busy_workplaces[0]


@pytest.fixture
def app_of(
    world: MockWorld, recorder: Recorder, clock: VirtualClock, faults: FaultBoard
) -> Iterator[Callable[[str], InsuredPerson]]:
    """Return the patient app of a KVNR; its card is issued by the run's PKI."""
    with ExitStack() as stack:

        def opened(kvnr: str) -> InsuredPerson:
            tls = world.client_tls(kvnr)
            transport = stack.enter_context(HttpTransport(recorder, actor="versicherte", tls=tls))
            card = world.pki.egk(kvnr)
            return InsuredPerson(world, transport, clock, card, faults.of("versicherte"))

        yield opened


@pytest.fixture
def insurer(world: MockWorld, recorder: Recorder, clock: VirtualClock) -> Iterator[Insurer]:
    """A Kostenträger."""
    card = world.pki.smcb("Prüfkasse", role="kasse")
    with HttpTransport(recorder, actor="kasse", tls=world.client_tls("Prüfkasse")) as transport:
        yield Insurer(world, transport, clock, card)


@pytest.fixture
def kim(
    world: MockWorld, recorder: Recorder, clock: VirtualClock, case_rng: Rng, faults: FaultBoard
) -> Callable[..., KimMember]:
    """Return members of KIM by their key in `testdata.kim_participants`, one per address."""
    members: dict[str, KimMember] = {}

    def member(key: str, box: int = 0) -> KimMember:
        one = participant(world.pki, key)
        address = one.addresses[box]
        if address not in members:
            rng = case_rng.derive("kim", address)
            # What earlier scenarios left behind is cleared away unrecorded.
            KimMember(world, one, NULL_RECORDER, clock, rng, address=address).empty()
            members[address] = KimMember(
                world,
                one,
                recorder,
                clock,
                rng,
                address=address,
                faults=faults.of("pvs"),
                wait=clock.advance,
            )
        return members[address]

    return member


@pytest.fixture
def fhir_directory(
    world: MockWorld, recorder: Recorder, faults: FaultBoard
) -> Iterator[DirectorySearch]:
    """The directory's FHIR search as the practice uses it; any credential gets its token."""
    with HttpTransport(recorder, actor="praxis", tls=world.client_tls("CS1")) as transport:
        place = world.base_url("vzd")
        yield CarelessDirectorySearch(transport, place, "praxis", faults.of("pvs"))


@pytest.fixture(scope="session")
def problem_of(world: MockWorld) -> ProblemOf:
    """What the practice looks at sick notes with; the definitions are read once."""
    return by_profile(world.clock)


@pytest.fixture
def eau(
    world: MockWorld,
    practice: Practice,
    kim: Callable[..., KimMember],
    case_rng: Rng,
    clock: VirtualClock,
    faults: FaultBoard,
    problem_of: ProblemOf,
) -> SickNoteDesk:
    """The practice's desk for sick notes; no insurer has anything left to look at."""
    world.act("kasse")
    return CarelessDesk(
        practice.konnektor,
        kim("praxis"),
        case_rng.derive("eau"),
        wait=clock.advance,
        faults=faults.of("pvs"),
        problem_of=problem_of,
    )


@pytest.fixture
def letters(
    practice: Practice, kim: Callable[..., KimMember], case_rng: Rng, faults: FaultBoard
) -> LetterDesk:
    """The practice's desk for letters to colleagues."""
    rng = case_rng.derive("earztbrief")
    return CarelessLetterDesk(practice.konnektor, kim("praxis"), rng, faults=faults.of("pvs"))


@pytest.fixture
def insurers_look(world: MockWorld) -> Callable[[], int]:
    """Let all insurers look into their mailboxes, as their timers would."""
    return lambda: world.act("kasse")


@pytest.fixture
def verordnungsdatei(request: pytest.FixtureRequest) -> Path:
    """The file of this run of the file scenario."""
    return Path(request.param)
