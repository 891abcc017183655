"""What the Fachdienst demands of a prescription beyond its profile, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pruefstand.fhir.profiles import split_canonical
from pruefstand.fhir.rules.dosage import judge_dosage
from pruefstand.fhir.rules.mvo import first_broken
from pruefstand.fhir.rules.prescription_view import PrescriptionView
from pruefstand.fhir.rules.rule import Breach, Rule
from pruefstand.ids import iknr, kvnr, lanr, pzn, rezept_id, zanr
from pruefstand.ids.rezept_id import FlowType

KVID = "http://fhir.de/sid/gkv/kvid-10"
_PRIVATE_FLOWS = frozenset({FlowType.DRUG_PRIVATE, FlowType.STEERED_PRIVATE})
_DRUG, _NARCOTIC, _TERATOGENIC = "00", "01", "02"


@dataclass(frozen=True, slots=True)
class Submission:
    """A prescription with what is known around it; None where a document alone does not tell.

    `e_btm` says that the service takes narcotics.
    """

    view: PrescriptionView
    flow_type: int
    prescription_id: str | None = None
    signing_day: date | None = None
    e_btm: bool = False


def submission_of(view: PrescriptionView) -> Submission | None:
    """Return a document as a submission of the workflow in its own id; None without one."""
    text = view.prescription_id
    if text is None or not rezept_id.is_valid(text):
        return None
    return Submission(view, rezept_id.parse(text).flow_type)


def _one_request(given: Submission) -> Breach | None:
    if given.flow_type == FlowType.DIGITAL_APPLICATION:
        if given.view.device_requests != 1:
            return Breach("category-diga")
    elif given.view.drug_requests != 1:
        return Breach("validation", "Bundle: error: expected exactly one MedicationRequest")
    if given.view.authored_on is None:
        return Breach("validation", "Bundle: error: authoredOn is missing or no date")
    return None


def _patient_identifier(given: Submission) -> Breach | None:
    return None if given.view.patient_systems == (KVID,) else Breach("patient-id")


def _ik(given: Submission) -> Breach | None:
    if not all(map(iknr.is_valid, given.view.iks)):
        return Breach("ik")
    valid = all(map(iknr.is_valid, given.view.alternative_iks))
    return None if valid else Breach("ik-alternative")


def _pzn(given: Submission) -> Breach | None:
    return None if all(map(pzn.is_valid, given.view.pzns)) else Breach("pzn")


def _dosage(given: Submission) -> Breach | None:
    return judge_dosage(given.view.dosage)


def _teratogenic(given: Submission) -> Breach | None:
    if given.flow_type != FlowType.TERATOGENIC:
        return None
    if not given.view.profiles or split_canonical(given.view.profiles[0])[1] < "1.4":
        return Breach("t-version")
    return Breach("t-mvo") if given.view.mvo.marked else None


def _mvo(given: Submission) -> Breach | None:
    broken = first_broken(given.view, given.flow_type)
    return Breach(broken) if broken else None


def _category(given: Submission) -> Breach | None:
    category, teratogenic = given.view.category, given.flow_type == FlowType.TERATOGENIC
    if given.flow_type == FlowType.DIGITAL_APPLICATION:
        return None
    if category == _NARCOTIC:
        if not given.e_btm:
            return Breach("btm")
        if not teratogenic:
            return None
    if teratogenic:
        return None if category == _TERATOGENIC else Breach("category-t")
    return None if category == _DRUG else Breach("category")


def _prescription_id(given: Submission) -> Breach | None:
    text = given.view.prescription_id
    if text is not None and text == given.prescription_id:
        # The service's own id needs no second look.
        return None
    if text is None or not rezept_id.is_valid(text):
        return Breach("rx-id-missing")
    if rezept_id.parse(text).flow_type != given.flow_type:
        return Breach("rx-id-flow")
    return None if given.prescription_id in (None, text) else Breach("rx-id")


def _signing_day(given: Submission) -> Breach | None:
    day = given.signing_day
    return None if day is None or given.view.authored_on == day else Breach("signing-day")


def _coverage(given: Submission) -> Breach | None:
    if given.view.coverages != 1:
        return Breach("coverage-count")
    private = given.view.coverage_type == "PKV"
    if given.flow_type in _PRIVATE_FLOWS:
        return None if private else Breach("coverage-not-pkv")
    if private and given.flow_type != FlowType.TERATOGENIC:
        return Breach("coverage-pkv")
    return None


def _physician_number(given: Submission) -> Breach | None:
    view = given.view
    valid = all(map(lanr.is_valid, view.lanrs)) and all(map(zanr.is_valid, view.zanrs))
    return None if valid else Breach("anr")


def _kvnr(given: Submission) -> Breach | None:
    return None if kvnr.is_valid(given.view.kvnr or "") else Breach("kvnr")


RULES = (
    Rule("one-request", "A_19020", "genau eine Verordnung mit Ausstellungsdatum", _one_request),
    Rule("patient-identifier", "A_23936-01", "Patient mit KVNR", _patient_identifier),
    Rule("ik", "A_23888", "IK mit richtiger Prüfziffer", _ik),
    Rule("pzn", "A_23892", "PZN mit richtiger Prüfziffer", _pzn),
    Rule("dosage", "A_28570", "Dosierungstext wie aus den Daten erzeugt", _dosage),
    Rule("teratogenic", "A_27813", "T-Rezept ab Profil 1.4 und nicht als MVO", _teratogenic),
    Rule("mvo", "A_22627-01", "Regeln der Mehrfachverordnung", _mvo),
    Rule("category", "A_22231-01", "Kategorie passend zum Workflow", _category),
    Rule("prescription-id", "A_21370", "Rezept-ID der Aufgabe", _prescription_id),
    Rule("signing-day", "A_22487", "Ausstellung am Tag der Signatur", _signing_day),
    Rule("coverage", "A_23443-01", "ein Kostenträger, passend zum Workflow", _coverage),
    Rule(
        "physician-number",
        "A_23891",
        "Arztnummer mit richtiger Prüfziffer",
        _physician_number,
        tolerated=True,
    ),
    Rule("kvnr", "A_23890-01", "KVNR mit richtiger Prüfziffer", _kvnr),
)
"""The rules in the order in which the service looks at them."""
