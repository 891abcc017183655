"""Complete eAU deliveries: build, sign, send, relay, fetch, verify, validate, in one process.

Prints the share of each part and of the cryptographic floor, all measured in the same run.
    PRUEFSTAND_SPECS=… python benchmarks/bench_eau.py [count]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.clock import VirtualClock, berlin_day
from pruefstand.crypto.cms_qes import QesSigner, verify
from pruefstand.crypto.smime_kim import Recipient, Sealed, seal, unseal
from pruefstand.crypto.smime_kim import verify as verify_mail
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.kim import KimMember
from pruefstand.drivers.simulator import CONTEXT
from pruefstand.flows.eau_postausgang import Status
from pruefstand.flows.eau_versand import mail_for
from pruefstand.mockkit.world import MockWorld
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.testdata.sick_notes import sick_note
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import NULL_RECORDER

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ROLES = ("konnektor", "vzd", "kim_fachdienst", "kim_clientmodul", "kasse")


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def crypto_floor(world: MockWorld, mail: bytes, document: bytes, count: int) -> float:
    """Return the seconds the signatures and envelopes of `count` deliveries take alone."""
    practice, insurer = participant(world.pki, "praxis"), participant(world.pki, "kasse")
    card, signer = QesSigner(world.pki.hba().qes), practice.osig
    assert signer is not None
    to = [
        Recipient(one.addresses[0], certificate)
        for one in (practice, insurer)
        for certificate in one.certificates
    ]
    start = time.perf_counter()
    for _ in range(count):
        verify(card.sign(document, at=NOW))
        sealed = Sealed.parse(seal(mail, signer=signer, recipients=to, at=NOW))
        verify_mail(unseal(sealed, insurer.keys[0]), unprotected=sealed.recipients)
    return time.perf_counter() - start


def main(count: int) -> None:
    settings: dict[str, dict[str, object]] = {role: {} for role in ROLES}
    with MockWorld(seed=5, clock=VirtualClock(NOW), settings=settings) as world:
        world.start()
        rng = Rng("bench")
        member = KimMember(world, participant(world.pki, "praxis"), NULL_RECORDER, world.clock, rng)
        with HttpTransport(NULL_RECORDER, actor="pvs", tls=world.client_tls("CS1")) as transport:
            konnektor = KonnektorClient(transport, world.base_url("konnektor"), CONTEXT)
            desk = SickNoteDesk(konnektor, member, rng)
            day = berlin_day(world.clock.now())
            desk.certify(sick_note(rng.derive("warm"), day, iknr="109500969"))
            desk.send()
            world.act("kasse")
            desk.collect()
            orders = [
                sick_note(rng.derive("order", number), day, iknr="109500969")
                for number in range(count)
            ]
            parts = {
                "ausstellen und signieren": timed(lambda: desk.certify(*orders)),
                "senden und zustellen": timed(desk.send),
                "abrufen, prüfen, validieren": timed(lambda: world.act("kasse")),
                "Bestätigungen zuordnen": timed(desk.collect),
            }
            shipments = desk.store.all()
            good = sum(one.status is Status.DELIVERED for one in shipments)
            mail = mail_for(desk.room(), shipments[-1]).to_bytes()
            floor = crypto_floor(world, mail, shipments[-1].content, count)
    total = sum(parts.values())
    for name, seconds in parts.items():
        print(f"{name:32} {1000 * seconds / count:7.2f} ms  {seconds / total:6.1%}")
    print(f"zugestellt {good - 1} von {count}")
    print(f"Ketten je Sekunde {count / total:.1f}, Krypto-Boden {floor / total:.1%} der Zeit")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
