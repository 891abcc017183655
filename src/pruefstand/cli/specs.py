"""`pruefstand specs`: which official FHIR packages are at hand, and whether they are right."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path

import typer

from pruefstand.errors import ExitCode
from pruefstand.fhir.packages.library import MissingPackage, archive_of, specs_folder
from pruefstand.fhir.packages.pins import SHA256
from pruefstand.fhir.packages.sets import SETS

app = typer.Typer(help="Amtliche FHIR-Pakete.", no_args_is_help=True)


class State(StrEnum):
    """What is known about one package."""

    PRESENT = "vorhanden"
    MISSING = "fehlt"
    DIFFERENT = "anderer Inhalt"


@app.callback()
def group() -> None:
    """Amtliche FHIR-Pakete."""


@app.command("list", epilog="Beispiel: PRUEFSTAND_SPECS=/pfad pruefstand specs list")
def show() -> None:
    """Zeigt, welche Pakete für welche Profilversion nötig und vorhanden sind."""
    specs = specs_folder()
    for one in SETS:
        typer.echo(f"{one.package} {one.version}")
        for name in one.names:
            typer.echo(f"  {name}: {state_of(name, specs)}")


@app.command("verify", epilog="Beispiel: PRUEFSTAND_SPECS=/pfad pruefstand specs verify")
def verify() -> None:
    """Vergleicht die Pakete mit den Prüfsummen: 6, wenn eines fehlt oder abweicht."""
    specs = specs_folder()
    states = {name: state_of(name, specs, compare=True) for name in SHA256}
    for name, state in states.items():
        typer.echo(f"{name}: {state}")
    if set(states.values()) != {State.PRESENT}:
        typer.echo(f"nicht entscheidbar: Pakete nach {specs / 'fhir-packages'} legen", err=True)
        raise typer.Exit(ExitCode.UNDECIDED)


def state_of(name: str, specs: Path, *, compare: bool = False) -> State:
    """Return whether a package is at hand and, when asked, has the pinned content."""
    try:
        archive = archive_of(name, specs)
    except MissingPackage:
        return State.MISSING
    if compare:
        with archive.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != SHA256[name]:
            return State.DIFFERENT
    return State.PRESENT
