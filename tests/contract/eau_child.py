"""A practice system of its own process, which sends an outbox and may die while doing so."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pruefstand.clients.kim import SentMail
from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.eau_ablage import FolderStore
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.drivers.kim import KimMember
from pruefstand.drivers.simulator import CONTEXT
from pruefstand.errors import PruefstandError
from pruefstand.flows.eau_postausgang import Status
from pruefstand.kim.mail import KimMail
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import NULL_RECORDER

DIED, OUTAGE = 9, 6


class DyingMember(KimMember):
    """Its process ends right after the n-th mail was taken, before anything is written down."""

    left = 0

    @contextmanager
    def sending(self) -> Iterator[Callable[[KimMail], SentMail]]:
        with super().sending() as send:

            def deadly(mail: KimMail) -> SentMail:
                done = send(mail)
                self.left -= 1
                if self.left == 0:
                    os._exit(DIED)
                return done

            yield deadly


def main(endpoints: Path, folder: Path, dies_after: int) -> int:
    there = FileEndpoints.read(endpoints)
    clock = there.clock()
    one = participant(Pki(there.seed, clock), "praxis")
    rng = Rng(f"child/{os.getpid()}")
    member = DyingMember(there, one, NULL_RECORDER, clock, rng)
    member.left = dies_after
    with HttpTransport(NULL_RECORDER, actor="pvs", tls=there.client_tls("CS1")) as transport:
        konnektor = KonnektorClient(transport, there.base_url("konnektor"), CONTEXT)
        desk = SickNoteDesk(konnektor, member, rng, FolderStore(folder))
        try:
            desk.recover()
        except PruefstandError:
            return OUTAGE
        desk.send(at_once=True)
        desk.collect()
        waiting = [one for one in desk.store.all() if one.status is not Status.DELIVERED]
        return OUTAGE if waiting else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
