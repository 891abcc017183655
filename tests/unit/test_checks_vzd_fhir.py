"""Controls of the check on FHIR searches in the directory."""

from __future__ import annotations

import json

import pytest

from pruefstand.checks.vzd_fhir import fhir_searches_are_terse
from pruefstand.model.exchange import Exchange, Layer
from tests.unit.kim_traffic import exchange

TRIED = (fhir_searches_are_terse,)
NAME = "organization.name=Praxis%20am%20Park"
WHOLE = f"{NAME}&organization.active=true&_include=HealthcareService:endpoint"
HIT = {"resourceType": "HealthcareService", "endpoint": [{"reference": "Endpoint/abc-kim-0"}]}


def asked(path: str, *hits: object) -> Exchange:
    body = json.dumps({"entry": [{"resource": hit} for hit in hits]}).encode()
    start = f"GET https://vzd.invalid/search/{path}"
    return exchange(Layer.HTTP, "search", peer="vzd", asked=start, answered="200", got=body)


@pytest.mark.parametrize(
    "traffic",
    [
        [],
        [asked("HealthcareService?organization.active=true")],
        [asked("HealthcareService?organization.active=true&_include=HealthcareService:endpoint")],
        [asked("HealthcareService?organization.name=Pr")],
        [asked("HealthcareService?organization.type=x|1.2.276.0.76.4.50")],
        [asked("Endpoint")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint?_id=abc-kim-0")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint/abc-kim-0")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint?_id=Endpoint/abc-kim-0")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint?_id=x,abc-kim-0")],
    ],
)
def test_broad_and_following_searches_break(traffic: list[Exchange]) -> None:
    assert not fhir_searches_are_terse.judge(traffic).holds


def test_targeted_searches_hold() -> None:
    other = asked("Endpoint?address=klinik@pruefstand.kim.telematik-test")
    assert fhir_searches_are_terse.judge([asked(f"HealthcareService?{WHOLE}", HIT), other]).holds
