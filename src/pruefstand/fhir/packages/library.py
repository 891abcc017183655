"""Definitions of one package set by canonical address, from the official packages on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pruefstand.errors import EnvironmentProblem
from pruefstand.fhir.packages.sets import BASE, PackageSet
from pruefstand.fhir.packages.shelf import Shelf, cache_folder, shelf_of

VARIABLE = "PRUEFSTAND_SPECS"
_FOLDERS = ("fhir-packages", "fhir-r4-base", ".")

Json = dict[str, Any]


class MissingPackage(EnvironmentProblem):
    """An official package is not at hand: nothing can be decided."""


def specs_home() -> Path:
    """Return the folder that official material is kept in, whether it exists or not."""
    root = os.environ.get(VARIABLE)
    return Path(root) if root else cache_folder().parent / "specs"


def specs_folder() -> Path:
    """Return the folder of official material; raises MissingPackage when there is none."""
    home = specs_home()
    if not home.is_dir():
        raise MissingPackage(
            f"nicht entscheidbar: die amtlichen FHIR-Pakete fehlen ({home})",
            hint=f"pruefstand specs install, oder {VARIABLE} auf ihren Ordner setzen",
        )
    return home


def archive_of(name: str, specs: Path) -> Path:
    """Return the archive of the package `name-version`; raises MissingPackage."""
    for folder in _FOLDERS:
        path = specs / folder / f"{name}.tgz"
        if path.is_file():
            return path
    raise MissingPackage(
        f"nicht entscheidbar: das Paket {name} fehlt in {specs}",
        hint=f"pruefstand specs install {name}",
    )


class Definitions:
    """What all packages of a set define; a later package replaces an earlier one."""

    def __init__(self, base: Shelf, shelves: list[Shelf]) -> None:
        self._base = base
        self._shelves = [*reversed(shelves), base]

    @classmethod
    def of(cls, packages: PackageSet, specs: Path, cache: Path | None = None) -> Definitions:
        """Return the definitions of a package set; raises MissingPackage."""
        archives = [archive_of(name, specs) for name in (BASE, *packages.names)]
        base, *shelves = [shelf_of(archive, cache) for archive in archives]
        return cls(base, shelves)

    def get(self, kind: str, url: str) -> Json | None:
        """Return the definition of `kind` at `url`."""
        for shelf in self._shelves:
            if f"{kind} {url}" in shelf:
                return shelf.get(kind, url)
        return None

    def is_base(self, url: str) -> bool:
        """Return whether FHIR R4 itself defines the structure at `url`."""
        return f"StructureDefinition {url}" in self._base

    def base_urls(self) -> list[str]:
        """Return the addresses of all structures of FHIR R4."""
        return self._base.urls("StructureDefinition")
