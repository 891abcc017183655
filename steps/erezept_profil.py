"""Steps about the profiles of what the practice uploads."""

from __future__ import annotations

from pytest_bdd import given, then

from pruefstand.checks.profiles import uploaded_bundles_conform_to_their_profile
from pruefstand.drivers.simulator import Practice
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.erezept import Draft
from steps.erezept_ablehnung import Signed, prepare

STATUS = b'<status value="active"></status>'


@given("die Ärztin signiert eine Verordnung ohne Status", target_fixture="prepared")
def signed_without_status(practice: Practice, draft: Draft) -> Signed:
    """Sign a document that the profile forbids: MedicationRequest.status is mandatory."""

    def change(document: bytes) -> bytes:
        start = document.index(b"<MedicationRequest")
        changed = document[start:].replace(STATUS, b"", 1)
        assert len(changed) < len(document) - start
        return document[:start] + changed

    return prepare(practice, draft, change)


@then("entspricht jedes eingestellte Dokument seinem KBV-Profil")
def uploads_conform(check: CaseLog) -> None:
    """Judge every accepted upload by the official profiles."""
    check(uploaded_bundles_conform_to_their_profile)
