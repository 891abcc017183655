"""`pruefstand campaign`: several runs, attestations and deviations in one folder."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pruefstand.attest.desk import Desk, open_desk
from pruefstand.attest.view import CampaignView, campaign_view
from pruefstand.cli.accept import exit_code
from pruefstand.cli.outcome import COLOURS, legible, print_case
from pruefstand.cli.requirements import coverage_json, print_coverage
from pruefstand.cli.surroundings import counting, deviations_of
from pruefstand.clock import SystemClock, berlin_day
from pruefstand.config.profile import load_profile
from pruefstand.config.project import project_root
from pruefstand.evidence.campaign import add_run, create_campaign, read_campaign
from pruefstand.evidence.operator_key import key_path, operator_key
from pruefstand.pytest_plugin.fixtures import virtual_clock
from pruefstand.requirements.catalogue import load_catalogue
from pruefstand.requirements.coverage import State, cover
from pruefstand.requirements.deviations import State as DeviationState
from pruefstand.requirements.deviations import account

app = typer.Typer(
    help="Kampagne: mehrere Läufe, Bestätigungen und Abweichungen eines Prüflings.",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(help="Ordner der Kampagne")]


@app.command("new", epilog="Beispiel: pruefstand campaign new golive --profile beispiel-praxis")
def new_command(
    folder: Folder,
    profile: Annotated[str, typer.Option(help="Profil aus profiles/ oder TOML-Datei")],
    name: Annotated[str, typer.Option(help="Name, sonst der des Ordners")] = "",
) -> None:
    """Legt eine Kampagne an, signiert mit dem Schlüssel des Betreibers."""
    console = Console(highlight=False, soft_wrap=True)
    now = SystemClock().now()
    chosen = load_profile(profile, project_root() / "profiles")
    key = operator_key(key_path(os.environ), now)
    title = name or folder.absolute().name
    info = create_campaign(folder, title, profile, chosen.sut_identity, key, now)
    console.print(f"Kampagne {info.name} für {info.sut['name']} {info.sut['version']}: {folder}")
    console.print(f"Weiter: pruefstand accept --campaign {folder}", markup=False)
    console.print(f"        pruefstand attest --campaign {folder} --web", markup=False)


@app.command("add", epilog="Beispiel: pruefstand campaign add golive runs/20261124-…")
def add_command(
    folder: Folder, run: Annotated[Path, typer.Argument(help="versiegelter Lauf")]
) -> None:
    """Kopiert einen versiegelten Lauf desselben Prüflings in die Kampagne."""
    target = add_run(read_campaign(folder), run)
    Console(highlight=False, soft_wrap=True).print(f"aufgenommen: {target}", markup=False)


@app.command("show", epilog="Beispiel: pruefstand campaign show golive --attempts")
def show_command(
    folder: Folder,
    as_of: Annotated[str | None, typer.Option(help="urteilen am Tag JJJJ-MM-TT")] = None,
    attempts: Annotated[bool, typer.Option("--attempts", help="alle Versuche zeigen")] = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="Anforderungen zeigen")] = False,
    accept_deviations: Annotated[
        bool, typer.Option("--accept-deviations", help="bekannte Abweichungen enden nicht mit 1")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="als JSON ausgeben")] = False,
) -> None:
    """Zeigt, wo die Kampagne steht: je Testfall zählt der letzte Versuch."""
    root = project_root()
    day = day_of(as_of)
    desk = open_desk(root, read_campaign(folder), day)
    view = campaign_view(desk)
    accounted = account(deviations_of(root, desk.campaign), view.cases, day)
    result = cover(load_catalogue(root / "catalogue"), view.cases)
    counted = counting(view.cases, accounted) if accept_deviations else list(view.cases)
    code = exit_code(counted, pytest.ExitCode.OK, broken=False)
    console = Console(highlight=False, emoji=False, soft_wrap=True)
    if as_json:
        shown = {**view.to_json(), "exit_code": int(code)}
        shown["deviations"] = [entry.to_json() for entry in accounted]
        shown["coverage"] = coverage_json(folder.name, result, set(State), selftest=False)
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        raise typer.Exit(code)
    _print_head(console, desk, view)
    if attempts:
        _print_attempts(console, view)
    plain = legible([item.run.folder for item in desk.campaign.runs if item.run is not None])
    for case in view.cases:
        if not case.verdict.green:
            print_case(console, case, accounted, plain)
    for entry in accounted:
        if entry.state is not DeviationState.UNSEEN:
            console.print(str(entry), markup=False)
    if coverage:
        print_coverage(console, result, set(State) - {State.UNCOVERED, State.NOT_TESTABLE})
    _print_counts(console, view)
    raise typer.Exit(code)


def day_of(as_of: str | None) -> date:
    """Return the German day of `as_of`, today without one; raises ConfigurationError."""
    return berlin_day(virtual_clock(as_of).now())


def _print_head(console: Console, desk: Desk, view: CampaignView) -> None:
    info = desk.campaign.info
    sut = " ".join(info.sut.values()).strip()
    console.print(f"Kampagne {info.name} · {sut} · Profil {info.profile}", markup=False)
    for item in desk.campaign.runs:
        state = item.problem or f"{len(item.run.cases) if item.run else 0} Fälle"
        console.print(f"Lauf {item.folder.name}: {state}", markup=False)
    console.print(f"Bestätigungen: {len(desk.campaign.register.records)} Einträge")
    for problem in view.problems:
        console.print(f"[red]zählt nicht[/] {escape(problem)}")


def _print_attempts(console: Console, view: CampaignView) -> None:
    table = Table("Testfall", "Versuch", "Lauf", "Beginn", "Urteil", "zählt")
    for case in view.attempts:
        for number, attempt in enumerate(case.attempts, 1):
            last = number == len(case.attempts)
            table.add_row(
                escape(case.id),
                str(number),
                escape(attempt.run),
                attempt.started[:19].replace("T", " "),
                attempt.record.verdict.value,
                "ja" if last else "",
            )
    console.print(table)


def _print_counts(console: Console, view: CampaignView) -> None:
    table = Table("Urteil", "Testfälle")
    counts = Counter(case.verdict for case in view.cases)
    for verdict, count in sorted(counts.items(), key=lambda pair: pair[0].rank):
        table.add_row(f"[{COLOURS.get(verdict, 'yellow')}]{verdict}[/]", str(count))
    console.print(table)
