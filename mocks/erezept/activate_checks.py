"""The checks of $activate behind the signature, as an ordered list (steps 5 to 14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from mocks.erezept.errors import Refused
from mocks.erezept.official_profiles import ProfileErrors
from mocks.erezept.roles import OID
from mocks.erezept.signature import SignedUpload
from pruefstand.clock import berlin_day
from pruefstand.fhir.profiles import ERP, EVDGA, versions_on
from pruefstand.fhir.rules.prescription import RULES, Submission
from pruefstand.fhir.rules.prescription_view import PrescriptionView
from pruefstand.fhir.rules.rule import Rule
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.ids.rezept_id import FlowType

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
ANR_WARNING = 252


@dataclass(slots=True)
class Upload:
    """A prescription on its way in; `warning` is the key of an accepted defect."""

    flow_type: int
    prescription_id: str
    signature: SignedUpload
    settings: Mapping[str, object]
    today: date
    profile_errors: ProfileErrors
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
    errors = upload.profile_errors(upload.signature.document.content)
    if errors:
        raise _invalid("; ".join(errors))


def _invalid(diagnostics: str) -> Refused:
    return Refused("validation", diagnostics=diagnostics)


def _by(rule: Rule[Submission]) -> Check:
    def run(upload: Upload) -> None:
        breach = rule.judge(_submission(upload))
        if breach is None:
            return
        if rule.tolerated and not upload.settings.get("anr_error", False):
            upload.warning = breach.key
        else:
            raise Refused(breach.key, diagnostics=breach.detail or None, **breach.values)

    return Check(rule.name, run, rule.requirement)


def _submission(upload: Upload) -> Submission:
    return Submission(
        upload.view,
        upload.flow_type,
        upload.prescription_id,
        berlin_day(upload.signature.document.signing_time),
        bool(upload.settings.get("e_btm", False)),
    )


CHECKS = (
    Check("profession", _profession, "A_19225-02"),
    Check("xml", _xml, "A_19020"),
    Check("profile-window", _profile_window, "A_23384-05"),
    Check("validation", _validation, "A_19020"),
    *map(_by, RULES),
)


def check_upload(upload: Upload) -> None:
    """Run all checks in order; raises Refused at the first that fails."""
    for check in CHECKS:
        check.run(upload)
