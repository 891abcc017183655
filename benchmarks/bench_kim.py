"""KIM: the S/MIME chain against its crypto floor, and a mailbox with 100,000 mails."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mocks.kim_fachdienst import app
from mocks.kim_fachdienst.pop3_service import open_maildrop
from mocks.kim_fachdienst.state import MailService
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.smime_kim import Recipient, Sealed, seal, unseal, verify
from pruefstand.mockkit import MockContext
from pruefstand.mockkit.conversation import Peer
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MAILS = 100_000
MAIL = b"From: a@x.kim.telematik-test\r\nSubject: x\r\n\r\n" + b"Zeile mit Inhalt\r\n" * 40
ROUNDS = 200


def per_second(work: Callable[[], object]) -> float:
    """Return how often `work` runs in a second (median of five)."""
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(ROUNDS // 5):
            work()
        rates.append(ROUNDS / 5 / (time.perf_counter() - start))
    return statistics.median(rates)


def chain() -> None:
    """Compare sealing and opening with the signatures and key agreements inside."""
    pki = Pki("bench", VirtualClock(NOW))
    sender, receiver = pki.smcb("A"), pki.smcb("B")
    recipients = [
        Recipient("a@x.kim.telematik-test", sender.enc.der),
        Recipient("b@x.kim.telematik-test", receiver.enc.der),
    ]
    scheme = ec.ECDSA(hashes.SHA256())
    signature = sender.osig.key.sign(MAIL, scheme)
    public = sender.osig.key.public_key()

    def sealed() -> bytes:
        return seal(MAIL, signer=sender.osig, recipients=recipients, at=NOW)

    def opened(octets: bytes = sealed()) -> None:
        message = Sealed.parse(octets)
        verify(unseal(message, receiver.enc), unprotected=message.recipients)

    def sealing_floor() -> None:
        sender.osig.key.sign(MAIL, scheme)
        for card in (sender, receiver):
            one_time = ec.generate_private_key(ec.BrainpoolP256R1())
            one_time.exchange(ec.ECDH(), card.enc.key.public_key())

    def opening_floor() -> None:
        receiver.enc.key.exchange(ec.ECDH(), sender.enc.key.public_key())
        public.verify(signature, MAIL, scheme)

    for name, work, floor in (
        ("seal (sign, wrap, encrypt for two)", sealed, sealing_floor),
        ("open (decrypt, verify)", opened, opening_floor),
    ):
        rate, ideal = per_second(work), per_second(floor)
        print(f"{name}: {rate:.0f}/s, {rate / ideal:.2f} of the crypto floor ({ideal:.0f}/s)")


def mailbox() -> None:
    """Time LIST and UIDL over a full mailbox and measure what it holds."""
    clock = VirtualClock(NOW)
    ctx = MockContext(clock, Rng("bench"), Pki("bench", clock))
    app(ctx)
    service = MailService.from_context(ctx)
    one = participant(ctx.pki, "nachbar")
    account = service.account(one.addresses[0])
    assert account is not None
    tracemalloc.start()
    for number in range(MAILS):
        service.put(account, MAIL + str(number).encode())
    held = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    maildrop = open_maildrop(service, Peer(tls=True), one.addresses[0], one.password)
    for command in ("LIST", "UIDL"):
        times = []
        for _ in range(5):
            start = time.process_time()
            size = len(maildrop.command(command, ()).to_bytes())
            times.append(time.process_time() - start)
        median = statistics.median(times) * 1000
        print(f"{command} of {MAILS} mails: {median:.0f} ms CPU, {size} octets (goal 200 ms)")
    print(f"mailbox of {MAILS} mails of {len(MAIL)} octets: {held:.0f} MiB (goal 300 MB)")


if __name__ == "__main__":
    chain()
    mailbox()
