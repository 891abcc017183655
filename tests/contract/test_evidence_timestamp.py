"""The optional time stamp: a loopback authority built on `openssl ts`, and what can go wrong."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rich.console import Console

from pruefstand.cli.accept import stamp
from pruefstand.errors import OperatorError
from pruefstand.evidence.timestamp import stamp_manifest
from pruefstand.evidence.verify import verify_run
from pruefstand.transport import timestamp
from pruefstand.transport.protocol import TransportFailure
from pruefstand.transport.timestamp import ask_authority
from tests.acceptance.test_accept_command import accept
from tests.contract.test_evidence_verify import command
from tests.unit.evidence_pack import key, sealed

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")
CONFIG = """
[tsa]
default_tsa = this
[this]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
Answer = Callable[[bytes], bytes]


class Authority:
    """A time stamping authority with a root of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        root_key, self.root = self._certificate("Wurzel", None, None)
        tsa_key, tsa = self._certificate("Zeitstempel", self.root, root_key)
        (folder / "ca.pem").write_bytes(self.pem)
        (folder / "tsa.pem").write_bytes(tsa.public_bytes(Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            tsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        (folder / "serial").write_text("01\n")
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))

    @property
    def pem(self) -> bytes:
        """The root in PEM."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, query: bytes) -> bytes:
        """Return what `openssl ts -reply` says."""
        (self.folder / "query").write_bytes(query)
        arguments = [
            "ts",
            "-reply",
            "-config",
            "openssl.cnf",
            "-queryfile",
            "query",
            "-out",
            "reply",
        ]
        openssl(self.folder, *arguments)
        return (self.folder / "reply").read_bytes()

    def _certificate(
        self, name: str, issuer: x509.Certificate | None, signer: ec.EllipticCurvePrivateKey | None
    ) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        own = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            issuer.subject if issuer else subject, subject, own.public_key(),
            x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=9),
        )  # fmt: skip
        builder = builder.add_extension(x509.BasicConstraints(issuer is None, None), True)
        if issuer is not None:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, True)
        return own, builder.sign(signer or own, SHA256())


def openssl(folder: Path, *arguments: str) -> str:
    program = shutil.which("openssl")
    assert program
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture
def served(authority: Authority) -> Iterator[str]:
    yield from serving(lambda query: (200, "application/timestamp-reply", authority.answer(query)))


def serving(answer: Callable[[bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            status, kind, content = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stamp_is_fetched_stored_and_verified_by_us_and_by_openssl(
    tmp_path: Path, authority: Authority, served: str
) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    before = datetime.now(UTC) - timedelta(seconds=2)
    stamped = stamp_manifest(folder, operator, lambda q: ask_authority(served, q), authority.pem)
    assert stamped.trusted
    assert before <= stamped.at <= datetime.now(UTC) + timedelta(seconds=2)
    result = verify_run(folder, roots=authority.pem)
    assert result.defects == ()
    assert result.stamp == stamped
    assert verify_run(folder).defects == ()
    shutil.copy(authority.folder / "ca.pem", tmp_path / "ca.pem")
    said = openssl(
        folder, "ts", "-verify", "-in", "manifest.tsr", "-data", "manifest.p7s",
        "-CAfile", str(tmp_path / "ca.pem"),
    )  # fmt: skip
    assert "Verification: OK" in said


def test_every_flipped_bit_of_the_stamp_is_found(tmp_path: Path, authority: Authority) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    stamp_manifest(folder, operator, authority.answer)
    for name in ("manifest.tsr", "manifest.tsr.p7s"):
        path = folder / name
        content = path.read_bytes()
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 1 << place % 8
            path.write_bytes(changed)
            assert verify_run(folder).defects, (name, place)
        path.write_bytes(content)
    assert verify_run(folder, roots=authority.pem).defects == ()


def test_a_stamp_of_something_else_or_of_somebody_else_proves_nothing(
    tmp_path: Path, authority: Authority
) -> None:
    operator = key(tmp_path)
    folder, other = sealed(tmp_path / "run", operator), sealed(tmp_path / "other", operator, 2)
    for place in (folder, other):
        stamp_manifest(place, operator, authority.answer)
    stranger = Authority(tmp_path / "stranger")
    (defect,) = verify_run(folder, roots=stranger.pem).defects
    assert "führt nicht zur genannten CA" in defect.seen
    for name in ("manifest.tsr", "manifest.tsr.p7s"):
        shutil.copy(other / name, folder / name)
    (defect,) = verify_run(folder).defects
    assert "gehört zu einer anderen Anfrage" in defect.seen
    (folder / "manifest.tsr.p7s").unlink()
    (defect,) = verify_run(folder).defects
    assert "es fehlt manifest.tsr.p7s" in defect.seen


@pytest.mark.parametrize(
    "answer", [b"", b"\x30\x03\x02\x01\x02", b"x" * 1000, b"\x30\x05\x30\x03\x02\x01\x02"]
)
def test_what_is_no_stamp_is_not_stored(tmp_path: Path, answer: bytes) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    with pytest.raises(OperatorError, match="Zeitstempel"):
        stamp_manifest(folder, operator, lambda _: answer)
    assert not (folder / "manifest.tsr").exists()
    assert verify_run(folder).defects == ()


def test_an_answer_to_another_request_is_refused(tmp_path: Path, authority: Authority) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    answers: list[bytes] = []

    def remember(query: bytes) -> bytes:
        answers.append(authority.answer(query))
        return answers[0]

    stamp_manifest(folder, operator, remember)
    with pytest.raises(OperatorError, match="andere"):
        stamp_manifest(folder, operator, remember)


@pytest.mark.parametrize(
    ("status", "kind", "content", "words"),
    [
        (500, "application/timestamp-reply", b"", "HTTP 500"),
        (200, "text/html", b"<html>", "erwartet application/timestamp-reply"),
        (200, "application/timestamp-reply", b"x" * 2_000_000, "Antwort über"),
    ],
)
def test_a_bad_answer_is_named(status: int, kind: str, content: bytes, words: str) -> None:
    for url in serving(lambda _: (status, kind, content)):
        with pytest.raises(TransportFailure, match=words):
            ask_authority(url, b"query")


def test_a_silent_authority_never_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(TransportFailure, match="ReadTimeout"):
            ask_authority(url, b"query")
    for url in ("http://127.0.0.1:1/", "kein-url", "http://[::/"):
        with pytest.raises(TransportFailure):
            ask_authority(url, b"query")


def test_a_run_is_stamped_and_the_command_says_whether_it_was_checked(
    tmp_path: Path, authority: Authority, served: str
) -> None:
    good = accept(tmp_path / "runs", "--only", "ERP-0003", "--tsa", served)
    assert good.code == 0, good.text
    assert "Zeitstempel: " in good.text
    assert "CN=Zeitstempel" in good.text
    folder = good.run.folder
    root = authority.folder / "ca.pem"
    code, text = command(tmp_path, "verify", folder, "--tsa-ca", root)
    assert (code, "geprüft" in text) == (0, True), text
    code, text = command(tmp_path, "verify", folder)
    assert "nicht geprüft, --tsa-ca fehlt" in text


def test_a_service_out_of_reach_is_a_warning_and_the_run_stays_sealed(tmp_path: Path) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    said = io.StringIO()
    stamp(Console(file=said), folder, operator, "http://127.0.0.1:1/", "")
    stamp(Console(file=said), folder, operator, "http://127.0.0.1:1/", str(tmp_path / "fehlt.pem"))
    assert said.getvalue().count("Ohne Zeitstempel") == 2
    assert "→" in said.getvalue()
    assert verify_run(folder).defects == ()
    assert not (folder / "manifest.tsr").exists()
