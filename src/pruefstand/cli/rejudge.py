"""`pruefstand rejudge`: today's checks on the traffic of an old run, without any live system."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import pruefstand
from pruefstand.cli.accept import commit, exit_code, seal
from pruefstand.clock import SystemClock
from pruefstand.config.project import project_root
from pruefstand.errors import OperatorError
from pruefstand.evidence.inputs import folder_hash
from pruefstand.evidence.run_folder import Run, RunWriter, create_run_folder, read_run, summary
from pruefstand.model.case import CaseRecord
from pruefstand.rejudge.originals import judge_of
from pruefstand.report.dossier import compile_dossier
from pruefstand.report.files import write_reports
from pruefstand.requirements.catalogue import load_catalogue
from pruefstand.requirements.coverage import Entry, State, cover
from pruefstand.rng import Rng

EPILOG = (
    "Beispiele:\n\n"
    "pruefstand rejudge runs/20261124-041104-251793\n\n"
    "pruefstand rejudge runs/20261124-041104-251793 --only ERP-0001"
)
MANIFEST = "manifest.json"
NO_VAULT = (
    "[yellow]Ohne Tresor[/]: Prüfungen, die Geschwärztes lesen, bleiben nicht entscheidbar "
    "→ auf dem Rechner des Betreibers ausführen"
)
app = typer.Typer(add_completion=False)


@app.command(epilog=EPILOG)
def rejudge(
    run: Annotated[Path, typer.Argument(help="Laufordner; er bleibt unverändert")],
    only: Annotated[str, typer.Option(help="Tag, Testfall-Id oder Teil des Titels")] = "",
    runs: Annotated[
        Path | None, typer.Option(help="Ordner für das Ergebnis; sonst neben dem Lauf")
    ] = None,
) -> None:
    """Beurteilt den aufgezeichneten Verkehr eines Laufs mit den Prüfungen von heute.

    Endet wie accept: 0 grün, 1 nicht bestanden, 5 nichts ausgewählt, 6 nicht entscheidbar.
    """
    console = Console(highlight=False)
    clock = SystemClock()
    old = read_run(run)
    if "rejudged" in old.info:
        raise OperatorError(
            f"{run}: selbst ein neu beurteilter Lauf, ohne Nachrichten",
            hint=f"den ursprünglichen Lauf {old.info['rejudged']['run']} angeben",
        )
    before = [case for case in old.cases if not only or selects(case, only)]
    judge = judge_of(old)
    if judge.blind:
        console.print(NO_VAULT, soft_wrap=True)
    after = [judge(case) for case in track(before, "Szenarien", console=console, transient=True)]
    code = exit_code(after, int(pytest.ExitCode.OK), broken=False)
    started = clock.now()
    root = (runs or run.absolute().parent).absolute()
    folder = create_run_folder(root, started, Rng(started.isoformat()))
    info = {**result_info(old, folder.name, only), "started": started.isoformat()}
    info |= {"finished": clock.now().isoformat(), "exit_code": int(code)}
    RunWriter(folder, clock).finish(info, [_without_traffic(case) for case in after])
    dossier = compile_dossier(read_run(folder), load_catalogue(project_root() / "catalogue"))
    write_reports(dossier, folder)
    print_changes(console, before, after)
    console.print(f"Ergebnis: {folder}", soft_wrap=True)
    seal(console, folder, {"catalogue": folder_hash(project_root() / "catalogue")}, clock)
    raise typer.Exit(code)


def selects(case: CaseRecord, only: str) -> bool:
    """Whether `--only` names the case: its id, one of its tags, or part of its title."""
    names = {case.id, case.id.partition("#")[0], *case.tags, *(f"@{tag}" for tag in case.tags)}
    return only in names or only.lower() in case.title.lower()


def result_info(old: Run, name: str, only: str) -> dict[str, Any]:
    """Return what `run.json` of the result says: the old run's facts, and which run that was."""
    manifest = old.folder / MANIFEST
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else ""
    kept = {key: value for key, value in old.info.items() if key != "events"}
    source = {
        "run": old.info.get("id", old.folder.name),
        "events": old.log.head,
        "manifest": digest,
        "only": only,
    }
    return {
        **kept,
        "id": name,
        "harness": pruefstand.__version__,
        "commit": commit(),
        "rejudged": source,
    }


def _without_traffic(case: CaseRecord) -> CaseRecord:
    """Return the case for the result: its messages stay in the run they were recorded in."""
    return CaseRecord.from_json(case.summary_json())


def changes(before: Sequence[CaseRecord], after: Sequence[CaseRecord]) -> list[tuple[Entry, Entry]]:
    """Return the requirements whose state differs, old and new."""
    catalogue = load_catalogue(project_root() / "catalogue")
    old, new = cover(catalogue, before), cover(catalogue, after)
    pairs = zip(old.entries, new.entries, strict=True)
    return [(was, now) for was, now in pairs if was.state is not now.state]


def print_changes(
    console: Console, before: Sequence[CaseRecord], after: Sequence[CaseRecord]
) -> None:
    """Print old → new for each requirement that changed, and the sums."""
    found = changes(before, after)
    table = Table("Anforderung", "vorher", "jetzt", "Grund")
    for was, now in found:
        colour = "red" if now.state is State.FAILED else "yellow"
        table.add_row(now.requirement.id, was.state, f"[{colour}]{now.state}[/]", now.reason)
    if found:
        console.print(table)
    sums = ", ".join(f"{count} {word}" for word, count in summary(after).items() if count)
    console.print(f"{len(after)} Szenarien neu beurteilt: {sums or 'keines'}")
    console.print(f"{len(found)} Anforderungen geändert" if found else "alle Urteile wie zuvor")
