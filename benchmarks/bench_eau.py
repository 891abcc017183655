"""eAU: complete deliveries per second, CPU per delivery and part, share of the crypto floor.

A delivery is build, sign, send, relay, fetch, verify, validate, receipt. First the parts, one after
the other in one process, in CPU time. Then as in the field: one process holds practice, Konnektor
and the practice's client module, another one directory, mail service, insurers and their client
module; both work at the same time. Floor: signatures and envelopes of a delivery alone, made and
opened. Wall-clock rates depend on who else uses the machine, CPU time far less;
`deliveries_per_second_of_cpu` is what two cores give when the busier process decides.
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
INSURER = "109500969"
PRACTICE_SIDE = ("konnektor", "kim_clientmodul")
INSURER_SIDE = ("vzd", "kim_fachdienst", "kim_clientmodul", "kasse")
ALL = tuple(dict.fromkeys((*INSURER_SIDE, *PRACTICE_SIDE)))
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


def new_world(roles: tuple[str, ...], elsewhere: Addresses | None = None) -> MockWorld:
    """Return a world of `roles`; the same seed makes the same PKI in every process."""
    settings: dict[str, dict[str, object]] = {role: {} for role in roles}
    return MockWorld(seed=SEED, clock=VirtualClock(NOW), settings=settings, elsewhere=elsewhere)


@contextmanager
def open_desk(world: MockWorld, name: str) -> Iterator[SickNoteDesk]:
    """Yield a practice that is logged in and has sent before."""
    rng = Rng(name)
    member = KimMember(world, participant(world.pki, "praxis"), NULL_RECORDER, world.clock, rng)
    with HttpTransport(NULL_RECORDER, actor="pvs", tls=world.client_tls("CS1")) as transport:
        konnektor = KonnektorClient(transport, world.base_url("konnektor"), CONTEXT)
        desk = SickNoteDesk(konnektor, member, rng)
        desk.certify(*orders(world, "warm", 1))
        desk.send()
        yield desk


def orders(world: MockWorld, name: str, count: int) -> list[SickNoteOrder]:
    """Return notes of today."""
    day = berlin_day(world.clock.now())
    return [sick_note(Rng(name).derive(number), day, iknr=INSURER) for number in range(count)]


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
        with open_desk(world, "teile") as desk:
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


def insure(pipe: Connection, sent: Semaphore, count: int) -> None:
    """Serve directory, mail service and insurers; look after each round, until all is done."""
    with new_world(INSURER_SIDE) as world:
        world.start()
        pipe.send(Places.of(world))
        pipe.recv()
        start, done = time.process_time(), 0
        while done < count and sent.acquire(timeout=WAIT_SECONDS):
            done += world.act("kasse")
        processed_at = stopwatch()
        pipe.recv()
        pipe.send((time.process_time() - start, processed_at))
        pipe.recv()


def deliver(places: Places, pipe: Connection, sent: Semaphore, count: int) -> None:
    """Certify, send and collect in batches, beside the other process."""
    with new_world(PRACTICE_SIDE, places) as world:
        world.start()
        with open_desk(world, "zwei") as desk:
            notes = orders(world, "zwei", count)
            pipe.send("ready")
            pipe.recv()
            start, cpu = stopwatch(), time.process_time()
            for first in range(0, count, BATCH):
                desk.certify(*notes[first : first + BATCH])
                desk.send()
                sent.release()
                desk.collect()
            pipe.send((time.process_time() - cpu, start, stopwatch()))
            pipe.recv()
            assert all(one.status is Status.DELIVERED for one in desk.store.all())


def two_processes(count: int) -> dict[str, float]:
    """Return the rate of both processes together and what each of them spends."""
    context = multiprocessing.get_context("spawn")
    sent = context.Semaphore(0)
    ours, theirs = context.Pipe()
    insurers = context.Process(target=insure, args=(theirs, sent, count + 1))
    insurers.start()
    places: Any = ours.recv()
    near, far = context.Pipe()
    practice = context.Process(target=deliver, args=(places, far, sent, count))
    practice.start()
    near.recv()
    ours.send("go")
    near.send("go")
    practice_cpu, start, sent_at = near.recv()
    ours.send("sent")
    insurer_cpu, processed_at = ours.recv()
    near.send("end")
    practice.join(WAIT_SECONDS)
    ours.send("end")
    insurers.join(WAIT_SECONDS)
    busier = max(practice_cpu, insurer_cpu)
    return {
        "deliveries_per_second": round(count / (max(processed_at, sent_at) - start), 1),
        "deliveries_per_second_of_cpu": round(count / busier, 1),
        "practice_process_cpu_ms": round(1000 * practice_cpu / count, 2),
        "insurer_process_cpu_ms": round(1000 * insurer_cpu / count, 2),
        "cpu_ms": round(1000 * (practice_cpu + insurer_cpu) / count, 2),
    }


def measure(count: int) -> dict[str, object]:
    """Return the parts, the rates and the share of the floor."""
    table, both = parts(count), two_processes(count)
    share = round(table["floor"] / both["cpu_ms"], 3)
    return {"parts_cpu_ms": table, **both, "share_of_floor": share, "goal": GOAL}


if __name__ == "__main__":
    result: Any = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(json.dumps(result, indent=1))
    rate = max(result["deliveries_per_second"], result["deliveries_per_second_of_cpu"])
    sys.exit(0 if rate >= GOAL else 1)
