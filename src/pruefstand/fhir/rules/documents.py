"""Which rules beyond profiles concern a document, and what they find in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pruefstand.fhir.rules import prescription, sick_note
from pruefstand.fhir.rules.prescription_view import PrescriptionView
from pruefstand.fhir.rules.rule import Breach, Rule, Subject, breaches
from pruefstand.fhir.rules.sick_note import SickNote
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.fhir.xpath import Element, texts_of

_PROFILES = texts_of("/f:Bundle/f:meta/f:profile/@value")
_SICK_NOTES = ("KBV_PR_EAU_Bundle", "KBV_PR_EAU_Storno_Bundle")
_PRESCRIPTIONS = ("KBV_PR_ERP_Bundle", "KBV_PR_EVDGA_Bundle")


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule and how a document stands to it: `breach` is None when it is kept."""

    name: str
    requirement: str
    title: str
    breach: Breach | None
    tolerated: bool = False


def rule_results(data: bytes, *, stem: str | None = None) -> tuple[RuleResult, ...]:
    """Return every rule that concerns a document; none when it is neither readable nor known."""
    try:
        root = safe_parse(data)
    except FhirSyntaxProblem:
        return ()
    names = [profile.rpartition("/")[2].partition("|")[0] for profile in _PROFILES(root)]
    if any(name in _SICK_NOTES for name in names):
        return tuple(_all(sick_note.RULES, SickNote(data, root, stem)))
    if any(name in _PRESCRIPTIONS for name in names):
        return tuple(_of_prescription(root))
    return ()


def _of_prescription(root: Element) -> Iterator[RuleResult]:
    view = PrescriptionView.of(root)
    given = prescription.submission_of(view)
    if given is None:
        rule = next(one for one in prescription.RULES if one.name == "prescription-id")
        breach = Breach("rx-id-missing", view.prescription_id or "–")
        yield RuleResult(rule.name, rule.requirement, rule.title, breach)
    else:
        # Without task and signature two rules have nothing to compare with.
        alone = [one for one in prescription.RULES if one.name != "signing-day"]
        yield from _all(alone, given)


def _all(
    rules: list[Rule[Subject]] | tuple[Rule[Subject], ...], subject: Subject
) -> Iterator[RuleResult]:
    broken = {rule.name: breach for rule, breach in breaches(rules, subject)}
    for rule in rules:
        breach = broken.get(rule.name)
        yield RuleResult(rule.name, rule.requirement, rule.title, breach, rule.tolerated)
