"""Brings prescriptions given by `--verordnung` through the whole flow."""

from __future__ import annotations

from pytest_bdd import scenario


@scenario(
    "erezept/verordnung_aus_datei.feature",
    "Eine vorhandene Verordnung wird bis zur Quittung gebracht",
)
def test_verordnung_aus_datei(verordnungsdatei: object) -> None:
    """Run once for each file; the fixture parametrises the scenario."""
