"""NPM-style FHIR packages: read definitions out of a .tgz without unpacking it to disk."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pruefstand.errors import OperatorError

LARGEST_MEMBER = 64 * 1024 * 1024
LARGEST_ARCHIVE = 512 * 1024 * 1024
MOST_MEMBERS = 50_000
BASE_FOLDER = "package/dist/fhir/r4/"
_BASE_FILES = frozenset(
    [
        "profiles-types.json",
        "profiles-resources.json",
        "profiles-others.json",
        "extension-definitions.json",
        "valuesets.json",
        "v3-codesystems.json",
        "v2-tables.json",
    ]
)
_SKIPPED = frozenset({"package.json", ".index.json"})

Json = dict[str, Any]


def resources_in(archive: Path) -> Iterator[Json]:
    """Yield every resource of a package; raises OperatorError when it cannot be trusted."""
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for name, data in _documents(tar, archive):
                yield from _resources(name, data)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise OperatorError(f"{archive.name}: kein lesbares FHIR-Paket ({error})") from None


def _documents(tar: tarfile.TarFile, archive: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    for count, member in enumerate(tar):
        total += max(member.size, 0)
        if count > MOST_MEMBERS or total > LARGEST_ARCHIVE or member.size > LARGEST_MEMBER:
            raise OperatorError(f"{archive.name}: Paket ist größer als erlaubt")
        if not member.isfile() or not _wanted(member.name):
            continue
        stream = tar.extractfile(member)
        if stream is not None:
            yield member.name, stream.read(LARGEST_MEMBER)


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    if path.suffix != ".json" or path.is_absolute() or ".." in path.parts:
        return False
    if name.startswith(BASE_FOLDER):
        return path.name in _BASE_FILES
    # Examples and package metadata define nothing.
    return path.parts[0] == "package" and "example" not in name and path.name not in _SKIPPED


def _resources(name: str, data: bytes) -> Iterator[Json]:
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    if not isinstance(content, dict):
        return
    if name.startswith(BASE_FOLDER):
        yield from (e["resource"] for e in content.get("entry", ()) if "resource" in e)
    else:
        yield content
