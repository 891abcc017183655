"""Whether a manual test case is confirmed today: the last word of the register, if it still holds.

A standing says only something about cases a person judges. It never touches the verdict of a case
that was executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from pruefstand.clock import berlin_day
from pruefstand.errors import Blame, OperatorError
from pruefstand.evidence.attestation import Attestation, Outcome
from pruefstand.evidence.blobs import BlobStore
from pruefstand.evidence.register import Register
from pruefstand.model.case import CaseRecord
from pruefstand.model.tags import MANUAL
from pruefstand.model.verdict import Verdict

MISSING = "noch nicht bestätigt"
_OUTCOMES = {Outcome.FULFILLED: Verdict.ATTESTED, Outcome.NOT_FULFILLED: Verdict.FAILED}


@dataclass(frozen=True, slots=True)
class Rules:
    """What an attestation must meet; `sut` is name and version, `day` the day of judgement."""

    sut: Mapping[str, str]
    day: date
    second_person: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one manual case; `history` is everything ever stated, the oldest first."""

    verdict: Verdict
    reason: str
    attestation: Attestation | None = None
    history: tuple[Attestation, ...] = ()


def standing(register: Register, case: str, text: str, rules: Rules, blobs: BlobStore) -> Standing:
    """Return where `case` stands, whose item reads `text` today; the last record decides."""
    history = register.history(case)
    last = history[-1] if history else None
    if last is None:
        defect = register.last_defect
        reason = f"{MISSING}; {defect}" if defect else MISSING
        return Standing(Verdict.OPEN, reason)
    reason = _broken(register, last) or _outdated(last, text, rules) or _lost(last, blobs)
    if reason:
        return Standing(Verdict.OPEN, reason, last, history)
    return Standing(_OUTCOMES[last.statement.outcome], sentence(last), last, history)


def _broken(register: Register, last: Attestation) -> str:
    defect = register.last_defect
    if defect is None or defect.number < last.number:
        return ""
    return f"Verzeichnis verändert, {defect}; was davor bestätigt war, zählt nicht mehr"


def _outdated(last: Attestation, text: str, rules: Rules) -> str:
    stated = last.statement
    if stated.outcome is Outcome.WITHDRAWN:
        return f"zurückgezogen von {stated.person.name}: {stated.note}"
    if stated.text != text:
        return "der Wortlaut des Punktes hat sich seit der Bestätigung geändert"
    if dict(last.binding.sut) != dict(rules.sut):
        name, version = (last.binding.sut.get(key, "") for key in ("name", "version"))
        return f"bestätigt wurde {name} {version}".rstrip() + ", geprüft wird ein anderer Stand"
    if stated.valid_until is not None and stated.valid_until < rules.day:
        return f"abgelaufen am {stated.valid_until:%d.%m.%Y}"
    if rules.second_person and stated.second is None:
        return "das Profil verlangt eine zweite Person"
    return ""


def _lost(last: Attestation, blobs: BlobStore) -> str:
    for attachment in last.statement.attachments:
        try:
            blobs.read(attachment.sha256)
        except OperatorError:
            return f"die Anlage {attachment.name} fehlt oder wurde verändert"
    return ""


def sentence(attestation: Attestation) -> str:
    """Return who stated what and when, in one sentence for a report."""
    stated = attestation.statement
    second = f" und {stated.second.name} ({stated.second.role})" if stated.second else ""
    end = f", gültig bis {stated.valid_until:%d.%m.%Y}" if stated.valid_until else ""
    note = f": {stated.note}" if stated.note else ""
    return (
        f"{stated.outcome} laut {stated.person.name} ({stated.person.role}){second} am "
        f"{berlin_day(attestation.created):%d.%m.%Y}{end}, Eintrag {attestation.number:04d}{note}"
    )


def is_manual(case: CaseRecord) -> bool:
    """Say whether a person judges `case`."""
    return MANUAL in case.tags


def judged(case: CaseRecord, found: Standing) -> CaseRecord:
    """Return `case` with the verdict of `found`; what was executed or does not apply stays."""
    if not is_manual(case) or case.verdict not in {Verdict.OPEN, Verdict.ATTESTED, Verdict.FAILED}:
        return case
    failed = found.verdict is Verdict.FAILED
    return replace(
        case,
        verdict=found.verdict,
        message=found.reason,
        hint="pruefstand attest" if found.verdict is Verdict.OPEN else "",
        blame=Blame.SUT.value if failed else "",
    )
