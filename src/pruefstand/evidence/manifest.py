"""The manifest: every file of a run folder with SHA-256 and size, and what the run is bound to.

One file stands in one line, so that `sed` and `sha256sum` read the manifest as well as we do; the
reader accepts only the octets the writer would write, so that both read the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pruefstand.errors import HarnessError, OperatorError
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.evidence.run_folder import RUN
from pruefstand.evidence.signature import sign
from pruefstand.model.case import Json

MANIFEST, SIGNATURE = "manifest.json", "manifest.p7s"
STAMP, STAMP_SIGNATURE = "manifest.tsr", "manifest.tsr.p7s"
UNLISTED = (MANIFEST, SIGNATURE, STAMP, STAMP_SIGNATURE)
"""The files a manifest cannot name: itself, and what is signed over it."""
FORMAT = "pruefstand-manifest-1"
BOUND = ("id", "sut", "profile", "seed", "as_of", "commit", "harness", "redaction", "events")
"""The fields of `run.json` that the manifest repeats."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_HASH = re.compile(r"[0-9a-f]{64}")


class ManifestProblem(ValueError):
    """The text is no manifest of this format."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: `path` relative to the run folder with `/`, `size` in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """`run` repeats `run.json`, `inputs` are the hashes of profile, features and catalogue."""

    run: Json
    inputs: Mapping[str, str]
    files: tuple[FileEntry, ...]


def write_manifest(folder: Path, inputs: Mapping[str, str], operator: OperatorKey) -> Manifest:
    """Write `manifest.json` and `manifest.p7s` over everything else in `folder`; the last act.

    Raises OperatorError when the folder cannot be read or written.
    """
    try:
        for name in UNLISTED:
            (folder / name).unlink(missing_ok=True)
        info = json.loads((folder / RUN).read_bytes())
        files = tuple(read_entry(folder, name) for name in sorted(file_names(folder)))
        manifest = Manifest({field: info.get(field) for field in BOUND}, inputs, files)
        content = render(manifest)
        (folder / MANIFEST).write_bytes(content)
        (folder / SIGNATURE).write_bytes(sign(content, operator))
    except OSError as error:
        raise OperatorError(
            f"{folder}: Manifest nicht schreibbar ({error.strerror})",
            hint="Speicherplatz und Rechte prüfen",
        ) from error
    return manifest


def file_names(folder: Path) -> Iterator[str]:
    """Yield the path of everything below `folder` that is no real folder, links included."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from (f"{entry.name}/{name}" for name in file_names(Path(entry.path)))
            else:
                yield entry.name


def read_entry(folder: Path, name: str) -> FileEntry:
    """Return hash and size of the file `name`; raises HarnessError when it is no plain file."""
    path = folder / name
    if not _NAME.fullmatch(name) or path.is_symlink() or not path.is_file():
        raise HarnessError(f"{path}: erwartet eine gewöhnliche Datei mit einfachem Namen")
    digest, size = digest_of(path)
    return FileEntry(name, digest, size)


def digest_of(path: Path) -> tuple[str, int]:
    """Return SHA-256 in hex and size in bytes of the file at `path`."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def render(manifest: Manifest) -> bytes:
    """Return the manifest as JSON in ASCII, one file in one line."""
    head = {"format": FORMAT, "run": manifest.run, "inputs": dict(manifest.inputs)}
    lines = (
        f'  {{"path": "{file.path}", "sha256": "{file.sha256}", "size": {file.size}}}'
        for file in manifest.files
    )
    opening = json.dumps(head, indent=1).removesuffix("\n}")
    listed = ",\n".join(lines)
    return f'{opening},\n "files": [\n{listed}\n ]\n}}\n'.encode("ascii")


def parse(content: bytes) -> Manifest:
    """Read what `render` wrote; raises ManifestProblem on any other octets."""
    try:
        raw = json.loads(content)
        files = tuple(FileEntry(**entry) for entry in raw["files"])
        manifest = Manifest(raw["run"], raw["inputs"], files)
        _require_plain(manifest)
        same = render(manifest) == content
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestProblem("kein Manifest") from error
    if not same:
        raise ManifestProblem("nicht die Schreibweise des Prüfstands")
    return manifest


def _require_plain(manifest: Manifest) -> None:
    names = [file.path for file in manifest.files]
    plain = all(
        _NAME.fullmatch(file.path) and _HASH.fullmatch(file.sha256) and type(file.size) is int
        for file in manifest.files
    )
    if not plain or names != sorted(set(names)) or not isinstance(manifest.run, dict):
        raise ManifestProblem("unzulässige oder doppelte Einträge")
