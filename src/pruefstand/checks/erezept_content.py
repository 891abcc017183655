"""What a signed prescription says, against data and algorithms outside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.documents import resource, uploaded, value
from pruefstand.checks.select import carried_by_vau
from pruefstand.crypto.cms_qes import QesDocument
from pruefstand.crypto.pki import read_certificate_info
from pruefstand.fhir.canonical import canonical
from pruefstand.fhir.dosage_text import DosageProblem, dosage_text
from pruefstand.fhir.rules.prescription_view import DosageView, PrescriptionView
from pruefstand.fhir.xml import FhirSyntaxProblem
from pruefstand.model.exchange import Exchange

PHYSICIAN = "1.2.276.0.76.4.30"
T_FLOW = "166."
_MEDICATION = "/f:Bundle/f:entry/f:resource/f:Medication"
_INGREDIENT = f"{_MEDICATION}/f:ingredient[1]"
MASTER_DATA: Mapping[str, str] = {
    "pzn": f"{_MEDICATION}/f:code/f:coding[f:system/@value='http://fhir.de/CodeSystem/ifa/pzn']"
    "/f:code/@value",
    "name": f"{_MEDICATION}/f:code/f:text/@value",
    "form": f"{_MEDICATION}/f:form/f:coding/f:code/@value",
    "pack_size": f"{_MEDICATION}/f:amount/f:numerator/f:extension/f:valueString/@value",
    "pack_unit": f"{_MEDICATION}/f:amount/f:numerator/f:unit/@value",
    "standard_size": f"{_MEDICATION}/f:extension[contains(@url, 'normgroesse')]/f:valueCode/@value",
    "ingredient": f"{_INGREDIENT}/f:itemCodeableConcept/f:text/@value",
    "amount": f"{_INGREDIENT}/f:strength/f:numerator/f:value/@value",
    "unit": f"{_INGREDIENT}/f:strength/f:numerator/f:unit/@value",
}
"""What the master data of a product say → where a prescription by PZN says it."""


def _all_uploads(
    exchanges: Exchanges, good: Callable[[QesDocument], bool], expected: str
) -> Judgement:
    def holds(exchange: Exchange) -> bool:
        document = uploaded(exchange)
        return document is not None and good(document)

    return judge_all(
        carried_by_vau(exchanges, "Task/$activate"),
        holds,
        expected=expected,
        show=lambda exchange: f"{exchange.request.start}: nicht eingehalten",
    )


def _is_canonical(content: bytes) -> bool:
    try:
        return canonical(content) == content
    except FhirSyntaxProblem:
        return False


@check("A_19559")
def document_is_canonical(exchanges: Exchanges) -> Judgement:
    """What was signed is its own canonical form (Canonical XML 1.1)."""
    return _all_uploads(
        exchanges,
        lambda document: _is_canonical(document.content),
        "signierte Oktette sind ihre eigene kanonische Form",
    )


@factory
def master_data_are_unchanged(product: Mapping[str, str], *requirements: str) -> Check:
    """Return the check that prescriptions say of a `product` what its master data say.

    The keys are those of `MASTER_DATA`.
    """

    def same(document: QesDocument) -> bool:
        return all(
            value(document.content, MASTER_DATA[name]) == text for name, text in product.items()
        )

    def judge(exchanges: Exchanges) -> Judgement:
        return _all_uploads(exchanges, same, ", ".join(product.values()))

    return Check("master_data_are_unchanged", requirements, judge)


def _dosage(document: QesDocument) -> DosageView | None:
    root = resource(document.content)
    return None if root is None else PrescriptionView.of(root).dosage


def _is_dgmp(document: QesDocument) -> bool:
    dosage = _dosage(document)
    try:
        return dosage is not None and bool(dosage_text(dosage.instructions))
    except DosageProblem:
        return False


def _is_generated(document: QesDocument) -> bool:
    dosage = _dosage(document)
    if dosage is None or not dosage.algorithm or dosage.language != "de-DE":
        return False
    try:
        return dosage.rendered == dosage_text(dosage.instructions)
    except DosageProblem:
        return False


@check("P36-43")
def dosage_keeps_its_profile(exchanges: Exchanges) -> Judgement:
    """The dosage is one DosageDgMP allows: free text alone, or a schedule of one form."""
    return _all_uploads(exchanges, _is_dgmp, "Dosierung nach DosageDgMP")


@check("P36-04")
def dosage_text_is_generated(exchanges: Exchanges) -> Judgement:
    """The readable dosage is what the algorithm makes of the data, and names its version."""
    expected = "renderedDosageInstruction wie aus den Daten erzeugt, mit Version und Sprache"
    return _all_uploads(exchanges, _is_generated, expected)


def _by_physician(document: QesDocument) -> bool:
    prescription = value(document.content, "/f:Bundle/f:identifier/f:value/@value") or ""
    info = read_certificate_info(document.signer_certificate)
    return prescription.startswith(T_FLOW) and PHYSICIAN in info.profession_oids


@check("A_27834")
def physician_signs_teratogenic(exchanges: Exchanges) -> Judgement:
    """A T-Rezept carries the signature of a physician's card, no other."""
    return _all_uploads(
        exchanges, _by_physician, f"T-Rezept, signiert mit der Rolle {PHYSICIAN} (Arzt)"
    )
