"""Steps about the profiles of what the practice uploads."""

from __future__ import annotations

from dataclasses import replace

from pytest_bdd import given, parsers, then

from pruefstand.checks.profiles import uploaded_bundles_conform_to_their_profile
from pruefstand.drivers.simulator import Practice
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.erezept import Draft
from steps.erezept_ablehnung import Signed, prepare

VERSION_ID = b'<versionId value="1"></versionId>'
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


@given(
    parsers.re(
        r"die Ärztin signiert nach KBV-Profil (?P<version>\S+) eine Verordnung "
        r"(?P<which>mit|ohne) versionId"
    ),
    target_fixture="prepared",
)
def signed_with_or_without_version(
    practice: Practice, draft: Draft, version: str, which: str
) -> Signed:
    """Sign a document whose meta is that of another version of its profile."""
    old, new = (b"<meta>", b"<meta>" + VERSION_ID) if which == "mit" else (VERSION_ID, b"")

    def change(document: bytes) -> bytes:
        assert (VERSION_ID in document) is (which == "ohne")
        return document.replace(old, new)

    return prepare(practice, replace(draft, version=version), change)


@then("entspricht jedes eingestellte Dokument seinem KBV-Profil")
def uploads_conform(check: CaseLog) -> None:
    """Judge every accepted upload by the official profiles."""
    check(uploaded_bundles_conform_to_their_profile)
