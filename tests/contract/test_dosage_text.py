"""The text of a structured dosage, against the published examples and on its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pruefstand.fhir.dosage_text import DosageProblem, dosage_text, is_structured

FOLDERS = ("valid", "invalid", "unsupported")
PUBLISHED = 72
"""Files of the folder; one of them only tells where the others come from."""


def specs() -> Path | None:
    root = os.environ.get("PRUEFSTAND_SPECS")
    return Path(root) / "examples" / "dosage" if root else None


def examples() -> list[Path]:
    root = specs()
    if root is None:
        return []
    return sorted(path for folder in FOLDERS for path in (root / folder).glob("*.json"))


def dosages(resource: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = resource.get("dosageInstruction") or resource["dosage"]
    return found


def rendered(resource: dict[str, Any]) -> str:
    found = [
        item["valueMarkdown"]
        for item in resource["extension"]
        if item["url"].endswith(".renderedDosageInstruction")
    ]
    assert len(found) == 1
    return str(found[0])


@pytest.mark.skipif(specs() is None, reason="PRUEFSTAND_SPECS is not set")
def test_all_published_examples_are_there() -> None:
    root = specs()
    assert root is not None
    assert len([path for path in root.rglob("*") if path.is_file()]) == PUBLISHED
    assert len(examples()) == PUBLISHED - 1


@pytest.mark.skipif(specs() is None, reason="PRUEFSTAND_SPECS is not set")
@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_published_example(path: Path) -> None:
    resource = json.loads(path.read_text(encoding="utf-8"))
    if path.parent.name == "valid":
        assert dosage_text(dosages(resource)) == rendered(resource)
    else:
        with pytest.raises(DosageProblem):
            dosage_text(dosages(resource))


def dose(amount: float, unit: str = "Stück", **repeat: Any) -> dict[str, Any]:
    timing = {"frequency": 1, "period": 1, "periodUnit": "d", **repeat}
    quantity = {"value": amount, "unit": unit, "code": unit}
    return {"timing": {"repeat": timing}, "doseAndRate": [{"doseQuantity": quantity}]}


WEEK = {"value": 1, "unit": "Woche(n)", "code": "wk"}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([{"text": "nach Plan"}], "nach Plan"),
        ([dose(1, when=["NOON"])], "0-1-0-0 Stück"),
        ([dose(1.25, when=["NIGHT"])], "0-0-0-1,25 Stück"),
        ([dose(10, boundsDuration=WEEK, when=["EVE"])], "für 1 Woche: 0-0-10-0 Stück"),
        ([dose(1, period=1, periodUnit="mo")], "monatlich: je 1 Stück"),
        ([dose(1, frequency=2)], "2 x täglich: je 1 Stück"),
        (
            [dose(1, boundsDuration=WEEK, timeOfDay=["06:30:00"])],
            "für 1 Woche täglich: 06:30 Uhr — je 1 Stück",
        ),
        ([dose(2, period=1, periodUnit="wk", dayOfWeek=["sun"])], "sonntags — je 2 Stück"),
    ],
)
def test_text(parts: list[dict[str, Any]], expected: str) -> None:
    assert dosage_text(parts) == expected


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "keine Dosierung"),
        ([{"text": "a"}, {"text": "b"}], "allein"),
        ([dose(1, when=["MORN"]), dose(1, unit="ml", when=["EVE"])], "Dosiereinheiten"),
        ([dose(1, when=["MORN"], timeOfDay=["08:00:00"])], "zugleich"),
        ([dose(1, frequency=2, when=["MORN"])], "Häufigkeit"),
        ([dose(1, frequency=0)], "Häufigkeit"),
        ([dose(1, when=["MORN"]), dose(2, when=["MORN"])], "mehrmals"),
        ([dose(1, when=["MORN"]), dose(1, when=["EVE"])], "gleiche Dosis"),
        ([dose(1, count=3)], "count"),
        ([dose(1, when=["AFT"])], "unbekannter Zeitpunkt"),
        ([dose(1, period=1.5)], "ganze Zahl"),
        ([dose(1, boundsDuration={"value": 1, "unit": "Tag(e)", "code": "wk"})], "Zeitraums"),
        ([{"timing": {"repeat": {}}}], "fehlt"),
    ],
)
def test_refusal(parts: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(DosageProblem, match=reason):
        dosage_text(parts)


def test_free_text_is_not_structured() -> None:
    assert not is_structured([{"text": "1-0-1"}])
    assert is_structured([dose(1, when=["MORN"])])
