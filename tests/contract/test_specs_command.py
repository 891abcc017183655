"""`pruefstand specs`: official packages from a publisher, checked, resumed, refused."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest
from typer.testing import CliRunner

from pruefstand.cli.specs import app
from pruefstand.errors import ConfigurationError, EnvironmentProblem, ExitCode
from pruefstand.fhir.packages import pins
from pruefstand.fhir.packages.sets import BASE, SETS
from pruefstand.transport import download as downloads
from pruefstand.transport.download import download
from tests.contract.fhir_examples import specs
from tests.unit.test_fhir_packages import package, structure

RUN = CliRunner()
NAME = "example-1.0.0"


class Publisher:
    """Serves one content on loopback; notes the ranges it is asked for."""

    def __init__(self, content: bytes, *, status: int = 200, ranges: bool = True) -> None:
        self.content, self.status, self.ranges = content, status, ranges
        self.asked: list[str | None] = []
        self.url = ""


@contextmanager
def serving(publisher: Publisher) -> Iterator[Publisher]:
    """Run a publisher on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            publisher.asked.append(wanted)
            start = int(wanted.removeprefix("bytes=")[:-1]) if wanted and publisher.ranges else 0
            past_end = start >= len(publisher.content) > 0
            body = b"" if past_end else publisher.content[start:]
            self.send_response(416 if past_end else 206 if start else publisher.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    publisher.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return a package that is pinned, with an empty folder to install into."""
    data = package(tmp_path / "source.tgz", structure("urn:a")).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    monkeypatch.setattr(pins, "SHA256", MappingProxyType({NAME: digest}))
    monkeypatch.setattr("pruefstand.cli.specs.SHA256", pins.SHA256)
    monkeypatch.setenv("PRUEFSTAND_SPECS", str(tmp_path / "specs"))
    return data


def target(folder: Path) -> Path:
    return folder / "specs" / "fhir-packages" / f"{NAME}.tgz"


def test_a_package_is_loaded_checked_and_then_present(content: bytes, tmp_path: Path) -> None:
    with serving(Publisher(content)) as publisher:
        first = RUN.invoke(app, ["install", "--mirror", publisher.url])
        second = RUN.invoke(app, ["install", "--mirror", publisher.url])
    assert first.exit_code == second.exit_code == ExitCode.GREEN, first.output
    assert "geladen und geprüft" in first.output
    assert "war schon da" in second.output
    assert publisher.asked == [None]
    assert target(tmp_path).read_bytes() == content
    done = RUN.invoke(app, ["verify"])
    assert (done.exit_code, "vorhanden" in done.output) == (ExitCode.GREEN, True)


def test_other_content_is_not_kept(content: bytes, tmp_path: Path) -> None:
    with serving(Publisher(content + b"x")) as publisher:
        done = RUN.invoke(app, ["install", "--mirror", publisher.url])
    assert done.exit_code == ExitCode.UNDECIDED
    assert "SHA-256" in done.output
    assert list(target(tmp_path).parent.iterdir()) == []


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interrupted_download_goes_on(content: bytes, tmp_path: Path, ranges: bool) -> None:
    part = target(tmp_path).with_name(f"{NAME}.tgz.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(content[:40])
    with serving(Publisher(content, ranges=ranges)) as publisher:
        done = RUN.invoke(app, ["install", "--mirror", publisher.url])
    assert done.exit_code == ExitCode.GREEN, done.output
    assert publisher.asked == ["bytes=40-"]
    assert target(tmp_path).read_bytes() == content
    assert not part.exists()


def test_a_complete_part_is_only_checked(content: bytes, tmp_path: Path) -> None:
    part = target(tmp_path).with_name(f"{NAME}.tgz.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    with serving(Publisher(content)) as publisher:
        done = RUN.invoke(app, ["install", "--mirror", publisher.url])
    assert done.exit_code == ExitCode.GREEN, done.output


def test_a_publisher_that_refuses_or_is_away_is_named(content: bytes, tmp_path: Path) -> None:
    with serving(Publisher(content, status=404)) as publisher:
        done = RUN.invoke(app, ["install", "--mirror", publisher.url])
        assert (done.exit_code, "HTTP-Status 404" in done.output) == (ExitCode.UNDECIDED, True)
    done = RUN.invoke(app, ["install", "--mirror", publisher.url])
    assert (done.exit_code, "nicht erreichbar" in done.output) == (ExitCode.UNDECIDED, True)
    assert not target(tmp_path).exists()


def test_only_https_is_trusted_beyond_loopback(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="https"):
        download("http://example.org/a", tmp_path / "a", sha256=("0",), report=lambda _: None)


def test_a_download_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "LARGEST", 10)
    with serving(Publisher(b"x" * 100)) as publisher, pytest.raises(EnvironmentProblem):
        download(publisher.url, tmp_path / "a", sha256=("0",), report=lambda _: None)


def test_every_package_of_a_set_has_a_source() -> None:
    for name in {BASE, *(name for one in SETS for name in one.names)}:
        address = pins.address_of(name)
        if address is None:
            assert name in pins.BY_HAND or name not in pins.SHA256
        else:
            assert address.startswith("https://")
            assert address.endswith(f"/{name}.tgz")
            assert all(len(digest) == 64 for digest in pins.digests(name))


def test_a_package_to_be_got_by_hand_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUEFSTAND_SPECS", str(tmp_path))
    done = RUN.invoke(app, ["install", BASE])
    assert (done.exit_code, "von Hand" in done.output) == (ExitCode.UNDECIDED, True)
    assert RUN.invoke(app, ["install", "unbekannt-1.0"]).exit_code == ExitCode.UNDECIDED


def test_official_packages_are_those_the_sets_were_made_with() -> None:
    specs()
    done = RUN.invoke(app, ["verify"])
    missing = done.output.count("fehlt")
    assert "andere" not in done.output
    assert done.output.count("vorhanden") == len(pins.SHA256) - missing
    assert missing < len(pins.BY_HAND)
    listed = RUN.invoke(app, ["list"])
    assert "kbv.ita.erp 1.4" in listed.output
