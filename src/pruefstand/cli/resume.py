"""`pruefstand resume`: run what an interrupted run left without a verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
import typer
from rich.console import Console

from pruefstand.cli.accept import Done, execute, exit_code, seal
from pruefstand.cli.order import order_of
from pruefstand.cli.outcome import legible, print_case, print_summary
from pruefstand.clock import SystemClock
from pruefstand.config.project import project_root
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.campaign import CAMPAIGN, RUNS, collect
from pruefstand.evidence.inputs import input_hashes
from pruefstand.evidence.interrupted import conclude, lineage
from pruefstand.evidence.manifest import MANIFEST
from pruefstand.evidence.run_folder import Run, read_run
from pruefstand.report.dossier import compile_dossier
from pruefstand.report.files import write_reports
from pruefstand.requirements.catalogue import load_catalogue

app = typer.Typer(add_completion=False)


@app.command(epilog="Beispiel: pruefstand resume runs/20261124-041104-251793")
def resume(
    run: Annotated[Path, typer.Argument(help="Laufordner, dessen Prozess beendet ist")],
    workers: Annotated[
        int | None, typer.Option("-n", help="parallele Prozesse, sonst wie im Lauf", min=0, max=16)
    ] = None,
) -> None:
    """Setzt einen unterbrochenen Lauf mit Profil, Seed und Tag von damals fort.

    Was schon ein Urteil hat, wird nicht wiederholt. Der alte Lauf wird, falls er abgebrochen ist,
    abgeschlossen und versiegelt, sonst bleibt er unberührt; der neue nennt ihn.
    """
    console = Console(highlight=False)
    run = run.absolute()
    before = read_run(run)
    campaign = campaign_of(run)
    order = order_of(run, before.info, campaign)
    require_same_inputs(before, order.profile)
    if not (run / MANIFEST).exists():
        ended = conclude(run, SystemClock())
        write_reports(compile_dossier(ended, load_catalogue(project_root() / "catalogue")), run)
        seal(console, run, before.info["inputs"], SystemClock())
    done = [case.id for item in lineage(run) for case in item.cases]
    console.print(f"{run.name}: {len(done)} Fälle haben ihr Urteil und werden nicht wiederholt")
    order = replace(
        order,
        omit=tuple(done),
        workers=order.workers if workers is None else workers,
        origin={"resumes": run.name},
    )
    raise typer.Exit(together(console, execute(console, order)))


def campaign_of(run: Path) -> Path | None:
    """Return the campaign folder in which the run lies, None when it lies in none."""
    folder = run.parent.parent
    return folder if run.parent.name == RUNS and (folder / CAMPAIGN).is_file() else None


def require_same_inputs(run: Run, profile: str) -> None:
    """Raise OperatorError when profile, features or catalogue changed since the run began."""
    now, then = input_hashes(project_root(), profile), run.info.get("inputs") or {}
    changed = [name for name in now if now[name] != then.get(name)]
    if changed:
        raise OperatorError(
            f"{run.folder.name}: seit dem Lauf geändert: {', '.join(changed)}",
            hint="einen neuen Lauf starten; --only-failed wiederholt, was nicht grün war",
        )


def together(console: Console, done: Done) -> ExitCode:
    """Print the verdict over a continuation and the runs before it; return their exit code."""
    runs = lineage(done.folder)
    cases = [case.counting for case in collect(runs)]
    console.print(f"Zusammen mit {', '.join(run.folder.name for run in runs[:-1])}:")
    plain = legible([run.folder for run in runs])
    for case in cases:
        if not case.verdict.green:
            print_case(console, case, plain=plain)
    print_summary(console, cases)
    if done.code in {ExitCode.HARNESS, ExitCode.INTERRUPTED}:
        return done.code
    return exit_code(cases, pytest.ExitCode.OK, broken=False)
