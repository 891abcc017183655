"""What one core of the mock Konnektor answers: SignDocument and GetCards over TLS, keep-alive.

The server runs in a process of its own and tells the processor seconds it has used, so a busy
machine or a slow client does not count. The bare brainpoolP256r1 signature is measured there too.

Run: python benchmarks/bench_konnektor.py [requests per slice]
"""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.clients.konnektor import KonnektorContext
from pruefstand.clients.konnektor.forms import SignatureForm
from pruefstand.clients.konnektor.messages import (
    context,
    get_cards,
    pin_operation,
    sign_document,
)
from pruefstand.clock import VirtualClock
from pruefstand.mockkit.world import MockWorld
from pruefstand.soap.envelope import element, wrap

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
CALLER = KonnektorContext("M1", "CS1", "WP1", "0d3a4b1e-6a0f-4b53-9a59-7a1f7c0f9b11")
DOCUMENT = b'<Bundle xmlns="http://hl7.org/fhir">' + b"x" * 10_000 + b"</Bundle>"
GOALS = {"SignDocument": 1000, "GetCards": 4000}
SHARE_OF_RAW = 0.25
EVENTS, EVENT_GOAL_MS = 100, 100
CONNECTIONS, SLICES, RAW_SIGNATURES = 4, 6, 1500
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def serve() -> None:
    """Serve one Konnektor; answer each line of standard input with processor seconds."""
    with MockWorld(seed="bench", clock=VirtualClock(DAY), settings={"konnektor": {}}) as world:
        world.start()
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as anchor:
            anchor.write(world.tls_ca_pem)
            anchor.flush()
            print(world.servers["konnektor"].port, anchor.name, flush=True)
            key, scheme = world.pki.hba().qes.key, ec.ECDSA(hashes.SHA256())
            for line in sys.stdin:
                if line.startswith("raw"):
                    for _ in range(RAW_SIGNATURES):
                        key.sign(bytes(400), scheme)
                print(time.process_time(), flush=True)


@dataclass(frozen=True)
class Server:
    """The process that serves, and where."""

    process: subprocess.Popen[str]
    port: int
    anchor: str

    def seconds(self, command: str = "now") -> float:
        """Return the processor seconds that the server has used after `command`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def connect(self) -> ssl.SSLSocket:
        """Return a connection that stays."""
        plain = socket.create_connection(("localhost", self.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.create_default_context(cafile=self.anchor)
        return context.wrap_socket(plain, server_hostname="localhost")


@contextmanager
def started() -> Iterator[Server]:
    """Run the server until the block ends."""
    pipe = subprocess.PIPE
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        port, anchor = process.stdout.readline().split()
        yield Server(process, int(port), anchor)
        assert process.stdin is not None
        process.stdin.close()


def http(path: str, body: bytes) -> bytes:
    """Return the request as sent."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def receive(connection: ssl.SSLSocket) -> None:
    """Read one answer; anything but 200 ends the benchmark."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, rest = data.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise SystemExit(f"refused: {head.decode()} {rest[:900].decode()}")
    found = _LENGTH.search(head)
    missing = int(found[1] if found else 0) - len(rest)
    while missing > 0:
        missing -= len(connection.recv(65_536))


def rate(
    server: Server, requests: int, make: Callable[[], bytes], links: list[ssl.SSLSocket]
) -> float:
    """Return the requests that the server answers in one processor second."""
    messages = [make() for _ in range(requests)]
    begin = server.seconds()
    for first in range(0, requests, len(links)):
        batch = messages[first : first + len(links)]
        for link, message in zip(links, batch, strict=False):
            link.sendall(message)
        for link, _ in zip(links, batch, strict=False):
            receive(link)
    return requests / (server.seconds() - begin)


def sign_requests() -> Callable[[], bytes]:
    """Return what makes SignDocument requests, each with a job number of its own."""
    form = SignatureForm("E-Rezept")
    numbers = count(1)
    body = sign_document("SIG", CALLER, "HBA-1", [DOCUMENT], job_number="AAA-000", form=form)
    template = wrap(body)

    def make() -> bytes:
        letters, digits = divmod(next(numbers), 1000)
        name = _LETTERS[letters // 26 % 26] + _LETTERS[letters % 26]
        return http(
            "/ws/SignatureService", template.replace(b"AAA-000", f"B{name}-{digits:03}".encode())
        )

    return make


def event_delays(link: ssl.SSLSocket) -> list[float]:
    """Return the seconds from the call that causes an event to the event at its listener."""
    delays = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wish = element(
            "EVT:Subscription",
            element("EVT:EventTo", f"cetp://127.0.0.1:{listener.getsockname()[1]}"),
            element("EVT:Topic", "CARD/PIN/VERIFY_FINISHED"),
        )
        link.sendall(http("/ws", wrap(element("EVT:Subscribe", context(CALLER), wish))))
        receive(link)
        ask = http("/ws", wrap(pin_operation("VerifyPin", CALLER, "SMC-B-1", "PIN.SMC")))
        for _ in range(EVENTS):
            begin = time.monotonic()
            link.sendall(ask)
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                delays.append(time.monotonic() - begin)
            receive(link)
    return sorted(delays)


def main() -> int:
    """Print rates per core and their share of the bare signature; 1 when a goal is missed."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    listed = http("/ws/EventService", wrap(get_cards(CALLER, None)))
    makers = {"SignDocument": sign_requests(), "GetCards": lambda: listed}
    best = dict.fromkeys((*makers, "raw"), 0.0)
    with started() as server, ExitStack() as stack:
        links = [stack.enter_context(server.connect()) for _ in range(CONNECTIONS)]
        for _ in range(SLICES):
            for name, make in makers.items():
                best[name] = max(best[name], rate(server, requests, make, links))
            begin = server.seconds()
            best["raw"] = max(best["raw"], RAW_SIGNATURES / (server.seconds("raw") - begin))
        delays = event_delays(links[0])
    share = best["SignDocument"] / best["raw"]
    for name, value in best.items():
        print(f"{name:13} {value:8.0f} per second and core")
    print(f"SignDocument / bare signature: {share:.2f}")
    median, worst = delays[len(delays) // 2] * 1000, delays[-1] * 1000
    print(f"event after its cause: median {median:.1f} ms, worst of {EVENTS} {worst:.1f} ms")
    missed = [name for name, goal in GOALS.items() if best[name] < goal]
    missed += ["events"] if median > EVENT_GOAL_MS else []
    missed += ["share"] if share < SHARE_OF_RAW else []
    print(
        "goals missed: " + ", ".join(missed) if missed else f"goals kept: {GOALS}, {SHARE_OF_RAW}"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve()
    else:
        raise SystemExit(main())
