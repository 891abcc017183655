"""The command `pruefstand`: one module per sub-command."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from pruefstand.cli import accept, evidence, fhir, load, mocks, requirements, specs
from pruefstand.errors import ExitCode, PruefstandError

app = typer.Typer(
    name="pruefstand",
    help="Prüfstand für die digitale Seite einer Arztpraxis: Abnahme, Nachweis, Last.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("accept", epilog=accept.EPILOG)(accept.accept)
app.command("load")(load.load)
app.add_typer(evidence.app, name="evidence")
app.add_typer(fhir.app, name="fhir")
app.add_typer(mocks.app, name="mocks")
app.add_typer(requirements.app, name="requirements")
app.add_typer(specs.app, name="specs")


def main() -> None:
    """Run the command line; a known error is one sentence, never a traceback."""
    try:
        app()
    except PruefstandError as error:
        Console(stderr=True, highlight=False).print(
            f"Fehler: {error}", markup=False, soft_wrap=True
        )
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
