"""Tags of scenarios, written `kind:value` without their `@`."""

from __future__ import annotations

from collections.abc import Iterable

MANUAL = "manuell"
"""A person judges the scenario; nothing is executed."""


def values(tags: Iterable[str], kind: str) -> list[str]:
    """Return what stands after the colon in the tags of `kind`, sorted."""
    return sorted(tag.partition(":")[2] for tag in tags if tag.startswith(f"{kind}:"))


def from_tag(value: str) -> str:
    """Return the id that the value of a `@req:` tag names; a tag writes `_` for a space."""
    return value.replace("_", " ") if value.startswith("Anlage_") else value


def to_tag(identifier: str) -> str:
    """Return the tag that claims `identifier`."""
    return "@req:" + identifier.replace(" ", "_")
