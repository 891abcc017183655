"""`pruefstand diff`: what two runs have not in common."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pruefstand.config.project import project_root
from pruefstand.diff.compare import compare
from pruefstand.diff.difference import Level
from pruefstand.errors import ExitCode
from pruefstand.evidence.run_folder import read_run
from pruefstand.report.comparison import FORMS
from pruefstand.requirements.catalogue import load_catalogue

EPILOG = (
    "Beispiele:\n\n"
    "pruefstand diff runs/gestern runs/heute\n\n"
    "pruefstand diff runs/gestern runs/heute --level nachricht\n\n"
    "pruefstand diff runs/gestern runs/heute --format html > unterschiede.html"
)
app = typer.Typer(add_completion=False)


class Form(StrEnum):
    """How the differences are printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@app.command(epilog=EPILOG)
def diff(
    old: Annotated[Path, typer.Argument(help="früherer Laufordner")],
    new: Annotated[Path, typer.Argument(help="späterer Laufordner")],
    level: Annotated[Level, typer.Option(help="wie tief verglichen wird")] = Level.STEP,
    form: Annotated[Form, typer.Option("--format", help="Form der Ausgabe")] = Form.TEXT,
) -> None:
    """Vergleicht zwei Läufe: Anforderungen, Schritte, Nachrichten.

    Endet mit 0, wenn nichts verschieden ist, und mit 1, wenn etwas verschieden ist.
    """
    catalogue = load_catalogue(project_root() / "catalogue")
    with Console(stderr=True).status("Läufe werden gelesen") as status:
        runs = read_run(old), read_run(new)
        comparison = compare(*runs, catalogue, level, lambda name: status.update(name))
    typer.echo(FORMS[form](comparison))
    raise typer.Exit(ExitCode.GREEN if comparison.same else ExitCode.SUT_FAILED)
