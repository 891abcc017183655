"""The Abgabedaten of our pharmacy against the DAV profiles, where their base package is at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pruefstand.fhir.dispense_item import dispense_item
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.fhir.validation import Result, message
from tests.contract.fhir_examples import specs, validator

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def judged(data: bytes) -> Result:
    """Return what the profiles say, or skip without the base package of the DAV."""
    specs()
    try:
        return validator().validate(data)
    except MissingPackage as missing:
        pytest.skip(str(missing))


def test_our_dispense_item_conforms() -> None:
    result = judged(dispense_item("200.000.000.000.123.76", pharmacy="Stadt-Apotheke", at=AT))
    assert result.valid, "\n".join(message(finding) for finding in result.errors)


def test_a_dispense_item_without_pharmacy_section_is_refused() -> None:
    data = dispense_item("200.000.000.000.123.76", pharmacy="Stadt-Apotheke", at=AT)
    result = judged(data.replace(b'<title value="Apotheke"', b'<title value="Praxis"'))
    assert "slice-minimum" in {finding.rule for finding in result.errors}
