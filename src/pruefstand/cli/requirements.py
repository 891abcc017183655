"""`pruefstand requirements`: lint the claims, show a requirement, say what a run covers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from pruefstand.config.project import project_root
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.run_folder import VERDICTS, read_run
from pruefstand.requirements.catalogue import (
    Catalogue,
    ChecklistItem,
    Requirement,
    load_catalogue,
)
from pruefstand.requirements.coverage import Coverage, State, cover
from pruefstand.requirements.lint import lint
from pruefstand.requirements.project import read_project

app = typer.Typer(help="Anforderungskatalog: prüfen, zeigen, abgleichen.", no_args_is_help=True)
COLOURS = {
    State.FAILED: "red",
    State.INCONCLUSIVE: "yellow",
    State.OPEN: "yellow",
    State.CLAIMED_ONLY: "yellow",
    State.HINT: "cyan",
    State.PROVEN: "green",
    State.ATTESTED: "green",
}
ONLY_INDEX = "nur Nummer und Titel gesehen, Wortlaut nicht gelesen"
SILENT = {State.UNCOVERED, State.NOT_TESTABLE}


@app.command("lint", epilog="Beispiel: pruefstand requirements lint")
def lint_command() -> None:
    """Prüft Tags, Prüfungen und Schritte gegen den Katalog; Funde enden mit 3."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    project = read_project(project_root())
    findings = lint(project)
    for finding in findings:
        console.print(str(finding), markup=False)
    scanned = f"{len(project.scenarios)} Szenarien, {len(project.catalogue.requirements)} Zeilen"
    console.print(f"{scanned}: {len(findings)} Funde" if findings else f"{scanned}: keine Funde")
    raise typer.Exit(ExitCode.HARNESS if findings else ExitCode.GREEN)


@app.command("coverage", epilog="Beispiel: pruefstand requirements coverage runs/… --state failed")
def coverage_command(
    run: Annotated[Path | None, typer.Argument(help="Laufordner; sonst der neueste")] = None,
    runs: Annotated[Path, typer.Option(help="Ordner der Läufe")] = Path("runs"),
    state: Annotated[
        list[str] | None, typer.Option(help=f"nur: {', '.join(s.word for s in State)}")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="auch nicht abgedeckte und nicht prüfbare zeigen")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="als JSON ausgeben")] = False,
) -> None:
    """Sagt zu jeder Anforderung, was ein Lauf über sie beweist."""
    console = Console(highlight=False, emoji=False)
    shown = _states(state or [], everything=everything or as_json)
    read = read_run(run or newest_run(runs))
    result = cover(load_catalogue(project_root() / "catalogue"), read.cases)
    if as_json:
        selftest = bool(read.info.get("selftest"))
        found = coverage_json(read.folder.name, result, shown, selftest=selftest)
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        kind = " · Selbsttest des Prüfstands" if read.info.get("selftest") else ""
        console.print(f"Lauf {read.folder.name}{kind}")
        print_coverage(console, result, shown)
    raise typer.Exit(result.exit_code)


@app.command("show", epilog="Beispiel: pruefstand requirements show A_19021-02")
def show_command(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Anforderung oder Checkpunkt")],
) -> None:
    """Zeigt eine Anforderung oder einen Punkt der Checklisten."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    catalogue = load_catalogue(project_root() / "catalogue")
    items = [item for item in catalogue.checklist if item.id == identifier]
    rows = catalogue.find(identifier)
    if not rows and not items:
        raise _unknown(catalogue, identifier)
    for row in rows:
        _print_fields(console, requirement_fields(catalogue, row))
    for item in items:
        _print_fields(console, item_fields(item))


def newest_run(folder: Path) -> Path:
    """Return the newest finished run in `folder`; raises OperatorError when there is none."""
    # Run folders start with their time, so the last name is the newest.
    found = sorted(path.parent for path in folder.glob(f"*/{VERDICTS}"))
    if not found:
        raise OperatorError(f"{folder}: kein Laufordner", hint="zuerst pruefstand accept ausführen")
    return found[-1]


def requirement_fields(catalogue: Catalogue, row: Requirement) -> dict[str, str]:
    """Return what `show` prints about a requirement; empty fields are left out."""
    source = f"{row.source}, {row.source_version}"
    valid = " bis ".join(str(day) for day in (row.valid_from, row.valid_to) if day)
    fields = {
        "Anforderung": row.id,
        "Titel": f"{row.title} (eigene Worte, maßgeblich ist die Quelle)",
        "Quelle": source,
        "Verb": row.verb or "nicht gelesen",
        "Wer": row.actor,
        "Gilt für": row.applies_if,
        "Gültig ab": valid,
        "Prüfweg": row.method,
        "Zu sehen an": row.observable_by,
        "Nicht geprüft": row.not_tested_reason,
        "Ersetzt durch": catalogue.successor(row.id) or "",
        "Stand": "Text gelesen" if row.was_read else ONLY_INDEX,
        "Schlüssel": row.key,
    }
    return {name: text for name, text in fields.items() if text}


def item_fields(item: ChecklistItem) -> dict[str, str]:
    """Return what `show` prints about an item of a checklist."""
    fields = {
        "Checkpunkt": item.id,
        "Liste": f"{item.list}: {item.group}",
        "Titel": item.title,
        "Erwartet": item.expectation,
        "Anforderungen": ", ".join(item.requirements) or "keine zugeordnet",
        "Prüfweg": item.method,
        "Nicht geprüft": item.not_tested_reason,
    }
    return {name: text for name, text in fields.items() if text}


def coverage_json(
    run: str, result: Coverage, shown: set[State], *, selftest: bool
) -> dict[str, object]:
    """Return the coverage as a JSON object with English state names."""
    return {
        "run": run,
        "selftest": selftest,
        "summary": {state.word: count for state, count in result.summary.items()},
        "unknown": list(result.unknown),
        "requirements": [
            {
                "id": entry.requirement.id,
                "document": entry.requirement.document,
                "source": entry.requirement.source,
                "source_version": entry.requirement.source_version,
                "confidence": entry.requirement.confidence,
                "state": entry.state.word,
                "reason": entry.reason,
                "cases": list(entry.cases),
            }
            for entry in result.entries
            if entry.state in shown
        ],
        "checklist": [
            {"id": entry.item.id, "state": entry.state.word, "reason": entry.reason}
            for entry in result.items
        ],
    }


def _states(words: list[str], *, everything: bool) -> set[State]:
    known = {state.word: state for state in State}
    wrong = [word for word in words if word not in known]
    if wrong:
        raise OperatorError(
            f"--state {wrong[0]} gibt es nicht", hint=f"erlaubt: {', '.join(known)}"
        )
    if words:
        return {known[word] for word in words}
    return set(State) if everything else set(State) - SILENT


def print_coverage(console: Console, result: Coverage, shown: set[State]) -> None:
    """Print the requirements in one of the states `shown`, and every item of the checklists."""
    table = Table("Anforderung", Column("Zustand", no_wrap=True), "Fall", "Grund", "Stand")
    for entry in result.entries:
        if entry.state in shown:
            table.add_row(
                entry.requirement.id,
                _coloured(entry.state),
                escape(_first(entry.cases)),
                escape(entry.reason) if entry.state is not State.PROVEN else "",
                "" if entry.requirement.was_read else "Index",
            )
    console.print(table)
    items = Table("Checkpunkt", Column("Zustand", no_wrap=True), "Titel", "Grund")
    for item in result.items:
        items.add_row(
            item.item.id, _coloured(item.state), escape(item.item.title), escape(item.reason)
        )
    console.print(items)
    for identifier in result.unknown:
        text = f"Nicht im Katalog: {identifier} → pruefstand requirements lint"
        console.print(text, markup=False)
    console.print(
        " · ".join(f"{_coloured(state)} {count}" for state, count in result.summary.items())
    )
    console.print(f"Index: {ONLY_INDEX}")


def _coloured(state: State) -> str:
    return f"[{COLOURS[state]}]{state}[/]" if state in COLOURS else state.value


def _first(cases: tuple[str, ...]) -> str:
    return f"{cases[0]} +{len(cases) - 1}" if len(cases) > 1 else "".join(cases)


def _print_fields(console: Console, fields: dict[str, str]) -> None:
    width = max(map(len, fields))
    for name, text in fields.items():
        console.print(f"{name:<{width}}  {text}", markup=False)
    console.print()


def _unknown(catalogue: Catalogue, identifier: str) -> OperatorError:
    successor = catalogue.successor(identifier)
    if successor:
        return OperatorError(f"{identifier} ist ersetzt", hint=f"in Kraft ist {successor}")
    close = catalogue.suggestions(identifier)
    hint = f"meinten Sie {', '.join(close)}?" if close else "Kennung wie in catalogue/ schreiben"
    return OperatorError(f"{identifier} steht nicht im Katalog", hint=hint)
