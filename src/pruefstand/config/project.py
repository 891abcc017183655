"""Where features, profiles and runs live."""

from __future__ import annotations

from pathlib import Path

from pruefstand.errors import ConfigurationError


def project_root() -> Path:
    """Return the folder that holds `features/`: upwards from here, else from the package.

    Raises ConfigurationError when there is none.
    """
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / "features").is_dir() and (folder / "profiles").is_dir():
                return folder
    raise ConfigurationError(
        "kein Projektordner gefunden: features/ und profiles/ fehlen",
        hint="im Projektordner aufrufen",
    )
