"""The table of sub-commands; a module is imported when its command is called.

Each module `pruefstand.cli.<name>` holds `app`, a Typer with one command or a group of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = (
    "accept",
    "attest",
    "campaign",
    "diff",
    "evidence",
    "fhir",
    "load",
    "mocks",
    "mutate",
    "rejudge",
    "report",
    "requirements",
    "resume",
    "specs",
)
"""In the order of `pruefstand --help`."""


class CommandTable(TyperGroup):
    """Finds a sub-command in `COMMANDS`: pytest, Locust and lxml load only where they are used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and return the command, or None for a name that is not in the table."""
        if cmd_name not in COMMANDS:
            return None
        command = get_command(import_module(f"pruefstand.cli.{cmd_name}").app)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="pruefstand",
    cls=CommandTable,
    help="Prüfstand für die digitale Seite einer Arztpraxis: Abnahme, Nachweis, Last.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def pruefstand() -> None:
    """Prüfstand für die digitale Seite einer Arztpraxis: Abnahme, Nachweis, Last."""
