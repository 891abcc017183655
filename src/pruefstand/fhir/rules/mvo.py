"""The rules for multiple prescriptions (Mehrfachverordnung) in the original's order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pruefstand.fhir.rules.prescription_view import MultiplePrescription, PrescriptionView
from pruefstand.ids.rezept_id import FlowType

MAX_PARTS = 4
_REPLACEMENT = frozenset({"10", "11", "17"})
_DISCHARGE = frozenset({"04", "14"})
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Broken = Callable[[MultiplePrescription, PrescriptionView, int], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken(mvo, view, flow_type)` tells whether the the case `refusal` applies."""

    refusal: str
    broken: Broken
    source: str


def _ends_before_start(mvo: MultiplePrescription) -> bool:
    return mvo.start is not None and mvo.end is not None and mvo.end < mvo.start


def _starts_early(mvo: MultiplePrescription, view: PrescriptionView) -> bool:
    return mvo.start is not None and view.authored_on is not None and mvo.start < view.authored_on


MARKED = (
    Rule("mvo-id", lambda m, v, f: not _URN.fullmatch(m.id or ""), "A_24901"),
    Rule("mvo-end", lambda m, v, f: _ends_before_start(m), "A_23164"),
    Rule("mvo-flow", lambda m, v, f: f == FlowType.DIGITAL_APPLICATION, "A_22627-01"),
    Rule(
        "mvo-four",
        lambda m, v, f: max(m.numerator or 0, m.denominator or 0) > MAX_PARTS,
        "A_22628",
    ),
    Rule("mvo-numerator", lambda m, v, f: (m.numerator or 0) < 1, "A_22704"),
    Rule("mvo-denominator", lambda m, v, f: (m.denominator or 0) < 2, "A_22629"),
    Rule("mvo-order", lambda m, v, f: (m.numerator or 0) > (m.denominator or 0), "A_22630"),
    Rule("mvo-replacement", lambda m, v, f: v.legal_basis in _REPLACEMENT, "A_22633"),
    Rule("mvo-discharge", lambda m, v, f: v.legal_basis in _DISCHARGE, "A_22632"),
    Rule("mvo-start", lambda m, v, f: m.start is None, "A_22634"),
    Rule("mvo-start-early", lambda m, v, f: _starts_early(m, v), "A_23537"),
)
UNMARKED = (
    Rule(
        "mvo-no-numbering",
        lambda m, v, f: m.numerator is not None or m.denominator is not None,
        "A_22631",
    ),
    Rule("mvo-no-period", lambda m, v, f: m.has_period, "A_22631"),
)


def first_broken(view: PrescriptionView, flow_type: int) -> str | None:
    """Return the name of the first broken rule."""
    for rule in MARKED if view.mvo.marked else UNMARKED:
        if rule.broken(view.mvo, view, flow_type):
            return rule.refusal
    return None
