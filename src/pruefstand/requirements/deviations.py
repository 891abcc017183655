"""The register of known deviations: `deviations.toml`, for a catalogue or one campaign.

A deviation never changes a verdict. It says that somebody knows, who, why and until when; after
that day the failure counts fully again, and one that does not occur any more is reported.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from pruefstand.errors import ConfigurationError
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.verdict import Finding, Verdict

FILE = "deviations.toml"
TEXTS = ("id", "requirement", "case", "owner", "reason", "ticket")
NEEDED = ("id", "owner", "reason", "expires")
EXPECTED = "id, owner, reason, expires = JJJJ-MM-TT, dazu requirement oder case; ticket kann fehlen"
_OCCURS = frozenset({Verdict.FAILED, Verdict.HINT})
_NOT_EXECUTED = frozenset({Verdict.NOT_APPLICABLE, Verdict.OPEN, Verdict.UNDECIDED})


class State(StrEnum):
    """What a run says about a registered deviation; the German word is the value."""

    KNOWN = "bekannte Abweichung"
    EXPIRED = "abgelaufene Abweichung"
    GONE = "tritt nicht mehr auf"
    UNSEEN = "nicht geprüft"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry; without `requirement` it covers the whole test case `case`, `expires` included."""

    id: str
    owner: str
    reason: str
    expires: date
    requirement: str = ""
    case: str = ""
    ticket: str = ""

    def concerns(self, case: CaseRecord) -> bool:
        """Say whether `case` is the test case it names, or one of its rows."""
        return not self.case or self.case in (case.id, case.id.partition("#")[0])

    def matches(self, finding: Finding) -> bool:
        """Say whether `finding` is about its requirement."""
        return bool(self.requirement) and finding.requirement == self.requirement


@dataclass(frozen=True, slots=True)
class Accounted:
    """A deviation after a run; `cases` are those in which it occurred."""

    deviation: Deviation
    state: State
    cases: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """Return the entry as `run.json` carries it."""
        entry = self.deviation
        return {
            **{name: getattr(entry, name) for name in TEXTS},
            "expires": entry.expires.isoformat(),
            "state": self.state.value,
            "cases": list(self.cases),
        }

    def __str__(self) -> str:
        entry = self.deviation
        what = " ".join(filter(None, (entry.requirement, entry.case)))
        ticket = f", {entry.ticket}" if entry.ticket else ""
        end = f"bis {entry.expires:%d.%m.%Y}"
        return f"{self.state} {entry.id}: {what}, {end}, {entry.owner}{ticket}: {entry.reason}"


def read_deviations(*paths: Path) -> tuple[Deviation, ...]:
    """Return the entries of the files that exist; raises ConfigurationError with file and entry."""
    found: dict[str, Deviation] = {}
    for path in paths:
        if not path.exists():
            continue
        for deviation in _file(path):
            if deviation.id in found:
                raise ConfigurationError(
                    f"{path}, {deviation.id}: die Kennung steht schon im Register",
                    hint="eine eigene Kennung vergeben",
                )
            found[deviation.id] = deviation
    return tuple(found.values())


def _file(path: Path) -> list[Deviation]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: nicht lesbar ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: kein gültiges TOML ({error})") from error
    entries = raw.pop("deviation", [])
    if raw or not isinstance(entries, list):
        raise ConfigurationError(
            f"{path}: erwartet nur Tabellen [[deviation]], gefunden {', '.join(raw) or 'anderes'}"
        )
    return [_entry(f"{path}, Eintrag {n}", entry) for n, entry in enumerate(entries, 1)]


def _entry(place: str, raw: object) -> Deviation:
    if not isinstance(raw, dict):
        raise _refused(place, "keine Tabelle")
    place = f"{place} ({raw.get('id', 'ohne id')})"
    for name in raw:
        if name not in (*TEXTS, "expires"):
            raise _refused(place, f"unbekannter Schlüssel {name!r}")
    for name in NEEDED:
        if not raw.get(name):
            raise _refused(place, f"{name} fehlt")
    for name in TEXTS:
        if not isinstance(raw.get(name, ""), str):
            raise _refused(place, f"{name} = {raw[name]!r} ist kein Text")
    if type(raw["expires"]) is not date:
        raise _refused(place, f"expires = {raw['expires']!r} ist kein Tag")
    if not raw.get("requirement") and not raw.get("case"):
        raise _refused(place, "weder requirement noch case")
    return Deviation(**raw)


def _refused(place: str, seen: str) -> ConfigurationError:
    return ConfigurationError(f"{place}: {seen}", hint=f"erwartet: {EXPECTED}")


def account(
    deviations: Sequence[Deviation], cases: Sequence[CaseRecord], day: date
) -> tuple[Accounted, ...]:
    """Return what `cases` say on `day` about each deviation, in the order of the register."""
    return tuple(_accounted(deviation, cases, day) for deviation in deviations)


def _accounted(deviation: Deviation, cases: Sequence[CaseRecord], day: date) -> Accounted:
    seen = [case for case in cases if deviation.concerns(case) and _executed(deviation, case)]
    hit = tuple(case.id for case in seen if _occurs(deviation, case))
    if hit:
        expired = deviation.expires < day
        return Accounted(deviation, State.EXPIRED if expired else State.KNOWN, hit)
    return Accounted(deviation, State.GONE if seen else State.UNSEEN)


def _executed(deviation: Deviation, case: CaseRecord) -> bool:
    if not deviation.requirement:
        return case.verdict not in _NOT_EXECUTED
    return any(
        deviation.matches(finding) and finding.verdict not in _NOT_EXECUTED
        for finding in case.findings
    )


def _occurs(deviation: Deviation, case: CaseRecord) -> bool:
    if not deviation.requirement:
        return case.verdict in _OCCURS
    return any(deviation.matches(f) and f.verdict in _OCCURS for f in case.findings)


def excused(case: CaseRecord, accounted: Sequence[Accounted]) -> bool:
    """Say whether everything that failed in `case` is a known deviation, and nothing else did."""
    known = [a.deviation for a in accounted if a.state is State.KNOWN and case.id in a.cases]
    if case.verdict is not Verdict.FAILED or not known:
        return False
    if any(not deviation.requirement for deviation in known):
        return True
    failed = [finding for finding in case.findings if finding.verdict is Verdict.FAILED]
    if not failed or not all(any(d.matches(f) for d in known) for f in failed):
        return False
    # A step may also have broken off for another reason than its checks.
    told = {finding.line for finding in failed}
    errors = [step.error for step in case.steps if step.status == "failed"]
    return all(set(error.splitlines()) <= told for error in errors)
