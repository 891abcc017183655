"""Rules of the validity periods of profile versions."""

from __future__ import annotations

from datetime import date

import pytest

from pruefstand.fhir import profiles


@pytest.mark.parametrize(
    ("day", "versions"),
    [
        (date(2026, 6, 30), ("1.3",)),
        (date(2026, 7, 1), ("1.3", "1.4")),
        (date(2027, 1, 14), ("1.3", "1.4")),
        (date(2027, 1, 15), ("1.4",)),
    ],
)
def test_prescription_versions_follow_the_calendar(day: date, versions: tuple[str, ...]) -> None:
    assert profiles.erp_versions_on(day) == versions
    assert profiles.newest_erp(day) == versions[-1]


@pytest.mark.parametrize(
    ("package", "day", "versions"),
    [
        (profiles.WORKFLOW, date(2026, 9, 30), ("1.5",)),
        (profiles.WORKFLOW, date(2026, 10, 1), ("1.6",)),
        (profiles.WORKFLOW_INSURED, date(2026, 11, 23), ("1.5", "1.6")),
        (profiles.WORKFLOW_INSURED, date(2027, 1, 15), ("1.6",)),
        ("unknown", date(2026, 10, 1), ()),
    ],
)
def test_workflow_versions_differ_for_insured_persons(
    package: str, day: date, versions: tuple[str, ...]
) -> None:
    assert profiles.versions_on(package, day) == versions


def test_every_prescription_version_has_its_form_version() -> None:
    erp = {v.version for v in profiles.VERSIONS if v.package == profiles.ERP}
    assert erp == set(profiles.FOR_VERSION_OF_ERP)


def test_canonical_is_split_into_name_and_version() -> None:
    assert profiles.split_canonical("https://a/b/KBV_X|1.4") == ("KBV_X", "1.4")
    assert profiles.split_canonical("https://a/b/KBV_X") == ("KBV_X", "")
