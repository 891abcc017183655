"""What a given file must hold before anyone signs it."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, factory

EXPECTED = "alle Nummern mit richtiger Prüfziffer"


@factory
def identifiers_hold(*wrong: str) -> Check:
    """Return the check that a file has none of the `wrong` identifiers a reader found in it.

    It judges no traffic: what would make the Fachdienst refuse the file is known before.
    """

    def judge(_: Exchanges) -> Judgement:
        actual = "; ".join(f"{problem} → im PVS berichtigen und neu ausgeben" for problem in wrong)
        return Judgement(not wrong, EXPECTED, actual or "alle Nummern stimmen")

    return Check("identifiers_hold", ("P6-01",), judge)
