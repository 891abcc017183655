"""gematik's reference validator as a second opinion: a process of its own, and where it differs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pruefstand.errors import EnvironmentProblem
from pruefstand.fhir.validation.findings import Result

TIMEOUT_SECONDS = 120.0
_REFUSING = frozenset({"error", "fatal"})
_RULE = re.compile(r"-(?:erp|eau|for|evdga)-[\w\-]*\w|workflow-[\w\-]*\w")
_ASIDE = re.compile(r"/\*.*?\*/|\.ofType\([^)]*\)|\[[^\]]*\]|:[^.]+|\{[^}]*\}")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the other validator says: its verdict, its errors as text and as place."""

    valid: bool
    errors: tuple[str, ...]
    places: frozenset[str]

    @property
    def rules(self) -> frozenset[str]:
        """Return the names of rules among the errors."""
        return frozenset(rule for text in self.errors for rule in _RULE.findall(text))


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two differ on one document: verdicts, and what only one of them names."""

    ours: bool
    theirs: bool
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]

    def __bool__(self) -> bool:
        """Return whether they differ at all."""
        return self.ours != self.theirs or bool(self.only_ours or self.only_theirs)


class ReferenceValidator:
    """Runs `java -jar JAR MODULE FILE --output …`; `java` is looked for on the PATH."""

    def __init__(
        self, jar: Path, *, java: str | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        found = java or shutil.which("java")
        if found is None:
            raise EnvironmentProblem(
                "kein Java gefunden: die Zweitmeinung ist nicht entscheidbar",
                hint="eine Java-Laufzeit ab Version 11 installieren",
            )
        if not jar.is_file():
            raise EnvironmentProblem(f"{jar}: keine Datei", hint="Pfad des Archivs prüfen")
        self._command = [found, "-jar", str(jar)]
        self._timeout = timeout

    def opinion(self, file: Path, module: str) -> Opinion:
        """Return what the reference validator says of `file`; raises EnvironmentProblem."""
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "outcome.json"
            said = self._run([*self._command, module, str(file), "--output", str(output)])
            try:
                outcome = json.loads(output.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise EnvironmentProblem(
                    f"{file}: der Referenzvalidator nennt kein Ergebnis: {said or '–'}",
                    hint="den Aufruf von Hand wiederholen",
                ) from None
        return _opinion(list(_issues(outcome)))

    def _run(self, command: list[str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the operator names the program
                command, capture_output=True, timeout=self._timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise EnvironmentProblem(
                f"der Referenzvalidator antwortet nicht in {self._timeout:g} s",
                hint="mit weniger Dateien wiederholen",
            ) from None
        except OSError as error:
            raise EnvironmentProblem(f"{command[0]}: {error.strerror}") from None
        text = (done.stderr or done.stdout).decode("utf-8", "replace")
        return f"Ende mit {done.returncode}, {' '.join(text.split())[-200:]}"


def _issues(outcome: Any) -> Iterator[Json]:
    """Yield the issues of an OperationOutcome, or of all in a Bundle."""
    if not isinstance(outcome, dict):
        return
    for entry in outcome.get("entry", ()):
        yield from _issues(entry.get("resource"))
    yield from (issue for issue in outcome.get("issue", ()) if isinstance(issue, dict))


def _opinion(issues: list[Json]) -> Opinion:
    errors = [issue for issue in issues if issue.get("severity") in _REFUSING]
    texts = tuple(
        " ".join(
            str(part) for part in (i.get("details", {}).get("text"), i.get("diagnostics")) if part
        )
        for i in errors
    )
    places = frozenset(
        _plain(str(place))
        for issue in errors
        for place in (*issue.get("expression", ()), *issue.get("location", ()))
    )
    return Opinion(not errors, texts, places)


def _plain(path: str) -> str:
    return _ASIDE.sub("", path)


def difference(result: Result, opinion: Opinion) -> Difference:
    """Compare the verdicts and, by rule or by place, the errors."""
    ours = [(finding.rule, _plain(finding.path)) for finding in result.errors]
    rules, places = {rule for rule, _ in ours}, {place for _, place in ours}
    only_ours = {
        f"{rule} {place}"
        for rule, place in ours
        if rule not in opinion.rules and place not in opinion.places
    }
    # A rule is known by its name; what has none, by its place.
    unnamed = () if opinion.rules else opinion.places - places
    only_theirs = {*(opinion.rules - rules), *unnamed}
    return Difference(
        result.valid, opinion.valid, tuple(sorted(only_ours)), tuple(sorted(only_theirs))
    )


def module_of(profile: str) -> str:
    """Return the reference validator's module for a profile."""
    return "eau" if "/KBV_PR_EAU_" in profile else "erp"
