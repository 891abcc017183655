"""`pruefstand accept` as a person calls it: verdicts, files, exit codes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pruefstand.checks.documents import binary, uploaded
from pruefstand.clock import SystemClock
from pruefstand.crypto.pki import Pki
from pruefstand.evidence.manifest import parse
from pruefstand.evidence.run_folder import Run, read_run
from pruefstand.evidence.vault import open_vault
from pruefstand.evidence.verify import verify_run
from pruefstand.fhir.existing import ExistingPrescription
from pruefstand.fhir.prescription import build_prescription
from pruefstand.model.exchange import Exchange
from pruefstand.report.files import writers
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from tests.unit.pdf_structure import problems

ROOT = Path(__file__).resolve().parents[2]
SPECS = os.environ.get("PRUEFSTAND_SPECS")
OFFICIAL = Path(SPECS or "") / "examples" / "KBV_PR_ERP_Bundle"
TIMEOUT = 900
"""Seconds; a whole run takes a minute of processor time, more on a machine that is shared."""
needs_specs = pytest.mark.skipif(not SPECS, reason="PRUEFSTAND_SPECS is not set")


@dataclass(frozen=True)
class Outcome:
    """What the command printed and left."""

    code: int
    text: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """Where the operator's key and vault are: beside the runs, never in the tester's home."""
        return {"XDG_CONFIG_HOME": str(self.folder.with_name("config"))}

    @property
    def run(self) -> Run:
        """The run folder it wrote, verified."""
        (folder,) = self.folder.iterdir()
        return read_run(folder)

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdict by case id."""
        return {case.id: case.verdict.value for case in self.run.cases}


def accept(folder: Path, *arguments: str | Path) -> Outcome:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "pruefstand", "accept", "--runs", str(folder)]
    environ = {**os.environ, **Outcome(0, "", folder).environ}
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env=environ,
    )
    return Outcome(done.returncode, done.stdout + done.stderr, folder)


def given(*paths: Path) -> list[str]:
    return [f"--verordnung={path}" for path in paths]


def bundle(**changes: str) -> bytes:
    document = build_prescription(
        order(Rng(7), kind="pzn", insurance="GKV", flow_type=160),
        rezept_id="160.000.123.456.789.37",
        version="1.4",
        authored=SystemClock().now(),
    )
    for old, new in changes.items():
        document = document.replace(old.encode(), new.encode())
    return document


def exchanges(outcome: Outcome, operation: str) -> list[Exchange]:
    run = outcome.run
    vault = open_vault(run.folder.name, outcome.environ)
    found = [x for case in run.cases for x in vault.exchanges(run, case)]
    return [x for x in found if x.operation == operation and x.layer.value == "http"]


def test_all_features_are_green_and_the_report_shows_them(tmp_path: Path) -> None:
    outcome = accept(tmp_path)
    assert outcome.code == 0, outcome.text
    cases = outcome.run.cases
    manual = [case for case in cases if "manuell" in case.tags]
    assert len(manual) >= 25
    assert {case.verdict.value for case in manual} == {"nicht anwendbar"}
    assert all("Selbsttest" in case.message for case in manual)
    executed = [case for case in cases if case not in manual]
    assert {case.verdict.value for case in executed} == {"bestanden"}
    assert len(executed) >= 100
    report = (outcome.run.folder / "report.html").read_text(encoding="utf-8")
    assert report.count("<svg") >= 30
    assert not re.search(r"(src|href)=[\"']https?:", report)
    assert (outcome.run.folder / "junit.xml").exists()


def test_a_finished_run_is_sealed_and_names_its_certificate(tmp_path: Path) -> None:
    outcome = accept(tmp_path / "runs", "--only", "ERP-0101")
    assert outcome.code == 0, outcome.text
    folder = outcome.run.folder
    result = verify_run(folder)
    assert result.defects == ()
    assert result.signer is not None
    assert result.signer.fingerprint in outcome.text
    manifest = parse((folder / "manifest.json").read_bytes())
    reports = {writer.file for writer in writers().values()}
    assert {*reports, "run.json", "verdicts.json"} <= {entry.path for entry in manifest.files}
    assert problems((folder / "report.pdf").read_bytes()) == []
    assert manifest.run["profile"] == "mock"
    assert {"profile", "features"} <= set(manifest.inputs)
    require_flips_found(folder, Rng(1), flips=60)


def require_flips_found(folder: Path, rng: Rng, *, flips: int) -> None:
    """Flip single bits in files drawn by `rng`; each must be a defect."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    for _ in range(flips):
        path = rng.choice(paths)
        content = path.read_bytes()
        changed = bytearray(content)
        changed[rng.integer(0, len(content) - 1)] ^= 1 << rng.integer(0, 7)
        path.write_bytes(changed)
        assert verify_run(folder).defects, path
        path.write_bytes(content)
    assert verify_run(folder).defects == ()


def test_a_run_that_cannot_redact_does_not_begin(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"")
    outcome = accept(tmp_path / "runs", "--only", "ERP-0101")
    assert outcome.code == 4
    assert "Tresor für geschwärzte Werte nicht schreibbar" in outcome.text
    assert "Traceback" not in outcome.text
    (folder,) = (tmp_path / "runs").iterdir()
    assert list(folder.iterdir()) == []


def test_a_run_that_cannot_be_sealed_says_so_and_keeps_its_report(tmp_path: Path) -> None:
    key = tmp_path / "config" / "pruefstand" / "betreiber.pem"
    key.parent.mkdir(parents=True)
    key.write_bytes(b"kein Schluessel")
    key.chmod(0o600)
    outcome = accept(tmp_path / "runs", "--only", "ERP-0101")
    assert outcome.code == 4
    assert "erwartet EC-Schlüssel" in outcome.text
    assert "Traceback" not in outcome.text
    assert (outcome.run.folder / "report.html").exists()


def test_two_processes_give_the_same_verdicts(tmp_path: Path) -> None:
    outcome = accept(tmp_path, "-n", "2", "--only", "ERP-0001")
    assert outcome.code == 0, outcome.text
    assert len(outcome.verdicts) == 16
    assert all(case.exchanges for case in outcome.run.cases)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"kein xml", "Zeile 1, Spalte 1"),
        (b'<Patient xmlns="http://hl7.org/fhir"/>', "erwartet ein FHIR-Bundle"),
        (bundle(**{"ERP_Bundle|1.4": "ERP_Bundle|9.9"}), "Version 1.3 oder 1.4"),
        (b" " * (10 * 1024 * 1024), "zu groß"),
    ],
    ids=["no-xml", "no-bundle", "unknown-profile", "10-mb"],
)
def test_an_unusable_file_is_the_operators_error_and_the_others_are_processed(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    bad, good = tmp_path / "bad.xml", tmp_path / "good.xml"
    bad.write_bytes(content)
    good.write_bytes(bundle())
    outcome = accept(tmp_path / "runs", *given(bad, good))
    assert outcome.code == 4, outcome.text
    assert outcome.verdicts == {
        "ERP-0900#bad.xml": "nicht entscheidbar",
        "ERP-0900#good.xml": "bestanden",
    } or outcome.verdicts["ERP-0900#good.xml"] in {"bestanden", "Hinweis"}
    (line,) = [line for line in outcome.text.splitlines() if sentence in line]
    assert str(bad) in line
    assert "→" in line


def test_a_wrong_check_digit_is_the_suts_error(tmp_path: Path) -> None:
    file = tmp_path / "kvnr.xml"
    kvnr = order(Rng(7), kind="pzn", insurance="GKV", flow_type=160).insured.kvnr
    wrong = kvnr[:-1] + str((int(kvnr[-1]) + 1) % 10)
    file.write_bytes(bundle(**{kvnr: wrong}))
    outcome = accept(tmp_path / "runs", *given(file))
    assert outcome.code == 1, outcome.text
    (line,) = [line for line in outcome.text.splitlines() if "KVNR: Prüfziffer" in line]
    assert str(file) in line
    assert "Zeile" in line
    assert "→" in line


def test_an_unreadable_folder_is_named_and_the_rest_is_processed(tmp_path: Path) -> None:
    empty, good = tmp_path / "leer", tmp_path / "good.xml"
    empty.mkdir()
    good.write_bytes(bundle())
    outcome = accept(tmp_path / "runs", *given(empty, tmp_path / "fehlt", good))
    assert outcome.code == 4, outcome.text
    assert f"{empty}: ein Ordner ohne lesbare XML-Dateien" in outcome.text
    assert f"{tmp_path / 'fehlt'}: die Datei gibt es nicht" in outcome.text
    assert outcome.verdicts["ERP-0900#good.xml"] in {"bestanden", "Hinweis"}


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--as-of", "2027-99-01"], 4, "kein Datum"),
        (["--profile", "mok"], 4, "meinten Sie 'mock'?"),
        (["--only", "gibt-es-nicht"], 5, "Kein Szenario ausgewählt"),
    ],
)
def test_operator_errors_are_one_sentence(
    tmp_path: Path, arguments: Sequence[str], code: int, sentence: str
) -> None:
    outcome = accept(tmp_path, *arguments)
    assert outcome.code == code
    assert sentence in outcome.text
    assert "Traceback" not in outcome.text


@needs_specs
def test_all_36_official_bundles_reach_their_receipt(tmp_path: Path) -> None:
    outcome = accept(tmp_path, *given(OFFICIAL / "1.4.1" / "valid"))
    assert outcome.code == 0, outcome.text
    assert len(outcome.verdicts) == 36
    assert set(outcome.verdicts.values()) <= {"bestanden", "Hinweis"}
    sent = {x.request.start: uploaded(x) for x in exchanges(outcome, "Task/$activate")}
    received = exchanges(outcome, "Task/$accept")
    assert len(received) == 36
    authority = tmp_path / "ca.pem"
    authority.write_bytes(Pki(1, SystemClock()).ca_chain_pem())
    for exchange in received:
        prescription_id = exchange.request.start.split("/Task/")[1].split("/")[0]
        (document,) = [doc for start, doc in sent.items() if prescription_id in start]
        assert document is not None
        signed = binary(exchange.response.body if exchange.response else b"")
        assert signed is not None
        assert openssl_content(tmp_path, signed, authority) == document.content


def openssl_content(folder: Path, signed: bytes, authority: Path) -> bytes:
    """Return the content that openssl, not we, found signed under the test CA."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    message, content = folder / "signed.p7", folder / "content"
    message.write_bytes(signed)
    subprocess.run(
        [
            openssl,
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            message,
            "-CAfile",
            authority,
            "-purpose",
            "any",
            "-out",
            content,
        ],
        check=True,
        capture_output=True,
    )
    return content.read_bytes()


@needs_specs
@pytest.mark.parametrize(
    ("day", "code", "old"), [("2027-01-20", 1, "nicht bestanden"), ("2026-11-23", 0, "bestanden")]
)
def test_the_profile_window_follows_the_clock(
    tmp_path: Path, day: str, code: int, old: str
) -> None:
    old_file = OFFICIAL / "1.3.3" / "valid" / "kbv" / "Beispiel_2_PZN.xml"
    new_file = OFFICIAL / "1.4.1" / "valid" / "Beispiel_2.xml"
    outcome = accept(tmp_path, "--as-of", day, *given(old_file, new_file))
    assert outcome.code == code, outcome.text
    assert outcome.verdicts == {
        "ERP-0900#Beispiel_2_PZN.xml": old,
        "ERP-0900#Beispiel_2.xml": "bestanden",
    }


@needs_specs
def test_official_files_change_only_where_they_must() -> None:
    for file in sorted((OFFICIAL / "1.4.1" / "valid").glob("*.xml")):
        prescription = ExistingPrescription.load(file)
        changed = prescription.changes(
            rezept_id="160.000.123.456.789.37", authored=prescription.authored_on, repair=True
        )
        ends = ("value", "authoredOn", "start", "end")
        assert all(change.path.endswith(ends) for change in changed)
