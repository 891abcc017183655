"""The register of attestations in a campaign: append-only, one folder per record.

`attestations/0001/` holds the record and its CMS signature. A record is written beside its place
and moved there as a whole: a reader never sees half of one, and of two writers one takes the next
number. Nothing is ever overwritten; a withdrawal is a record too.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pruefstand.errors import OperatorError
from pruefstand.evidence.attestation import Attestation, Binding, Statement, from_bytes, to_bytes
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.evidence.signature import SignatureProblem, sign, verify

RECORD, SIGNATURE = "record.json", "record.p7s"
FIRST = "0" * 64
TRIES = 100
_NUMBER = re.compile(r"\d{4}|[1-9]\d{4,8}")


@dataclass(frozen=True, slots=True)
class RegisterDefect:
    """A place where the register is not what was written; `number` counts from 1."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"Eintrag {self.number:04d}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Register:
    """All records in order; `head` is the SHA-256 of the last one."""

    records: tuple[Attestation, ...] = ()
    defects: tuple[RegisterDefect, ...] = ()
    count: int = 0
    head: str = FIRST
    digests: Mapping[int, str] = field(default_factory=dict)
    """SHA-256 of each record by its number."""

    @property
    def last_defect(self) -> RegisterDefect | None:
        """The last broken place: what is older may have been withdrawn there."""
        return max(self.defects, key=lambda defect: defect.number, default=None)

    def history(self, case: str) -> tuple[Attestation, ...]:
        """Return every record about the test case `case`, the oldest first."""
        return tuple(record for record in self.records if record.statement.case == case)


def read_register(folder: Path, campaign: str, fingerprint: str) -> Register:
    """Read the register in `folder`; a record counts only when the key `fingerprint` signed it."""
    records: list[Attestation] = []
    defects: list[RegisterDefect] = []
    digests: dict[int, str] = {}
    last, head = 0, FIRST
    for number in sorted(int(name) for name in _entries(folder)):
        if number > last + 1:
            defects.append(RegisterDefect(number - 1, f"fehlt, letzter davor ist {last:04d}"))
            head = ""
        content, problem = _read(folder / f"{number:04d}", fingerprint)
        if not problem:
            record, problem = _parsed(content, number, head, campaign)
            records += [record] if record is not None else []
        if problem:
            defects.append(RegisterDefect(number, problem))
        # After a broken record the chain goes on from the octets that lie there.
        last, head = number, hashlib.sha256(content).hexdigest() if content else ""
        digests[number] = head
    return Register(tuple(records), tuple(defects), last, head, digests)


def _entries(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if _NUMBER.fullmatch(path.name)]


def _read(entry: Path, fingerprint: str) -> tuple[bytes, str]:
    try:
        content, signature = (entry / RECORD).read_bytes(), (entry / SIGNATURE).read_bytes()
    except OSError:
        return b"", "fehlt oder ist nicht lesbar"
    try:
        signer = verify(content, signature)
    except SignatureProblem as error:
        return content, f"wurde verändert: {error}"
    if signer.fingerprint != fingerprint:
        return content, f"ist mit einem fremden Schlüssel signiert ({signer.fingerprint[:16]}…)"
    return content, ""


def _parsed(
    content: bytes, number: int, head: str, campaign: str
) -> tuple[Attestation | None, str]:
    try:
        record = from_bytes(content)
    except ValueError as error:
        return None, f"ist {error}"
    if record.binding.campaign != campaign:
        return None, "gehört zu einer anderen Kampagne"
    if record.number != number:
        return None, f"ist eine Kopie von Eintrag {record.number:04d}"
    if record.previous != head and head:
        return None, "folgt auf einen anderen Eintrag, als hier liegt"
    return record, ""


def append(
    folder: Path, statement: Statement, binding: Binding, operator: OperatorKey, now: datetime
) -> Attestation:
    """Sign and write the next record; raises OperatorError when the folder is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(TRIES):
            record = _next(_entries(folder), folder, statement, binding, now)
            if _place(folder, record, operator):
                return record
    except OSError as error:
        raise OperatorError(
            f"{folder}: nicht schreibbar ({error.strerror})", hint="Speicherplatz und Rechte prüfen"
        ) from error
    raise OperatorError(f"{folder}: andere schreiben ohne Ende", hint="später erneut versuchen")


def _next(
    names: Sequence[str], folder: Path, statement: Statement, binding: Binding, now: datetime
) -> Attestation:
    last = max((int(name) for name in names), default=0)
    before = folder / f"{last:04d}" / RECORD
    previous = hashlib.sha256(before.read_bytes()).hexdigest() if before.is_file() else FIRST
    return Attestation(last + 1, previous, now, binding, statement)


def _place(folder: Path, record: Attestation, operator: OperatorKey) -> bool:
    draft = folder / f".{record.number:04d}.{secrets.token_hex(8)}"
    draft.mkdir()
    content = to_bytes(record)
    (draft / RECORD).write_bytes(content)
    (draft / SIGNATURE).write_bytes(sign(content, operator))
    try:
        # A folder is never moved onto one that has something in it: the first writer keeps it.
        draft.rename(folder / f"{record.number:04d}")
    except OSError:
        shutil.rmtree(draft)
        if (folder / f"{record.number:04d}").exists():
            return False
        raise
    return True
