"""The texts of the reports: one TOML file per language, read once; German words are data."""

from __future__ import annotations

import tomllib
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from pruefstand.clock import BERLIN
from pruefstand.model.verdict import Verdict
from pruefstand.requirements.coverage import State


class Language(StrEnum):
    """A language reports are written in."""

    GERMAN = "de"
    ENGLISH = "en"


class Texts:
    """Texts, numbers and moments in one language."""

    def __init__(self, language: Language, table: dict[str, dict[str, str]]) -> None:
        self.language = language
        self.table = table

    def __call__(self, key: str, **values: object) -> str:
        """Return the text `group.name` filled with `values`; raises KeyError when there is none."""
        group, _, name = key.partition(".")
        text = self.table[group][name]
        return text.format(**values) if values else text

    def find(self, group: str, name: str) -> str:
        """Return the text `name` of `group`, or `name` itself: roles and states may be foreign."""
        return self.table[group].get(name.lower(), name)

    @property
    def keys(self) -> set[str]:
        """Return every key."""
        return {f"{group}.{name}" for group, names in self.table.items() for name in names}

    def verdict(self, verdict: Verdict) -> str:
        """Return the word for `verdict`."""
        return self(f"verdict.{verdict.name.lower()}")

    def state(self, state: State) -> str:
        """Return the word for the state of a requirement."""
        return self(f"state.{state.name.lower()}")

    def role(self, name: str) -> str:
        """Return the name of the role `name`, or the name itself."""
        return self.find("role", name) or "?"

    def moment(self, value: Any) -> str:
        """Return an ISO 8601 moment in German local time; anything else as it is."""
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value or "–")
        if instant.tzinfo is None:
            return str(value)
        return instant.astimezone(BERLIN).strftime(self("format.moment"))

    def decimal(self, value: float, digits: int, unit: str) -> str:
        """Return `value` with a unit, a thin German comma included."""
        return f"{value:.{digits}f} {unit}".replace(".", self("format.decimal"))

    def seconds(self, value: float) -> str:
        """Return a duration given in seconds."""
        return self.decimal(value, 2, "s")

    def size(self, value: int) -> str:
        """Return a number of bytes."""
        if value < 1024:
            return f"{value} {self('body.byte')}"
        return self.decimal(value / 1024, 1, "KiB")


@cache
def texts(language: Language = Language.GERMAN) -> Texts:
    """Return the texts in `language`."""
    source = files("pruefstand.report").joinpath("texts", f"{language}.toml")
    return Texts(language, tomllib.loads(source.read_text(encoding="utf-8")))
