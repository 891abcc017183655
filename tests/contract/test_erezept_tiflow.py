"""A second error table takes the place of today's by a setting."""

from __future__ import annotations

import json

from mocks.erezept.texts import TEXTS
from mocks.erezept.tiflow import TIFLOW
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from tests.contract.erezept_bench import DAY, Bench


def test_every_row_of_today_has_its_counterpart() -> None:
    assert TIFLOW.keys() == TEXTS.keys()
    coded = {key for key, row in TIFLOW.items() if row.code}
    assert len(coded) > 30
    assert all(TEXTS[key].text == TIFLOW[key].text for key in TEXTS)


def test_the_setting_chooses_status_and_code() -> None:
    clock = VirtualClock.at_day(DAY)
    pki = Pki("erezept-tiflow", clock)
    answers = []
    for settings in ({}, {"error_table": "tiflow"}):
        bench = Bench(pki, clock, dict(settings))
        task = bench.ready()
        target = f"/Task/{task.prescription_id}/$reject"
        headers = {"Accept": "application/fhir+json"}
        answer = bench.send("pharmacy", "POST", target, headers=headers)
        details = json.loads(answer.body)["issue"][0]["details"]
        answers.append((answer.status, details.get("coding", [{}])[0].get("code"), details["text"]))
    text = "Task not in status in progress, is: ready"
    assert answers == [(403, None, text), (412, "TIFLOW_TASK_STATUS_MISMATCH", text)]
