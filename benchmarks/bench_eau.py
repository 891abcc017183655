"""eAU: complete deliveries per second, CPU per delivery and part, share of the crypto floor.

A delivery is build, sign, send, relay, fetch, verify, validate, receipt. First the parts, one after
the other in one process, in CPU time. Then as in the field, in processes that work at the same
time: two practices, each with Konnektor and client module; directory and mail service; two insurers
with a client module each. Floor: signatures and envelopes of a delivery alone, made and opened.
Wall-clock rates depend on who else uses the machine, CPU time far less;
`deliveries_per_second_of_cpu` is what two cores give that do nothing else.
    PRUEFSTAND_SPECS=… python benchmarks/bench_eau.py [count]
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from typing import Any

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.clock import VirtualClock, berlin_day, stopwatch
from pruefstand.crypto.cms_qes import QesSigner, verify
from pruefstand.crypto.smime_kim import Recipient, Sealed, seal, unseal
from pruefstand.crypto.smime_kim import verify as verify_mail
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.kim import KimMember
from pruefstand.drivers.simulator import CONTEXT
from pruefstand.fhir.validation import Validator
from pruefstand.flows.eau_postausgang import Status
from pruefstand.flows.eau_versand import mail_for
from pruefstand.mockkit.world import Addresses, MockWorld
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.testdata.sick_notes import SickNoteOrder, sick_note
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import NULL_RECORDER

SEED = 5
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
INSURERS = {"kasse": "109500969", "kasse2": "107777776"}
"""Participant → IK."""
PRACTICES = ("praxis", "nachbar")
PRACTICE_SIDE = ("konnektor", "kim_clientmodul")
SERVICES = ("vzd", "kim_fachdienst")
INSURER_SIDE = ("kim_clientmodul", "kasse")
ALL = tuple(dict.fromkeys((*SERVICES, *INSURER_SIDE, *PRACTICE_SIDE)))
CORES = 2
BATCH = 25
"""Notes of one round: a practice sends what has gathered, an insurer looks after each round."""

WAIT_SECONDS = 120.0
GOAL = 60.0


@dataclass(frozen=True, slots=True)
class Places:
    """Ports of the mocks another process serves."""

    http: dict[str, str]
    ports: dict[str, int]

    @classmethod
    def of(cls, world: MockWorld) -> Places:
        """Return where the mocks of `world` listen."""
        ports = {
            f"{role}.{name}": port
            for role, served in world.ports.items()
            for name, port in served.ports.items()
        }
        return cls({role: world.base_url(role) for role in world.servers}, ports)

    def base_url(self, role: str) -> str:
        """Return the HTTP address of `role`."""
        return self.http[role]

    def address(self, role: str, listener: str) -> tuple[str, int]:
        """Return host and port of a listener of `role`."""
        return "localhost", self.ports[f"{role}.{listener}"]


def new_world(
    roles: tuple[str, ...], elsewhere: Addresses | None = None, insurers: tuple[str, ...] = ()
) -> MockWorld:
    """Return a world of `roles`; the same seed makes the same PKI in every process."""
    settings: dict[str, dict[str, object]] = {role: {} for role in roles}
    if insurers:
        settings["kasse"] = {"insurers": insurers}
    return MockWorld(seed=SEED, clock=VirtualClock(NOW), settings=settings, elsewhere=elsewhere)


@contextmanager
def open_desk(world: MockWorld, name: str) -> Iterator[SickNoteDesk]:
    """Yield the practice `name`, logged in and with a first note sent."""
    rng = Rng(name)
    member = KimMember(world, participant(world.pki, name), NULL_RECORDER, world.clock, rng)
    with HttpTransport(NULL_RECORDER, actor="pvs", tls=world.client_tls("CS1")) as transport:
        konnektor = KonnektorClient(transport, world.base_url("konnektor"), CONTEXT)
        desk = SickNoteDesk(konnektor, member, rng)
        desk.certify(*orders(world, f"{name} warm", 1))
        desk.send()
        yield desk


def orders(world: MockWorld, name: str, count: int) -> list[SickNoteOrder]:
    """Return notes of today, by turns for each insurer."""
    day, insurers = berlin_day(world.clock.now()), cycle(INSURERS.values())
    return [
        sick_note(Rng(name).derive(number), day, iknr=iknr)
        for number, iknr in zip(range(count), insurers, strict=False)
    ]


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process, all threads, during `work`."""
    start = time.process_time()
    work()
    return time.process_time() - start


def crypto_floor(world: MockWorld, mail: bytes, document: bytes, count: int) -> float:
    """Return the CPU seconds the signatures and envelopes of `count` deliveries take alone."""
    practice, insurer = participant(world.pki, "praxis"), participant(world.pki, "kasse")
    card, signer = QesSigner(world.pki.hba().qes), practice.osig
    assert signer is not None
    to = [
        Recipient(one.addresses[0], certificate)
        for one in (practice, insurer)
        for certificate in one.certificates
    ]

    def once() -> None:
        verify(card.sign(document, at=NOW))
        sealed = Sealed.parse(seal(mail, signer=signer, recipients=to, at=NOW))
        verify_mail(unseal(sealed, insurer.keys[0]), unprotected=sealed.recipients)

    once()
    return cpu_of(lambda: [once() for _ in range(count)])


def parts(count: int) -> dict[str, float]:
    """Return the CPU milliseconds of each part of a delivery, and the floor."""
    with new_world(ALL) as world:
        world.start()
        with open_desk(world, PRACTICES[0]) as desk:
            world.act("kasse")
            desk.collect()
            notes = orders(world, "teile", count)
            spent = {
                "certify": cpu_of(lambda: desk.certify(*notes)),
                "send": cpu_of(desk.send),
                "fetch_verify_validate": cpu_of(lambda: world.act("kasse")),
                "collect_receipts": cpu_of(desk.collect),
            }
            shipments = desk.store.all()
            assert all(one.status is Status.DELIVERED for one in shipments)
            mail = mail_for(desk.room(), shipments[-1]).to_bytes()
            documents = [verify(one.content).content for one in shipments[1:]]
            validator = Validator(clock=world.clock)
            validator.validate(documents[0])
            spent["of_which_validation"] = cpu_of(
                lambda: [validator.validate(document) for document in documents]
            )
            spent["floor"] = crypto_floor(world, mail, shipments[-1].content, count)
    return {name: round(1000 * seconds / count, 2) for name, seconds in spent.items()}


def serve(pipe: Connection) -> None:
    """Serve directory and mail service."""
    with new_world(SERVICES) as world:
        world.start()
        pipe.send(Places.of(world))
        pipe.recv()
        start = time.process_time()
        pipe.recv()
        pipe.send(time.process_time() - start)


def insure(name: str, places: Places, pipe: Connection, sent: Semaphore, count: int) -> None:
    """Serve one insurer; look after each round, until all is done."""
    with new_world(INSURER_SIDE, places, (name,)) as world:
        world.start()
        pipe.send("ready")
        pipe.recv()
        start, done = time.process_time(), 0
        while done < count and sent.acquire(timeout=WAIT_SECONDS):
            done += world.act("kasse")
        processed_at = stopwatch()
        pipe.recv()
        pipe.send((time.process_time() - start, processed_at))
        pipe.recv()


def deliver(name: str, places: Places, pipe: Connection, sent: list[Semaphore], count: int) -> None:
    """Certify, send and collect in batches, beside the other process."""
    with new_world(PRACTICE_SIDE, places) as world:
        world.start()
        with open_desk(world, name) as desk:
            notes = orders(world, name, count)
            pipe.send("ready")
            pipe.recv()
            start, cpu = stopwatch(), time.process_time()
            for first in range(0, count, BATCH):
                desk.certify(*notes[first : first + BATCH])
                desk.send()
                for semaphore in sent:
                    semaphore.release()
                desk.collect()
            pipe.send((time.process_time() - cpu, start, stopwatch()))
            pipe.recv()
            assert all(one.status is Status.DELIVERED for one in desk.store.all())


def together(count: int) -> dict[str, float]:
    """Return the rate of all processes together and what each kind of them spends."""
    context = multiprocessing.get_context("spawn")
    services, far = context.Pipe()
    started = [context.Process(target=serve, args=(far,))]
    started[0].start()
    places: Any = services.recv()
    sent = [context.Semaphore(0) for _ in INSURERS]
    each = count // len(PRACTICES)
    # The first note of a practice goes to the first insurer, before the measured ones.
    shares = [count // len(sent) + len(PRACTICES) * (place == 0) for place in range(len(sent))]
    insurers: list[Connection] = []
    practices: list[Connection] = []
    for name, semaphore, share in zip(INSURERS, sent, shares, strict=True):
        near, far = context.Pipe()
        insurers.append(near)
        started.append(context.Process(target=insure, args=(name, places, far, semaphore, share)))
    for name in PRACTICES:
        near, far = context.Pipe()
        practices.append(near)
        started.append(context.Process(target=deliver, args=(name, places, far, sent, each)))
    for process, pipe in zip(started[1:], (*insurers, *practices), strict=True):
        process.start()
        pipe.recv()
    for pipe in (services, *insurers, *practices):
        pipe.send("go")
    sending = [pipe.recv() for pipe in practices]
    for pipe in insurers:
        pipe.send("sent")
    insuring = [pipe.recv() for pipe in insurers]
    services.send("done")
    spent = {
        "practices": sum(cpu for cpu, _, _ in sending),
        "services": services.recv(),
        "insurers": sum(cpu for cpu, _ in insuring),
    }
    for pipe in (*practices, *insurers):
        pipe.send("end")
    for process in reversed(started):
        process.join(WAIT_SECONDS)
    start = min(start for _, start, _ in sending)
    end = max(end for *_, end in (*sending, *insuring))
    return {
        "deliveries_per_second": round(count / (end - start), 1),
        "deliveries_per_second_of_cpu": round(CORES * count / sum(spent.values()), 1),
        **{f"{name}_cpu_ms": round(1000 * cpu / count, 2) for name, cpu in spent.items()},
        "cpu_ms": round(1000 * sum(spent.values()) / count, 2),
    }


def measure(count: int) -> dict[str, object]:
    """Return the parts, the rates and the share of the floor."""
    table, both = parts(count), together(count)
    share = round(table["floor"] / both["cpu_ms"], 3)
    return {"parts_cpu_ms": table, **both, "share_of_floor": share, "goal": GOAL}


if __name__ == "__main__":
    result: Any = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["deliveries_per_second"] >= GOAL else 1)
