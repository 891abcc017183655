"""The checks of $activate behind the signature, as an ordered list (steps 5 to 14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import cast

from mocks.erezept.dosage_check import check_dosage
from mocks.erezept.errors import Refused
from mocks.erezept.mvo import check_mvo
from mocks.erezept.prescription_view import PrescriptionView
from mocks.erezept.resources import KVID
from mocks.erezept.roles import OID
from mocks.erezept.signature import SignedUpload
from pruefstand.clock import berlin_day
from pruefstand.fhir.profiles import ERP, EVDGA, split_canonical, versions_on
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.ids import iknr, kvnr, lanr, pzn, rezept_id, zanr
from pruefstand.ids.rezept_id import FlowType

Validator = Callable[[bytes], list[str]]
"""Returns one diagnostics line per profile error."""

_DOCTORS = frozenset({OID + "30", OID + "31"})
SIGNERS: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        160: _DOCTORS,
        169: _DOCTORS,
        200: _DOCTORS,
        209: _DOCTORS,
        162: _DOCTORS | {OID + "45", OID + "46", OID + "47"},
        166: frozenset({OID + "30"}),
    }
)
_KBV = "https://fhir.kbv.de/StructureDefinition/"
_PRIVATE_FLOWS = frozenset({FlowType.DRUG_PRIVATE, FlowType.STEERED_PRIVATE})
_DRUG, _NARCOTIC, _TERATOGENIC = "00", "01", "02"
ANR_WARNING = 252


@dataclass(slots=True)
class Upload:
    """A prescription on its way in; `warning` is the key of an accepted defect."""

    flow_type: int
    prescription_id: str
    signature: SignedUpload
    settings: Mapping[str, object]
    today: date
    parsed: PrescriptionView | None = None
    warning: str | None = None

    @property
    def view(self) -> PrescriptionView:
        """The bundle's fields, known from the check `xml` on."""
        assert self.parsed is not None
        return self.parsed


@dataclass(frozen=True, slots=True)
class Check:
    """A named step; `run` raises Refused."""

    name: str
    run: Callable[[Upload], None]
    source: str


def _profession(upload: Upload) -> None:
    if not SIGNERS[upload.flow_type].intersection(upload.signature.signer.profession_oids):
        raise Refused("profession")


def _xml(upload: Upload) -> None:
    try:
        root = safe_parse(upload.signature.document.content)
    except FhirSyntaxProblem as problem:
        raise Refused("not-xml", diagnostics=str(problem)) from None
    upload.parsed = PrescriptionView.of(root)


def _profile_window(upload: Upload) -> None:
    view = upload.view
    package, name = ERP, "KBV_PR_ERP_Bundle"
    if upload.flow_type == FlowType.DIGITAL_APPLICATION:
        package, name = EVDGA, "KBV_PR_EVDGA_Bundle"
    versions = versions_on(package, view.authored_on or upload.today)
    expected = [f"{_KBV}{name}|{version}" for version in versions]
    if len(view.profiles) != 1 or view.profiles[0] not in expected:
        found = ", ".join(view.profiles) or "(none)"
        raise _invalid(f"invalid profile {found} must be one of: {', '.join(expected)}")


def _validation(upload: Upload) -> None:
    validator = cast("Validator | None", upload.settings.get("validator"))
    errors = validator(upload.signature.document.content) if validator else []
    if errors:
        raise _invalid("; ".join(errors))


def _invalid(diagnostics: str) -> Refused:
    return Refused("validation", diagnostics=diagnostics)


def _one_request(upload: Upload) -> None:
    if upload.flow_type == FlowType.DIGITAL_APPLICATION:
        if upload.view.device_requests != 1:
            raise Refused("category-diga")
    elif upload.view.drug_requests != 1:
        raise _invalid("Bundle: error: expected exactly one MedicationRequest")
    if upload.view.authored_on is None:
        raise _invalid("Bundle: error: authoredOn is missing or no date")


def _patient_identifier(upload: Upload) -> None:
    if upload.view.patient_systems != (KVID,):
        raise Refused("patient-id")


def _ik(upload: Upload) -> None:
    if not all(map(iknr.is_valid, upload.view.iks)):
        raise Refused("ik")
    if not all(map(iknr.is_valid, upload.view.alternative_iks)):
        raise Refused("ik-alternative")


def _pzn(upload: Upload) -> None:
    if not all(map(pzn.is_valid, upload.view.pzns)):
        raise Refused("pzn")


def _teratogenic(upload: Upload) -> None:
    if upload.flow_type != FlowType.TERATOGENIC:
        return
    if split_canonical(upload.view.profiles[0])[1] < "1.4":
        raise Refused("t-version")
    if upload.view.mvo.marked:
        raise Refused("t-mvo")


def _dosage(upload: Upload) -> None:
    check_dosage(upload.view.dosage)


def _mvo(upload: Upload) -> None:
    check_mvo(upload.view, upload.flow_type)


def _category(upload: Upload) -> None:
    category = upload.view.category
    if upload.flow_type == FlowType.DIGITAL_APPLICATION:
        return
    if category == _NARCOTIC:
        if not upload.settings.get("e_btm", False):
            raise Refused("btm")
        if upload.flow_type != FlowType.TERATOGENIC:
            return
    if upload.flow_type == FlowType.TERATOGENIC:
        if category != _TERATOGENIC:
            raise Refused("category-t")
    elif category != _DRUG:
        raise Refused("category")


def _prescription_id(upload: Upload) -> None:
    text = upload.view.prescription_id
    if text is None or not rezept_id.is_valid(text):
        raise Refused("rx-id-missing")
    if rezept_id.parse(text).flow_type != upload.flow_type:
        raise Refused("rx-id-flow")
    if text != upload.prescription_id:
        raise Refused("rx-id")


def _signing_day(upload: Upload) -> None:
    at = upload.signature.document.signing_time
    if upload.view.authored_on != berlin_day(at):
        raise Refused("signing-day")


def _coverage(upload: Upload) -> None:
    if upload.view.coverages != 1:
        raise Refused("coverage-count")
    private = upload.view.coverage_type == "PKV"
    if upload.flow_type in _PRIVATE_FLOWS:
        if not private:
            raise Refused("coverage-not-pkv")
    elif private and upload.flow_type != FlowType.TERATOGENIC:
        raise Refused("coverage-pkv")


def _physician_number(upload: Upload) -> None:
    view = upload.view
    if all(map(lanr.is_valid, view.lanrs)) and all(map(zanr.is_valid, view.zanrs)):
        return
    if upload.settings.get("anr_error", False):
        raise Refused("anr")
    upload.warning = "anr"


def _kvnr(upload: Upload) -> None:
    if not kvnr.is_valid(upload.view.kvnr or ""):
        raise Refused("kvnr")


CHECKS = (
    Check("profession", _profession, "A_19225-02"),
    Check("xml", _xml, "A_19020"),
    Check("profile-window", _profile_window, "A_23384-05"),
    Check("validation", _validation, "A_19020"),
    Check("one-request", _one_request, "A_19020"),
    Check("patient-identifier", _patient_identifier, "A_23936-01"),
    Check("ik", _ik, "A_23888"),
    Check("pzn", _pzn, "A_23892"),
    Check("dosage", _dosage, "A_28570"),
    Check("teratogenic", _teratogenic, "A_27813"),
    Check("mvo", _mvo, "A_22627-01"),
    Check("category", _category, "A_22231-01"),
    Check("prescription-id", _prescription_id, "A_21370"),
    Check("signing-day", _signing_day, "A_22487"),
    Check("coverage", _coverage, "A_23443-01"),
    Check("physician-number", _physician_number, "A_23891"),
    Check("kvnr", _kvnr, "A_23890-01"),
)


def check_upload(upload: Upload) -> None:
    """Run all checks in order; raises Refused at the first that fails."""
    for check in CHECKS:
        check.run(upload)
