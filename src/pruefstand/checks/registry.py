"""Finds a check again by what a finding says of it: module, function and JSON arguments.

Only checks and makers of checks below `pruefstand.checks` can be named: a recorded name never
reaches other code.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pruefstand.checks
from pruefstand.checks.check import PACKAGE, Check, Factory, Reference


class CheckGone(LookupError):
    """No check of today answers to a reference; the message says why, for a person."""


def find_check(reference: Reference) -> Check:
    """Return today's check for `reference`; raises CheckGone."""
    module, _, name = reference.name.partition(":")
    if module not in _modules():
        raise CheckGone(f"Prüfung {reference.name or 'ohne Verweis'} gibt es nicht mehr")
    found = vars(_module(module)).get(name)
    if isinstance(found, Check) and not reference.arguments:
        return found
    if not isinstance(found, Factory):
        raise CheckGone(f"Prüfung {reference.name} gibt es nicht mehr")
    try:
        return found(*reference.arguments)
    except (TypeError, ValueError) as error:
        raise CheckGone(
            f"Prüfung {reference.name} nimmt die aufgezeichneten Parameter nicht mehr an ({error})"
        ) from error


def all_checks() -> frozenset[str]:
    """Return the reference names of all checks and makers of checks."""
    return frozenset(name for module in _modules() for name in _named(_module(module)))


def _named(module: ModuleType) -> Iterator[str]:
    for item in vars(module).values():
        if isinstance(item, Factory):
            yield item.name
        elif isinstance(item, Check) and not item.reference.arguments:
            yield item.reference.name


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


@cache
def _modules() -> frozenset[str]:
    found = pkgutil.walk_packages(pruefstand.checks.__path__, f"{PACKAGE}.")
    return frozenset(module.name.removeprefix(f"{PACKAGE}.") for module in found)
