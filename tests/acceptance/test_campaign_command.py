"""Campaigns as people use them: new, accept, attest, show; resume and repeat what was not green."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pruefstand.attest.desk import open_desk
from pruefstand.cli.commands import app as commands
from pruefstand.cli.resume import require_same_inputs
from pruefstand.clock import SystemClock, berlin_day
from pruefstand.errors import OperatorError, PruefstandError
from pruefstand.evidence.attestation import Outcome, Statement
from pruefstand.evidence.campaign import collect, read_campaign
from pruefstand.evidence.event_log import EventLog
from pruefstand.evidence.inputs import input_hashes
from pruefstand.evidence.interrupted import lineage
from pruefstand.evidence.operator_key import load_key
from pruefstand.evidence.run_folder import Run, read_run
from pruefstand.evidence.verify import verify_run
from pruefstand.fhir.prescription import build_prescription
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from tests.unit.attestation_desk import ADA, BEN

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Shell:
    """Runs commands in the project, with the operator's key and all runs below `home`."""

    home: Path

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "XDG_CONFIG_HOME": str(self.home / "config")}

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pruefstand", *map(str, arguments)],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __call__(self, *arguments: object, code: int) -> str:
        """Call the command, in this process when it starts no run; return what it printed."""
        if arguments[0] in {"accept", "resume"}:
            process = self.start(*arguments)
            text, _ = process.communicate(timeout=300)
            found = process.returncode
        else:
            result = CliRunner().invoke(commands, list(map(str, arguments)), env=self.environ)
            known = isinstance(result.exception, PruefstandError)
            text = str(result.exception) if known else result.output
            found = int(result.exception.exit_code) if known else result.exit_code
        assert found == code, text
        assert "Traceback" not in text
        return text

    def newest(self, folder: Path) -> Run:
        return read_run(sorted(folder.iterdir())[-1])


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_practice_is_open_until_people_have_confirmed_everything(shell: Shell) -> None:
    folder = shell.home / "golive"
    shell("campaign", "new", folder, "--profile", "beispiel-praxis", code=0)
    text = shell("accept", "--campaign", folder, code=6)
    assert "CL-GOL-05d ausgenommen: Die Praxis bietet keine Videosprechstunde an" in text
    first = shell.newest(folder / "runs")
    verdicts = {case.id: case for case in first.cases}
    assert verdicts["CHK-0402"].verdict.value == "offen"
    assert "keine Videosprechstunde" in verdicts["CHK-0504"].message
    report = (first.folder / "report.html").read_text("utf-8")
    assert "keine Videosprechstunde" in report
    shell("attest", "--campaign", folder, code=6)
    confirm_all(shell, folder)
    shell("attest", "--campaign", folder, code=0)
    shell("campaign", "show", folder, code=0)
    sealed = content(first.folder)
    shell("accept", "--campaign", folder, code=0)
    second = shell.newest(folder / "runs")
    assert {case.verdict.value for case in second.cases} == {"bestätigt", "nicht anwendbar"}
    (told,) = [entry for entry in second.info["attestations"] if entry["case"] == "CHK-0402"]
    assert told["record"]["statement"]["person"]["name"] == ADA.name
    assert second.info["campaign"]["records"] == 24
    arguments = ("--wer", "Ben Muster", "--rolle", "MFA", "--notiz", "gekündigt")
    shell("attest", "CHK-0402", "--campaign", folder, "--zurueckziehen", *arguments, code=0)
    text = shell("campaign", "show", folder, "--coverage", code=6)
    assert re.search(r"V09 .* offen", text)
    assert "zurückgezogen von Ben Muster: gekündigt" in text
    assert content(first.folder) == sealed


def confirm_all(shell: Shell, folder: Path) -> None:
    """Confirm every item by the same two persons, as the command would, in this process."""
    key = load_key(shell.home / "config" / "pruefstand" / "betreiber.pem")
    desk = open_desk(ROOT, read_campaign(folder), berlin_day(SystemClock().now()))
    for entry in desk.entries:
        if not entry.excluded:
            said = Statement(entry.item.case, "", "", Outcome.FULFILLED, ADA, second=BEN)
            desk.state(said, (), key, datetime.now(UTC))


def test_without_a_terminal_nothing_is_asked_and_nothing_is_assumed(shell: Shell) -> None:
    folder = shell.home / "golive"
    shell("campaign", "new", folder, "--profile", "beispiel-praxis", code=0)
    base = ("attest", "CHK-0402", "--campaign", folder)
    assert "zweite Person" in shell(*base, code=4)
    both = ("--zweite-person", "Ben", "--zweite-rolle", "MFA")
    assert "Angabe fehlt: wer" in shell(*base, *both, code=4)
    who = ("--wer", "Ada", "--rolle", "Ärztin", *both)
    assert "nicht lesbar" in shell(*base, *who, "--datei", shell.home / "fehlt.pdf", code=4)
    assert "kein Tag" in shell(*base, *who, "--gueltig-bis", "morgen", code=4)
    note = ("--notiz", "[red]rot[/]")
    assert "erfüllt" in shell(*base, *who, *note, "--datei", ROOT / "README.md", code=0)
    assert "[red]rot[/]" in shell("attest", "--campaign", folder, code=6)


def test_at_a_terminal_what_is_missing_is_asked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shell.home / "golive"
    shell("campaign", "new", folder, "--profile", "beispiel-praxis", code=0)
    monkeypatch.setattr("pruefstand.cli.attest.at_terminal", lambda: True)
    answers = "Ada Beispiel\nÄrztin\nBen Muster\nMFA\nSeite 3 gelesen\n"
    command = ["attest", "CHK-0402", "--campaign", str(folder)]
    result = CliRunner().invoke(commands, command, env=shell.environ, input=answers)
    assert result.exit_code == 0, result.output
    assert "Dann ist alles genannt" in result.output
    (record,) = read_campaign(folder).register.records
    said = record.statement
    assert (said.person.name, said.second and said.second.name) == ("Ada Beispiel", "Ben Muster")
    assert said.note == "Seite 3 gelesen"


def ended_in_the_middle(process: subprocess.Popen[str], runs: Path, how: signal.Signals) -> Path:
    """End the run by a signal when a new folder in `runs` holds three cases; return the folder."""
    before = set(runs.glob("*"))
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        for log in runs.glob("*/events.ndjson"):
            if log.parent not in before and log.read_bytes().count(b'"kind":"case"') >= 3:
                process.send_signal(how)
                process.communicate(timeout=120)
                return log.parent
        time.sleep(0.01)
    raise AssertionError("the run ended before it could be interrupted")


def test_an_interrupted_run_is_continued_and_every_case_counts_once(shell: Shell) -> None:
    runs = shell.home / "runs"
    process = shell.start("accept", "--runs", runs, "--only", "ERP-0001", "--seed", 7)
    first = ended_in_the_middle(process, runs, signal.SIGINT)
    assert process.returncode == 2
    sealed = content(first)
    process = shell.start("resume", first)
    second = ended_in_the_middle(process, runs, signal.SIGKILL)
    assert not (second / "manifest.json").exists()
    assert content(first) == sealed
    text = shell("resume", second, code=0)
    assert f"Zusammen mit {first.name}, {second.name}" in text
    found = lineage(shell.newest(runs).folder)
    assert [run.folder for run in found[:2]] == [first, second]
    assert [verify_run(run.folder).defects for run in found] == [(), (), ()]
    assert content(first) == sealed
    assert all(run.cases for run in found)
    ids = [case.id for run in found for case in run.cases]
    assert len(ids) == len(set(ids)) == 16
    assert {case.counting.verdict.value for case in collect(found)} == {"bestanden"}
    for name in ("profile", "seed", "as_of", "inputs"):
        assert len({json.dumps(run.info[name]) for run in found}) == 1
    # A killed run does not know any more which certificates the system under test showed.
    assert len({(run.info["sut"]["name"], run.info["sut"]["version"]) for run in found}) == 1
    assert [run.info["exit_code"] for run in found] == [2, 2, 0]


def test_a_run_of_other_features_is_not_continued(tmp_path: Path) -> None:
    info = {"inputs": input_hashes(ROOT, "mock")}
    run = Run(tmp_path, info, (), EventLog((), ""))
    require_same_inputs(run, "mock")
    info["inputs"]["features"] = "0" * 64
    with pytest.raises(OperatorError, match="seit dem Lauf geändert: features"):
        require_same_inputs(run, "mock")


def prescription(path: Path, *, wrong: bool) -> Path:
    chosen = order(Rng(7), kind="pzn", insurance="GKV", flow_type=160)
    document = build_prescription(
        chosen,
        rezept_id="160.000.123.456.789.37",
        version="1.4",
        authored=SystemClock().now(),
    )
    kvnr = chosen.insured.kvnr
    changed = kvnr[:-1] + str((int(kvnr[-1]) + 1) % 10)
    path.write_bytes(document.replace(kvnr.encode(), changed.encode()) if wrong else document)
    return path


DEVIATION = """
[[deviation]]
id = "ABW-1"
case = "ERP-0900"
owner = "Ada Beispiel"
reason = "Prüfziffer wird im nächsten Stand berichtigt"
expires = {expires}
ticket = "PVS-7"
"""


def test_what_was_not_green_is_repeated_and_deviations_are_accounted(shell: Shell) -> None:
    folder = shell.home / "kampagne"
    shell("campaign", "new", folder, "--profile", "mock", "--name", "Abnahme 1", code=0)
    bad = prescription(shell.home / "schlecht.xml", wrong=True)
    good = prescription(shell.home / "gut.xml", wrong=False)
    register = folder / "deviations.toml"
    register.write_text(DEVIATION.format(expires="2099-12-31"), "utf-8")
    base = ("accept", "--campaign", folder)
    text = shell(*base, "--verordnung", bad, "--verordnung", good, code=1)
    assert "bekannte Abweichung ABW-1" in text
    assert "PVS-7" in text
    run = shell.newest(folder / "runs")
    (told,) = run.info["deviations"]
    assert (told["state"], told["cases"]) == ("bekannte Abweichung", ["ERP-0900#schlecht.xml"])
    verdicts = {case.id: case.verdict.value for case in run.cases}
    assert verdicts["ERP-0900#schlecht.xml"] == "nicht bestanden"
    assert "bekannte Abweichung" in shell("campaign", "show", folder, code=1)
    shell("campaign", "show", folder, "--accept-deviations", code=0)
    register.write_text(DEVIATION.format(expires="2020-12-31"), "utf-8")
    text = shell("campaign", "show", folder, "--accept-deviations", code=1)
    assert "abgelaufene Abweichung ABW-1" in text
    prescription(bad, wrong=False)
    text = shell(*base, "--only-failed", code=0)
    assert "tritt nicht mehr auf ABW-1" in text
    assert "aus dem Register nehmen" in text
    again = shell.newest(folder / "runs")
    assert [case.id for case in again.cases] == ["ERP-0900#schlecht.xml"]
    shown = json.loads(shell("campaign", "show", folder, "--json", code=0))
    attempts = [x["verdict"] for x in shown["attempts"] if x["case"] == "ERP-0900#schlecht.xml"]
    assert attempts == ["nicht bestanden", "bestanden"]
