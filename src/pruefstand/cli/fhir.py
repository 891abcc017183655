"""`pruefstand fhir`: validate FHIR documents against the official profiles."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pruefstand.errors import ExitCode, OperatorError
from pruefstand.fhir.validation import Finding, Result, Validator, message, operation_outcome
from pruefstand.fhir.validation.validator import is_json

if TYPE_CHECKING:
    from pruefstand.fhir.second_opinion import ReferenceValidator

app = typer.Typer(help="FHIR-Dokumente prüfen.", no_args_is_help=True)

STANDARD_INPUT = "-"
_DOCUMENT_NAME = re.compile(r"[ET]EAU0_")


class OutputFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    OUTCOME = "outcome"


@app.callback()
def group() -> None:
    """FHIR-Dokumente prüfen."""


@app.command(epilog="Beispiel: pruefstand fhir validate verordnung.xml --as-of 2026-11-23")
def validate(
    source: Annotated[str, typer.Argument(metavar="DATEI|ORDNER|-", help="„-“ liest von stdin.")],
    profile: Annotated[str, typer.Option(help="Profil statt meta.profile: Adresse|Version.")] = "",
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Stichtag der Profilversion.")
    ] = None,
    rules: Annotated[
        bool,
        typer.Option("--rules", help="Auch die Regeln des Fachdienstes und der KBV-Anlage prüfen."),
    ] = False,
    referenzvalidator: Annotated[
        Path | None,
        typer.Option(metavar="JAR", help="Zweitmeinung: Referenzvalidator der gematik, mit java."),
    ] = None,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="Form der Ausgabe.")
    ] = OutputFormat.TEXT,
) -> None:
    """Prüfe Dokumente gegen ihre Profile: 0 gültig, 1 ungültig, 6 nicht entscheidbar."""
    validator = Validator()
    second = second_opinion(referenzvalidator) if referenzvalidator else None
    day = as_of.date() if as_of else None
    count = invalid = differ = 0
    for name, data in documents(source):
        result = validator.validate(data, profile=profile or None, as_of=day)
        if rules:
            result = with_rules(result, name, data)
        typer.echo(rendered(name, result, output))
        if second:
            differ += show_difference(second, name, data, result)
        count += 1
        invalid += not result.valid
    if not count:
        raise typer.Exit(ExitCode.NOTHING_SELECTED)
    if second:
        typer.echo(f"Zweitmeinung: {differ} von {count} Dokumenten anders", err=True)
    if invalid:
        raise typer.Exit(ExitCode.SUT_FAILED)


def second_opinion(jar: Path) -> ReferenceValidator:
    """Return gematik's reference validator; raises EnvironmentProblem when it cannot run."""
    from pruefstand.fhir.second_opinion import ReferenceValidator

    return ReferenceValidator(jar)


def show_difference(second: ReferenceValidator, name: str, data: bytes, result: Result) -> bool:
    """Print where the reference validator differs on one document, and return whether it does."""
    from pruefstand.fhir.second_opinion import difference, module_of

    with tempfile.TemporaryDirectory() as folder:
        # The other process reads a file of its own, also for what came by standard input.
        file = Path(folder) / ("document.json" if is_json(data) else "document.xml")
        file.write_bytes(data)
        found = difference(result, second.opinion(file, module_of(result.profile)))
    if found.ours != found.theirs:
        word = "gültig" if found.theirs else "ungültig"
        typer.echo(f"  Referenzvalidator: {name}: {word}", err=True)
    for who, texts in (("nur hier", found.only_ours), ("nur dort", found.only_theirs)):
        for text in texts:
            typer.echo(f"  {who}: {text}", err=True)
    return bool(found)


def with_rules(result: Result, name: str, data: bytes) -> Result:
    """Return a result with the broken rules beyond profiles as further findings."""
    from pruefstand.fhir.rules.documents import rule_results

    # Only a file named after its document can be judged by its name.
    stem = Path(name).stem if _DOCUMENT_NAME.match(Path(name).name) else None
    broken = [one for one in rule_results(data, stem=stem) if one.breach is not None]
    findings = [
        Finding(
            "rule",
            f"{one.requirement} {one.name}",
            "warning" if one.tolerated else "error",
            "Bundle",
            1,
            one.title,
            (one.breach.detail or one.breach.key) if one.breach else "",
        )
        for one in broken
    ]
    return Result(result.profile, (*result.findings, *findings))


def documents(source: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each document; raises OperatorError when it cannot be read."""
    if source == STANDARD_INPUT:
        yield STANDARD_INPUT, sys.stdin.buffer.read()
        return
    path = Path(source)
    names = ("*.xml", "*.json")
    files = sorted(f for n in names for f in path.rglob(n)) if path.is_dir() else [path]
    for file in files:
        try:
            yield str(file), file.read_bytes()
        except OSError as error:
            reason = error.strerror or "nicht lesbar"
            raise OperatorError(f"{file}: {reason}", hint="Datei und Rechte prüfen") from None


def rendered(name: str, result: Result, output: OutputFormat) -> str:
    """Return the findings of one document in the wanted form, one line each in JSON."""
    if output is OutputFormat.OUTCOME:
        return json.dumps(operation_outcome(result), ensure_ascii=False)
    if output is OutputFormat.JSON:
        return json.dumps(_record(name, result), ensure_ascii=False)
    head = f"{name}: {'gültig' if result.valid else 'ungültig'}"
    lines = [f"  {finding.severity}: {message(finding)}" for finding in result.findings]
    return "\n".join([head, *lines])


def _record(name: str, result: Result) -> dict[str, object]:
    findings = [
        {
            "severity": finding.severity,
            "kind": finding.kind,
            "rule": finding.rule,
            "path": finding.path,
            "line": finding.line,
            "element": finding.element,
            "expected": finding.expected,
            "found": finding.found,
            "de": message(finding, "de"),
            "en": message(finding, "en"),
        }
        for finding in result.findings
    ]
    return {
        "file": name,
        "profile": result.profile,
        "valid": result.valid,
        "findings": findings,
    }
