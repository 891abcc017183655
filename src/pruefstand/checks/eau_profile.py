"""Whether what the practice system should have noticed before signing stays there."""

from __future__ import annotations

from pruefstand.checks.check import Exchanges, Judgement, check
from pruefstand.checks.eau_select import sent_documents


@check("P6-01")
def faulty_note_stays_here(exchanges: Exchanges) -> Judgement:
    """No eAU leaves the practice system."""
    expected = "keine eAU wird versendet"
    found = sent_documents(exchanges)
    if not found:
        return Judgement(True, expected, "keine")
    return Judgement(False, expected, f"{len(found)} versendet", found[0].exchange.id)
