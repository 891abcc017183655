"""Steps are plugins: their definitions must be visible to the module that binds the features."""

from __future__ import annotations

pytest_plugins = [
    "steps.erezept",
    "steps.erezept_ablehnung",
    "steps.erezept_datei",
    "steps.erezept_zustaende",
    "steps.konnektor",
]
