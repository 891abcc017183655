"""`python -m pruefstand` is the command `pruefstand`."""

from __future__ import annotations

from pruefstand.cli.main import main

main()
