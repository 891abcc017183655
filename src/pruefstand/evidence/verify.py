"""Verify a run folder offline: signature, files, event chain, verdicts; every defect is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pruefstand.errors import OperatorError
from pruefstand.evidence.event_log import FIRST, BrokenChain, Event, stream_events
from pruefstand.evidence.inputs import input_hashes
from pruefstand.evidence.manifest import (
    BOUND,
    MANIFEST,
    SIGNATURE,
    STAMP,
    STAMP_SIGNATURE,
    UNLISTED,
    FileEntry,
    Manifest,
    ManifestProblem,
    digest_of,
    file_names,
    parse,
)
from pruefstand.evidence.run_folder import BLOBS, EVENTS, RUN, VERDICTS, case_digest, summary
from pruefstand.evidence.signature import SignatureProblem, Signer
from pruefstand.evidence.signature import verify as verify_signature
from pruefstand.evidence.timestamp import Stamp, StampProblem, read_stamp
from pruefstand.model.case import CaseRecord, Json

_CHANGED = "Der Laufordner wurde verändert; das Original vom Betreiber anfordern"
_UNSIGNED = "Der Lauf ist nicht versiegelt; pruefstand accept erneut ausführen"
_FOREIGN = "Den Fingerabdruck beim Betreiber auf zweitem Weg erfragen"
_OTHER = "Den Stand auschecken, den das Manifest nennt, oder den Lauf wiederholen"
_UNREADABLE = "Leserechte prüfen"
_ODD = "Der Lauf ist in sich widersprüchlich und kein Nachweis"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that does not fit, in words for a person."""

    file: str
    expected: str
    seen: str
    hint: str = _CHANGED

    def __str__(self) -> str:
        return f"{self.file}: erwartet {self.expected}, gefunden {self.seen} → {self.hint}"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result; the evidence stands only when `defects` is empty."""

    defects: tuple[Defect, ...]
    signer: Signer | None
    files: int = 0
    events: int = 0
    stamp: Stamp | None = None


@dataclass(slots=True)
class _Chain:
    """What the event log says once it was read to its end."""

    count: int = 0
    head: str = FIRST
    closings: dict[int, Json] = field(default_factory=dict)


def verify_run(
    folder: Path, *, fingerprint: str = "", roots: bytes = b"", project: Path | None = None
) -> Verification:
    """Return everything that is wrong with the run in `folder`; nothing is written.

    `fingerprint` is the SHA-256 of the certificate one trusts, in hex with or without colons;
    `roots` are certificates in PEM that a time stamp must lead to; `project` is the folder whose
    profile, features and catalogue the run must have been made from.
    Raises OperatorError when `folder` is no folder.
    """
    if not folder.is_dir():
        raise OperatorError(f"{folder}: kein Ordner", hint="einen Laufordner angeben")
    content = _read(folder / MANIFEST)
    if content is None:
        defect = Defect(MANIFEST, "das Verzeichnis aller Dateien", "keine lesbare Datei", _UNSIGNED)
        return Verification((defect,), None)
    signer, defects = _signed(folder, content, fingerprint)
    try:
        manifest = parse(content)
    except ManifestProblem as error:
        defects.append(Defect(MANIFEST, "ein Manifest, wie der Prüfstand es schreibt", str(error)))
        return Verification(tuple(defects), signer)
    stamp = _check_stamp(folder, signer, roots, defects)
    if project is not None:
        defects += _check_inputs(project, manifest)
    defects += _check_files(folder, manifest)
    chain = _Chain()
    defects += _check_chain(folder, manifest, chain)
    defects += _check_binding(folder, manifest, chain)
    defects += _check_verdicts(folder, chain)
    return Verification(tuple(defects), signer, len(manifest.files), chain.count, stamp)


def _signed(folder: Path, content: bytes, fingerprint: str) -> tuple[Signer | None, list[Defect]]:
    signature = _read(folder / SIGNATURE)
    if signature is None:
        seen = "keine lesbare Datei"
        return None, [Defect(SIGNATURE, "die Signatur des Manifests", seen, _UNSIGNED)]
    try:
        signer = verify_signature(content, signature)
    except SignatureProblem as error:
        return None, [Defect(f"{MANIFEST}, {SIGNATURE}", error.expected, error.seen)]
    wanted = fingerprint.replace(":", "").strip().lower()
    if wanted and wanted != signer.fingerprint:
        expected, seen = f"das Zertifikat {wanted}", f"das Zertifikat {signer.fingerprint}"
        return signer, [Defect(SIGNATURE, expected, seen, _FOREIGN)]
    return signer, []


def _check_stamp(
    folder: Path, signer: Signer | None, roots: bytes, defects: list[Defect]
) -> Stamp | None:
    names = {name for name in (STAMP, STAMP_SIGNATURE) if os.path.lexists(folder / name)}
    if not names:
        return None
    answer, proof = _read(folder / STAMP), _read(folder / STAMP_SIGNATURE)
    signature = _read(folder / SIGNATURE)
    if answer is None or proof is None or signature is None:
        missing = ", ".join(sorted({STAMP, STAMP_SIGNATURE} - names)) or "eine lesbare Datei"
        defects.append(Defect(STAMP, f"{STAMP} und {STAMP_SIGNATURE}", f"es fehlt {missing}"))
        return None
    try:
        author = verify_signature(answer, proof)
        if signer is not None and author.fingerprint != signer.fingerprint:
            raise SignatureProblem("den Betreiber des Manifests", "einen anderen")
        return read_stamp(answer, signature, roots)
    except SignatureProblem as error:
        defects.append(Defect(f"{STAMP}, {STAMP_SIGNATURE}", error.expected, error.seen))
    except StampProblem as problem:
        defects.append(Defect(STAMP, "den Zeitstempel dieser Signatur", str(problem)))
    return None


def _check_inputs(project: Path, manifest: Manifest) -> Iterator[Defect]:
    found = input_hashes(project, str(manifest.run.get("profile")))
    for name in sorted({*found, *manifest.inputs}):
        if found.get(name) != manifest.inputs.get(name):
            expected = f"SHA-256 {manifest.inputs.get(name)}"
            yield Defect(f"{project}, {name}", expected, f"SHA-256 {found.get(name)}", _OTHER)


def _check_files(folder: Path, manifest: Manifest) -> Iterator[Defect]:
    try:
        found = set(file_names(folder)) - set(UNLISTED)
    except OSError as error:
        yield Defect(str(error.filename), "ein lesbarer Ordner", str(error.strerror), _UNREADABLE)
        return
    for entry in manifest.files:
        if entry.path in found:
            yield from _check_file(folder, entry)
        else:
            yield Defect(entry.path, f"eine Datei mit {entry.size} Bytes", "keine")
    for name in sorted(found - {entry.path for entry in manifest.files}):
        yield Defect(_printable(name), "keine Datei, das Manifest nennt sie nicht", "eine Datei")


def _check_file(folder: Path, entry: FileEntry) -> Iterator[Defect]:
    path = folder / entry.path
    # Opening a pipe would wait for ever, and a link leads out of the folder.
    if path.is_symlink() or not path.is_file():
        yield Defect(entry.path, "eine gewöhnliche Datei", "eine Verknüpfung oder ein Gerät")
        return
    try:
        digest, size = digest_of(path)
    except OSError as error:
        yield Defect(entry.path, "eine lesbare Datei", str(error.strerror), _UNREADABLE)
        return
    if (digest, size) != (entry.sha256, entry.size):
        expected = f"SHA-256 {entry.sha256} bei {entry.size} Bytes"
        yield Defect(entry.path, expected, f"SHA-256 {digest} bei {size} Bytes")


def _check_chain(folder: Path, manifest: Manifest, chain: _Chain) -> Iterator[Defect]:
    bodies = {entry.path for entry in manifest.files if entry.path.startswith(f"{BLOBS}/")}
    try:
        for event, digest in stream_events(folder / EVENTS):
            chain.count, chain.head = event.seq, digest
            if event.kind == "case":
                chain.closings[event.seq] = event.data
            elif event.kind == "exchange":
                yield from _check_bodies(event, bodies)
    except BrokenChain as error:
        place = f"{EVENTS}, Zeile {error.line}"
        seen = error.message.rpartition(": ")[2]
        yield Defect(place, "eine lückenlose Hash-Kette", seen)
    except OperatorError as error:
        yield Defect(EVENTS, "ein lesbares Ereignisprotokoll", error.message)


def _check_bodies(event: Event, bodies: set[str]) -> Iterator[Defect]:
    for side in ("request", "response"):
        message = event.data.get(side) if isinstance(event.data, dict) else None
        digest = message.get("body") if isinstance(message, dict) else None
        if digest and f"{BLOBS}/sha256/{str(digest)[:2]}/{digest}" not in bodies:
            expected = f"der Nachrichteninhalt {_printable(str(digest))}"
            yield Defect(f"{EVENTS}, Zeile {event.seq}", expected, "kein solcher Inhalt", _ODD)


def _check_binding(folder: Path, manifest: Manifest, chain: _Chain) -> Iterator[Defect]:
    info = _json(folder / RUN)
    if info is None:
        yield Defect(RUN, "ein JSON-Objekt", "etwas anderes")
        return
    for name in BOUND:
        stated, bound = info.get(name), manifest.run.get(name)
        if stated != bound:
            yield Defect(f"{RUN}, {name}", _short(bound), _short(stated))
    seen = {"count": chain.count, "head": chain.head}
    if info.get("events") != seen:
        yield Defect(EVENTS, f"ein Protokoll mit {_short(info.get('events'))}", _short(seen))


def _check_verdicts(folder: Path, chain: _Chain) -> Iterator[Defect]:
    raw = _json(folder / VERDICTS)
    entries = raw.get("cases") if raw else None
    if raw is None or not isinstance(entries, list):
        yield Defect(VERDICTS, "ein JSON-Objekt mit den Fällen", "etwas anderes")
        return
    cases = []
    open_closings = dict(chain.closings)
    for place, entry in enumerate(entries, 1):
        try:
            case = CaseRecord.from_json(entry)
            closing = open_closings.pop(entry["event"], None)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Defect(f"{VERDICTS}, Fall {place}", "ein vollständiger Fall", repr(error))
            continue
        cases.append(case)
        yield from _check_case(case, closing)
    for number in open_closings:
        yield Defect(VERDICTS, f"der Fall aus Ereignis {number}", "kein solcher Fall", _ODD)
    if raw.get("summary") != summary(cases):
        seen = _short(raw.get("summary"))
        yield Defect(f"{VERDICTS}, summary", _short(summary(cases)), seen, _ODD)


def _check_case(case: CaseRecord, closing: Any) -> Iterator[Defect]:
    place = f"{VERDICTS}, Fall {_printable(str(case.id))}"
    if not isinstance(closing, dict):
        yield Defect(place, "ein Ereignis, das den Fall abschließt", "keines", _ODD)
    elif closing.get("sha256") != case_digest(case):
        yield Defect(place, f"SHA-256 {closing.get('sha256')}", f"SHA-256 {case_digest(case)}")
    elif closing.get("verdict") != case.verdict.value:
        yield Defect(place, f"Urteil {closing.get('verdict')}", f"Urteil {case.verdict}", _ODD)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None


def _json(path: Path) -> Json | None:
    load: Callable[[bytes], Any] = json.loads
    try:
        value = load(_read(path) or b"")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)[:200]


def _printable(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()[:200]
