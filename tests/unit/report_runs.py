"""Synthetic runs for the tests of the reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pruefstand.clock import VirtualClock
from pruefstand.evidence.codec import exchange_to_json
from pruefstand.evidence.run_folder import Run, RunWriter, read_run
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.dossier import Dossier, compile_dossier
from pruefstand.report.texts import Language
from pruefstand.requirements.catalogue import Catalogue, ChecklistItem
from tests.unit.catalogue_rows import requirement

CLOCK = VirtualClock.at_day(date(2026, 11, 24))
START = datetime(2026, 11, 24, 9, tzinfo=UTC)
INFO: dict[str, Any] = {
    "id": "20261124-100000-abcdef",
    "started": START.isoformat(),
    "finished": (START + timedelta(seconds=12)).isoformat(),
    "seed": "1",
    "profile": "mock",
    "as_of": "2026-11-24",
    "sut": {"name": "Beispiel-PVS", "version": "1.0", "driver": "eingebaut"},
    "harness": "0.1.0",
    "commit": "0123abc",
    "selftest": False,
    "exit_code": 0,
}
CATALOGUE = Catalogue(
    (
        requirement("A_1"),
        requirement("A_19021"),
        replace(requirement("A_2"), confidence="index"),
        replace(requirement("A_3"), not_tested_reason="nur durch eine Person zu beobachten"),
        requirement("A_4"),
    ),
    {"quelle": frozenset({"erezept"})},
    (
        ChecklistItem(
            "CL-1", "Ablauf", "E-Rezept", "Rezept", "Quittung", ("quelle:A_1",), "automatic", ""
        ),
    ),
)


def exchange(name: str, layer: Layer = Layer.HTTP, **more: Any) -> Exchange:
    status = more.pop("status", 200)
    answer = Message(f"HTTP/1.1 {status}", (("Content-Type", "text/xml"),), b"<ok/>", status)
    first = Exchange(
        id=name,
        parent=None,
        layer=layer,
        side=Side.CLIENT,
        actor="pvs",
        peer="erezept",
        operation=f"op-{name}",
        started=START,
        duration=0.012,
        request=Message("POST / HTTP/1.1", (("X-Test", "1"),), b"<Task><id>1</id></Task>"),
        response=answer,
    )
    return replace(first, **more)


def upload() -> list[Exchange]:
    return [
        exchange("tls", Layer.TLS),
        exchange("outer", parent="tls"),
        exchange("vau", Layer.VAU, parent="outer"),
        exchange("inner", parent="vau", operation="Task/$activate", step=0),
        exchange("fhir", Layer.FHIR, parent="inner"),
        exchange("cms", Layer.CMS, parent="fhir"),
    ]


def case(writer: RunWriter, exchanges: list[Exchange], **more: Any) -> CaseRecord:
    first = CaseRecord(
        id="TC-1",
        title="Rezept einstellen",
        feature="E-Rezept",
        tags=("erezept", "A_19021"),
        verdict=Verdict.PASSED,
        steps=(StepRecord("Wenn", "die Praxis verordnet", "passed", 0.2),),
        findings=(Finding("A_1", "Status", Verdict.PASSED, "201", "201", "fhir"),),
        exchanges=tuple(exchange_to_json(item, writer.blob) for item in exchanges),
        duration=0.3,
    )
    return replace(first, **more)


def run_of(folder: Path, cases: list[CaseRecord], **info: Any) -> Run:
    writer = RunWriter(folder, CLOCK)
    writer.finish({**INFO, **info}, cases)
    return read_run(folder)


def dossier_of(
    folder: Path, cases: list[CaseRecord], language: Language = Language.GERMAN, **info: Any
) -> Dossier:
    return compile_dossier(run_of(folder, cases, **info), CATALOGUE, language)


def hostile_case(writer: RunWriter, text: str) -> CaseRecord:
    """Return a failed case with `text` wherever the tested side can put one."""
    message = Message(text, ((text, text),), text.encode(errors="replace"), 500)
    item = exchange(text, request=message, response=message, operation=text, actor=text)
    item = replace(item, peer=text, facts={text: text}, error=text, step=0)
    return case(
        writer,
        [item],
        id=text,
        title=text,
        feature=text,
        tags=(text,),
        message=text,
        hint=text,
        blame=text,
        verdict=Verdict.FAILED,
        steps=(StepRecord(text, text, text, 0, text),),
        findings=(Finding(text, text, Verdict.FAILED, text, text, text),),
    )
