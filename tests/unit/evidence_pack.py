"""A small sealed run folder, made from nothing that is secret."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pruefstand.clock import VirtualClock
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.operator_key import Curve, OperatorKey, operator_key
from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.verdict import Finding, Verdict

INPUTS = {"profile": "1" * 64, "features": "2" * 64}


def key(folder: Path, curve: Curve = Curve.P256) -> OperatorKey:
    """Return a key of today: signing takes the machine's time."""
    return operator_key(folder / "key.pem", datetime.now(UTC), curve=curve)


def run_folder(folder: Path, cases: int = 1) -> Path:
    """Write an unsealed run."""
    writer = RunWriter(folder, VirtualClock.at_day(date(2026, 11, 24)))
    records = [record(writer, number) for number in range(cases)]
    info = {
        "id": folder.name,
        "sut": {
            "name": "PVS", "version": "1", "driver": "simulator", "certificates": ["cc"],
        },
        "redaction": {"kinds": ["name"], "off": []},
        "profile": "mock",
        "seed": 1,
        "as_of": None,
        "commit": "abc",
        "harness": "0.1.0",
    }  # fmt: skip
    writer.finish(info, records)
    return folder


def sealed(folder: Path, operator: OperatorKey, cases: int = 1) -> Path:
    """Write a sealed run."""
    write_manifest(run_folder(folder, cases), INPUTS, operator)
    return folder


def record(writer: RunWriter, number: int) -> CaseRecord:
    """Return a case with one exchange, one step and one finding."""
    request = {"body": writer.blob(f"body {number}".encode())}
    return CaseRecord(
        id=f"T{number}",
        title="Rezept",
        feature="f",
        tags=("req:A_1",),
        verdict=Verdict.PASSED,
        steps=(StepRecord("Wenn", "x", "passed"),),
        findings=(Finding("A_1", "Status", Verdict.PASSED, "201", "201"),),
        exchanges=({"id": "e", "request": request, "response": None},),
    )
