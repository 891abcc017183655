"""`pruefstand mutate`: prove that the checks can fail, fault by fault."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from pruefstand.checks.registry import all_checks
from pruefstand.cli.mutation_run import MutationRun
from pruefstand.config.profile import load_profile
from pruefstand.config.project import project_root
from pruefstand.errors import ConfigurationError, ExitCode, HarnessError
from pruefstand.report.kill_matrix import write_matrix
from pruefstand.requirements.kill_matrix import Judgement, Matrix, matrix, unkilled

EPILOG = (
    "Beispiele:\n\n"
    "pruefstand mutate\n\n"
    "pruefstand mutate --role pvs --lean\n\n"
    "pruefstand mutate --fault erezept/accesscode_kurz --out matrix"
)
SPARED = {
    "file:identifiers_hold": "urteilt über eine Datei des Betreibers, nicht über Verkehr; "
    "die Gegenprobe ist tests/acceptance/test_verordnung_aus_datei.py",
    "profiles:uploaded_bundles_conform_to_their_profile": "braucht die amtlichen FHIR-Pakete; "
    "die Gegenproben sind tests/contract/test_fhir_mutations.py und ERP-0402",
}
"""Check → why no fault can turn it red."""
app = typer.Typer(add_completion=False)


@app.command(epilog=EPILOG)
def mutate(
    role: Annotated[list[str] | None, typer.Option(help="nur Fehler dieser Rolle")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="nur dieser Fehler: Rolle/Name")] = None,
    lean: Annotated[
        bool, typer.Option("--lean", help="je Anforderung und Prüfung möglichst ein Szenario")
    ] = False,
    profile: Annotated[str, typer.Option(help="Profil aus profiles/ oder TOML-Datei")] = "mock",
    seed: Annotated[int, typer.Option(help="Startwert aller Testdaten")] = 1,
    out: Annotated[Path, typer.Option(help="Ordner für CSV, JSON und HTML")] = Path("kill-matrix"),
) -> None:
    """Schaltet jeden Fehler ein und zeigt, welche Anforderungen er rot färbt.

    Endet mit 3, wenn ein Fehler nichts, nicht alles oder anderes bricht als er nennt.
    """
    console = Console(highlight=False)
    roles, faults = role or [], fault or []
    run = run_mutations(console, roles, faults, profile=profile, seed=seed, lean=lean)
    if run.unknown:
        raise ConfigurationError(
            f"unbekannt: {', '.join(run.unknown)}",
            hint=f"bekannt sind {', '.join(sorted(run.offered))}",
        )
    judged = matrix(run.rows, run.observations, run.offered)
    if not roles and not faults:
        # Only all faults together can turn all checks red.
        left = unkilled(run.rows, run.observations, all_checks(), SPARED)
        judged = replace(judged, problems=(*judged.problems, *left))
    print_matrix(console, judged)
    for path in write_matrix(judged, out):
        console.print(str(path), soft_wrap=True)
    raise typer.Exit(ExitCode.GREEN if judged.holds else ExitCode.HARNESS)


def run_mutations(
    console: Console,
    roles: Sequence[str],
    faults: Sequence[str],
    *,
    profile: str,
    seed: int,
    lean: bool,
) -> MutationRun:
    """Run all scenarios under the wanted faults; raises HarnessError when they cannot run."""
    root = project_root()
    load_profile(profile, root / "profiles")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Szenarien", total=None)

        def progress(text: str, done: int, total: int) -> None:
            bar.update(task, description=f"{text[:56]:<56}", completed=done, total=total)

        run = MutationRun(frozenset(roles), frozenset(faults), lean, progress)
        arguments = [
            f"--rootdir={root}",
            f"--config-file={root / 'pyproject.toml'}",
            "-p",
            "no:cacheprovider",
            f"--pruefstand-profile={profile}",
            f"--pruefstand-seed={seed}",
            str(root / "tests" / "acceptance" / "test_features.py"),
        ]
        pytest.main(arguments, plugins=[run])
    if run.broken or not run.observations:
        for text in run.broken:
            sys.stderr.write(f"{text}\n")
        raise HarnessError(
            "die Szenarien lassen sich nicht ausführen", hint="pruefstand accept zeigt den Grund"
        )
    return run


def print_matrix(console: Console, judged: Matrix) -> None:
    """Print a line per fault, what is wrong, and the sum."""
    table = Table("Fehler", Column("soll rot", overflow="fold"), "ist rot", "Urteil", "Sz.", "abg.")
    for row in judged.rows:
        if row.judgement is Judgement.LURE:
            continue
        colour = "green" if row.holds else "red"
        table.add_row(
            row.address,
            " ".join(sorted(row.fault.breaks)),
            " ".join(sorted(row.red)),
            f"[{colour}]{row.judgement}[/]",
            str(row.scenarios),
            str(row.died),
        )
    console.print(table)
    for problem in judged.problems:
        console.print(problem, markup=False, soft_wrap=True)
    faults = [row for row in judged.rows if row.judgement is not Judgement.LURE]
    exact = sum(row.holds for row in faults)
    lures = len(judged.rows) - len(faults)
    console.print(f"{exact} von {len(faults)} Fehlern genau · {lures} Köder")
