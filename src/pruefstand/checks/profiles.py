"""Whether uploaded documents conform to their official profiles."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pruefstand.checks.check import Exchanges, Judgement, check
from pruefstand.checks.documents import uploaded
from pruefstand.checks.select import answered, carried_by_vau
from pruefstand.fhir.packages.library import specs_folder
from pruefstand.fhir.validation import Validator, message
from pruefstand.model.exchange import Exchange


@cache
def _validator(specs: Path) -> Validator:
    # Definitions are read once per process: that costs more than a whole scenario.
    return Validator(specs)


@check("P36-01")
def uploaded_bundles_conform_to_their_profile(exchanges: Exchanges) -> Judgement:
    """Every prescription the service took is valid by KBV's profiles.

    Raises MissingPackage when the official packages are not at hand: then nothing is decided.
    """
    validator = _validator(specs_folder())
    count = 0
    for exchange in answered(carried_by_vau(exchanges, "Task/$activate"), 200, 252):
        count += 1
        problem = _problem(validator, exchange)
        if problem:
            return Judgement(False, _EXPECTED, problem, exchange.id)
    if not count:
        return Judgement(False, _EXPECTED, "nichts wurde eingestellt")
    return Judgement(True, _EXPECTED, f"{count} Dokumente sind gültig")


_EXPECTED = "Bundle gültig nach seinem KBV-Profil"


def _problem(validator: Validator, exchange: Exchange) -> str:
    document = uploaded(exchange)
    if document is None:
        return "Signatur ungültig"
    errors = validator.validate(document.content).errors
    return message(errors[0]) if errors else ""
