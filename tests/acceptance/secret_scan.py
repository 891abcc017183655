"""Looks for planted secrets in every file of a pack, in every form somebody might read.

Deliberately independent of the redaction it checks: other parsers, other ways to find encodings.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pypdf import PdfReader

DEPTH = 4
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_SEPARATORS = re.compile(rb"[/_+-]")
_BREAKS = re.compile(rb"\r?\n|\\r?\\n|&#1[03];|&#x[aAdD];")


@dataclass(frozen=True)
class Hit:
    """A secret that was found: in which file, read how."""

    file: str
    form: str
    secret: bytes


def scan(folder: Path, secrets: Iterable[bytes]) -> list[Hit]:
    """Return where the files below `folder` show one of `secrets`."""
    wanted = tuple(secrets)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        hit
        for path in paths
        for hit in scan_content(path.relative_to(folder).as_posix(), path.read_bytes(), wanted)
    ]


def scan_content(name: str, content: bytes, secrets: tuple[bytes, ...]) -> list[Hit]:
    """Return what one file shows, its name included."""
    hits = [Hit(name, "Name", secret) for secret in secrets if shows(name.encode(), secret)]
    seen: set[bytes] = set()
    for form, data in chain(documents(content), forms(content)):
        if data not in seen:
            seen.add(data)
            hits += [Hit(name, form, secret) for secret in secrets if shows(data, secret)]
    return hits


def documents(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a reader of PDF or of a workbook sees; a file that cannot be read is an error."""
    if content[:5] == b"%PDF-":
        pages = PdfReader(io.BytesIO(content)).pages
        yield from forms("\n".join(page.extract_text() for page in pages).encode(), "PDF")
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from forms(archive.read(name), f"ZIP {name}")


def shows(data: bytes, secret: bytes) -> bool:
    """Tell whether `secret` is in `data`; a short word counts when it stands alone."""
    if len(secret) >= 5:
        return secret in data
    return re.search(rb"[\s\"'>,;]" + re.escape(secret) + rb"[\s\"'<,;]", data) is not None


def forms(content: bytes, form: str = "roh", depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield `content` and everything it is an encoding of, as far as `DEPTH` goes."""
    yield form, content
    if depth >= DEPTH:
        return
    for name, data in opened(content):
        yield from forms(data, f"{form} → {name}", depth + 1)


def opened(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what `content` holds in another encoding."""
    if content[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):
            # A stream with something behind it is read to its own end.
            yield "gzip", zlib.decompressobj(wbits=31).decompress(content)
    if b"%" in content and (plain := unquote_to_bytes(content)) != content:
        yield "Prozent", plain
    if b"\\u" in content:
        yield (
            "JSON",
            re.sub(
                rb"\\u([0-9a-fA-F]{4})",
                lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"),
                content,
            ),
        )
    if content.count(b"\0") * 3 > len(content):
        yield "UTF-16", content.replace(b"\0", b"")
    yield "Base64", b"\n".join(decoded_runs(content))


def decoded_runs(content: bytes) -> Iterator[bytes]:
    """Yield what runs of base64, base64url or hex letters decode to, at each alignment."""
    for run in set(_RUN.findall(_BREAKS.sub(b"", content)) + _RUN.findall(content)):
        for part in {run, *_SEPARATORS.split(run)}:
            if len(part) >= 8:
                yield from _decoded(part)


def _decoded(run: bytes) -> Iterator[bytes]:
    if len(run) % 2 == 0:
        with suppress(ValueError):
            yield bytes.fromhex(run.decode())
    standard = run.replace(b"-", b"+").replace(b"_", b"/")
    for shift in range(4 if len(run) < 5000 else 1):
        piece = standard[shift:]
        try:
            data = base64.b64decode(piece + b"=" * (-len(piece) % 4))
        except binascii.Error:  # one letter too many
            data = base64.b64decode(piece[:-1])
        yield data
        if data[:2] == b"\x1f\x8b":
            yield from (inner for _, inner in opened(data))
