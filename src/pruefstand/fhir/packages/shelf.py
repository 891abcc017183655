"""One package on disk in compiled form: an index, and definitions read when they are wanted."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

FORMAT = 5
"""Raised whenever the trimmed form changes, so that older files are built anew."""

Json = dict[str, Any]
Place = tuple[int, int]
_MAGIC = b"pruefstand-fhir-%d\n" % FORMAT
_HEAD = len(_MAGIC) + 8


def cache_folder() -> Path:
    """Return the folder for compiled packages (XDG base directory, LOCALAPPDATA on Windows)."""
    root = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(root) if root else Path.home() / ".cache") / "pruefstand" / "fhir"


class Shelf:
    """The definitions of one package, by kind and address."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        if data[: len(_MAGIC)] != _MAGIC:
            raise ValueError("not a compiled package of this version")
        size = int.from_bytes(data[len(_MAGIC) : _HEAD], "big")
        self._index: dict[str, Place] = json.loads(data[_HEAD : _HEAD + size])
        self._data = memoryview(data)[_HEAD + size :]

    def __contains__(self, key: str) -> bool:
        return key in self._index

    def get(self, kind: str, url: str) -> Json | None:
        """Return the trimmed definition of `kind` with the address `url`."""
        place = self._index.get(f"{kind} {url}")
        if place is None:
            return None
        start, length = place
        definition: Json = json.loads(bytes(self._data[start : start + length]))
        return definition

    def urls(self, kind: str) -> list[str]:
        """Return the addresses of all definitions of `kind`."""
        return [key[len(kind) + 1 :] for key in self._index if key.startswith(kind + " ")]


def compiled_bytes(archive: Path) -> bytes:
    """Return the compiled form of a package archive; raises OperatorError."""
    from pruefstand.fhir.packages.archive import resources_in
    from pruefstand.fhir.packages.trim import trimmed

    index: dict[str, Place] = {}
    parts: list[bytes] = []
    position = 0
    for resource in resources_in(archive):
        definition = trimmed(resource)
        if definition is None:
            continue
        text = json.dumps(definition, ensure_ascii=False, separators=(",", ":")).encode()
        index[f"{resource['resourceType']} {definition['url']}"] = (position, len(text))
        parts.append(text)
        position += len(text)
    head = json.dumps(index).encode()
    return b"".join([_MAGIC, len(head).to_bytes(8, "big"), head, *parts])


def shelf_of(archive: Path, cache: Path | None = None) -> Shelf:
    """Return a package, compiled or taken from `cache` by the content hash of the archive."""
    folder = cache or cache_folder()
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    path = folder / f"{digest}.{FORMAT}.shelf"
    try:
        with path.open("rb") as stream:
            # Of a package few definitions are wanted: the rest need not be read.
            return Shelf(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):
        data = compiled_bytes(archive)
    _store(path, data)
    return Shelf(data)


def _store(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
            stream.write(data)
        Path(stream.name).replace(path)
    except OSError:
        # A cache that cannot be written costs time, nothing else.
        return
