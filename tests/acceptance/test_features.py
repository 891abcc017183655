"""Binds every feature to pytest, but the file scenario, which needs files."""

from __future__ import annotations

from pytest_bdd import scenarios

scenarios(
    "erezept/muster16.feature",
    "erezept/ablehnungen.feature",
    "erezept/rueckwege.feature",
    "erezept/zustaende.feature",
    "betrieb/konnektor.feature",
)
