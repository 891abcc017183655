"""The command `pruefstand`: one module per sub-command, imported when it is called."""

from __future__ import annotations

import sys

from pruefstand.cli.commands import app
from pruefstand.errors import ExitCode, PruefstandError


def main() -> None:
    """Run the command line; a known error is one sentence, never a traceback."""
    try:
        app()
    except PruefstandError as error:
        from rich.console import Console

        Console(stderr=True, highlight=False).print(
            f"Fehler: {error}", markup=False, soft_wrap=True
        )
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
