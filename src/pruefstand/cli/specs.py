"""`pruefstand specs`: get the official FHIR packages, and say whether they are right."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from pruefstand.errors import EnvironmentProblem, ExitCode
from pruefstand.fhir.packages.library import MissingPackage, archive_of, specs_folder, specs_home
from pruefstand.fhir.packages.pins import BY_HAND, SHA256, address_of, digests
from pruefstand.fhir.packages.sets import BASE, SETS
from pruefstand.transport.download import download

app = typer.Typer(help="Amtliche FHIR-Pakete.", no_args_is_help=True)

PACKAGES = "fhir-packages"


class State(StrEnum):
    """What is known about one package."""

    PRESENT = "vorhanden"
    MISSING = "fehlt"
    DIFFERENT = "anderer Inhalt"


@app.callback()
def group() -> None:
    """Amtliche FHIR-Pakete."""


@app.command(
    epilog="Beispiele: pruefstand specs install · pruefstand specs install kbv.ita.eau-1.2.1"
    " · pruefstand specs install --mirror https://spiegel.example/fhir"
)
def install(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PAKET]…", help="Nur diese Pakete.")
    ] = None,
    mirror: Annotated[
        str, typer.Option(help="Adresse, unter der PAKET.tgz liegen, statt der Herausgeber.")
    ] = "",
) -> None:
    """Lädt Pakete von ihren Herausgebern und prüft sie: 6, wenn eines nicht zu bekommen ist."""
    folder = specs_home()
    console = Console(stderr=True)
    problems = 0
    for name in names or list(SHA256):
        try:
            typer.echo(f"{name}: {_install(name, folder, mirror.rstrip('/'), console)}")
        except EnvironmentProblem as problem:
            problems += 1
            typer.echo(f"{name}: {problem}", err=True)
    typer.echo(f"Pakete in {folder}")
    if problems:
        raise typer.Exit(ExitCode.UNDECIDED)


def _install(name: str, folder: Path, mirror: str, console: Console) -> str:
    if state_of(name, folder, compare=True) is State.PRESENT:
        return "war schon da"
    url = f"{mirror}/{name}.tgz" if mirror else address_of(name)
    if url is None or not digests(name):
        sought = BY_HAND.get(name, "keine Prüfsumme bekannt")
        raise EnvironmentProblem(
            f"muss von Hand besorgt werden ({sought})",
            hint=f"{name}.tgz nach {folder / PACKAGES} legen oder --mirror angeben",
        )
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=None)
        download(
            url,
            folder / PACKAGES / f"{name}.tgz",
            sha256=digests(name),
            report=lambda count: progress.update(task, completed=count),
        )
    return "geladen und geprüft"


@app.command("list", epilog="Beispiel: PRUEFSTAND_SPECS=/pfad pruefstand specs list")
def show() -> None:
    """Zeigt, welche Pakete für welche Profilversion nötig und vorhanden sind."""
    specs = specs_folder()
    for one in SETS:
        typer.echo(f"{one.package} {one.version}")
        for name in (*one.names, BASE):
            typer.echo(f"  {name}: {state_of(name, specs)}")


@app.command("verify", epilog="Beispiel: PRUEFSTAND_SPECS=/pfad pruefstand specs verify")
def verify() -> None:
    """Vergleicht die Pakete mit den Prüfsummen: 6, wenn eines fehlt oder abweicht."""
    specs = specs_folder()
    states = {name: state_of(name, specs, compare=True) for name in SHA256}
    for name, state in states.items():
        typer.echo(f"{name}: {state}")
    if set(states.values()) != {State.PRESENT}:
        typer.echo("nicht entscheidbar → pruefstand specs install", err=True)
        raise typer.Exit(ExitCode.UNDECIDED)


def state_of(name: str, specs: Path, *, compare: bool = False) -> State:
    """Return whether a package is at hand and, when asked, has a pinned content."""
    try:
        archive = archive_of(name, specs)
    except MissingPackage:
        return State.MISSING
    if compare:
        with archive.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest not in digests(name):
            return State.DIFFERENT
    return State.PRESENT
