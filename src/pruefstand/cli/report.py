"""`pruefstand report`: write the reports of a finished run beside its sealed folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pruefstand.config.project import project_root
from pruefstand.errors import OperatorError
from pruefstand.evidence.manifest import MANIFEST
from pruefstand.evidence.run_folder import RUN, read_run
from pruefstand.report.dossier import compile_dossier
from pruefstand.report.files import write_reports, writers
from pruefstand.report.texts import Language
from pruefstand.requirements.catalogue import load_catalogue

EPILOG = (
    "Beispiele:\n\n"
    "pruefstand report runs/20261124-…\n\n"
    "pruefstand report runs/20261124-… --lang en --format html --format pdf\n\n"
    "pruefstand report runs/20261124-… --out bericht/\n\n"
    "pruefstand report --formats"
)
app = typer.Typer(add_completion=False)


@app.command(epilog=EPILOG)
def report(
    run: Annotated[Path | None, typer.Argument(help="Laufordner")] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="nur dieses Format; mehrfach möglich")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Sprache der Berichte")] = Language.GERMAN,
    out: Annotated[
        Path | None, typer.Option(help="Zielordner; sonst <Lauf>-bericht neben dem Laufordner")
    ] = None,
    show_formats: Annotated[
        bool, typer.Option("--formats", help="die Formate zeigen und enden")
    ] = False,
) -> None:
    """Schreibt die Berichte eines fertigen Laufs neben den Laufordner, der bleibt, wie er ist."""
    console = Console(highlight=False, soft_wrap=True)
    chosen = writers(formats or ())
    if show_formats:
        table = Table("Format", "Datei", "Für wen")
        for name, writer in chosen.items():
            table.add_row(name, writer.file, writer.about)
        console.print(table)
        return
    folder = run_folder(run)
    target = out or folder.with_name(f"{folder.name}-bericht")
    refuse_sealed(target)
    dossier = compile_dossier(read_run(folder), load_catalogue(project_root() / "catalogue"), lang)
    write_reports(dossier, target, chosen, announce=lambda file: console.print(file, markup=False))
    console.print(f"Berichte: {target}", markup=False)


def run_folder(run: Path | None) -> Path:
    """Return the run folder; raises OperatorError when none is given or it is none."""
    if run is None:
        raise OperatorError("kein Laufordner angegeben", hint="pruefstand report runs/<lauf>")
    folder = run.absolute()
    if not (folder / RUN).is_file():
        raise OperatorError(
            f"{run}: kein Laufordner ({RUN} fehlt)",
            hint="einen Ordner aus runs/ angeben",
        )
    return folder


def refuse_sealed(target: Path) -> None:
    """Raise OperatorError when `target` lies in a sealed run folder: a new file breaks the seal."""
    for folder in (target.absolute(), *target.absolute().parents):
        if (folder / MANIFEST).exists():
            raise OperatorError(
                f"{target}: liegt im versiegelten Laufordner {folder}",
                hint="mit --out einen Ordner außerhalb angeben",
            )
