"""The official FHIR examples, read through PRUEFSTAND_SPECS."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from pruefstand.fhir.validation import Finding, Validator

FOLDERS = (
    "KBV_PR_ERP_Bundle",
    "KBV_PR_EAU_Bundle",
    "KBV_PR_EAU_Storno_Bundle",
    "GEM_ERP_PR_Bundle",
    "GEM_ERP_PR_MedicationDispense",
)


def specs() -> Path:
    """Return the folder of official material, or skip."""
    root = os.environ.get("PRUEFSTAND_SPECS")
    if not root or not (Path(root) / "fhir-packages").is_dir():
        pytest.skip("PRUEFSTAND_SPECS is not set: no official FHIR packages")
    return Path(root)


@cache
def validator() -> Validator:
    """Return one validator for all tests of a process."""
    return Validator(specs())


def published_specs(folder: Path) -> Path:
    """Fill `folder` with the packages, as published (without snapshots) where we have them so."""
    packages = folder / "fhir-packages"
    packages.mkdir()
    published = specs() / "fhir-packages-published"
    for archive in (specs() / "fhir-packages").glob("*.tgz"):
        own = published / archive.name
        (packages / archive.name).symlink_to(own if own.exists() else archive)
    (folder / "fhir-r4-base").symlink_to(specs() / "fhir-r4-base")
    return folder


def key_of(finding: Finding) -> tuple[str, ...]:
    """Return what makes two findings the same."""
    place = (finding.path, str(finding.line), finding.element)
    return (finding.kind, finding.rule, finding.severity, *place)


def files(verdict: str, folder: str = "") -> list[Path]:
    """Return the examples with the given verdict, `valid` or `invalid`."""
    root = os.environ.get("PRUEFSTAND_SPECS")
    if not root:
        return []
    return [
        path
        for name in FOLDERS
        for path in sorted((Path(root) / "examples" / name).rglob("*.xml"))
        if f"/{verdict}/" in path.as_posix() and folder in path.as_posix()
    ]
