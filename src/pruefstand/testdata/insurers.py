"""Invented insurers, and how a person is covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pruefstand.ids import iknr as iknr_rules
from pruefstand.rng import Rng

Insurance = Literal["GKV", "PKV"]
AccidentPayer = Literal["BG", "UK"]

STATUTORY = ("Musterkasse Nord", "Prüf-BKK", "Beispiel-Ersatzkasse", "Innungskasse Versuch")
PRIVATE = ("Muster Private Krankenversicherung", "Beispiel Krankenversicherung a. G.")

ACCIDENT: Mapping[str, str] = {"BG": "Beispiel-Berufsgenossenschaft", "UK": "Unfallkasse Muster"}

_PRIVATE_CLASSIFICATION = "16"
_ACCIDENT_CLASSIFICATION = "12"
_REGIONS = ("01", "02", "17", "38", "46", "52", "71", "72", "83", "98")


@dataclass(frozen=True, slots=True)
class Coverage:
    """A cover; the codes are those of the KBV key tables, `region` (WOP) only for GKV."""

    kind: str
    insurer: str
    iknr: str
    person_group: str = "00"
    disease_programme: str = "00"
    region: str | None = None
    insured_status: str = "1"
    payer_iknr: str = ""
    """Who pays in place of the insurer: BG or UK after an accident at work."""


def after_accident(rng: Rng, kind: AccidentPayer) -> Coverage:
    """Return the cover of an accident at work: statutory insurer, and who pays in its place."""
    usual = coverage(rng)
    payer = iknr_rules.generate(rng.derive("payer"), _ACCIDENT_CLASSIFICATION)
    return replace(usual, kind=kind, insurer=ACCIDENT[kind], payer_iknr=payer)


def coverage(rng: Rng, *, insurance: Insurance = "GKV", iknr: str | None = None) -> Coverage:
    """Return a cover with an invented insurer; `iknr` is taken unchecked."""
    if insurance == "GKV":
        number = iknr_rules.generate(rng.derive("iknr"))
        insurer = rng.derive("insurer").choice(STATUTORY)
        region = rng.derive("region").choice(_REGIONS)
        return Coverage("GKV", insurer, iknr if iknr is not None else number, region=region)
    number = iknr_rules.generate(rng.derive("iknr"), _PRIVATE_CLASSIFICATION)
    insurer = rng.derive("insurer").choice(PRIVATE)
    return Coverage("PKV", insurer, iknr if iknr is not None else number)
