"""The vault: private, shared by processes, and enough to restore what was hidden."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest

from pruefstand.clock import VirtualClock
from pruefstand.errors import OperatorError
from pruefstand.evidence.disclosure import check_disclosure, disclose
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.redaction.commitment import Committer
from pruefstand.evidence.redaction.knowledge import Vocabulary
from pruefstand.evidence.redaction.record import CaseRedactor
from pruefstand.evidence.run_folder import Run, RunWriter, read_run
from pruefstand.evidence.vault import Vault, VaultWriter, open_vault, restored, vault_path
from pruefstand.model.case import CaseRecord
from pruefstand.model.exchange import Exchange
from pruefstand.model.secret_kind import REDACTABLE, SecretKind
from pruefstand.model.verdict import Verdict
from tests.unit.evidence_pack import key
from tests.unit.test_redaction import CODE, KVNR, PATIENT, exchange

SENT = (
    exchange(PATIENT.encode(), f"GET /Task?ac={CODE}", ("Authorization", "Bearer abc")),
    replace(exchange(b"plain"), id="x2"),
    replace(exchange(bytes(60) + KVNR.encode() + b"\xff" * 9), id="x3", error=f"kein {KVNR}"),
    replace(
        exchange(PATIENT.encode()), id="x4", response=exchange(b"\xff<Vorname>A</Vorname>").request
    ),
)


def environ(folder: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(folder / "config")}


def run_of(folder: Path, sent: tuple[Exchange, ...] = SENT) -> Run:
    """Write a redacted run with one case."""
    writer = RunWriter(folder / "run", VirtualClock.at_day(date(2026, 11, 25)))
    vault = VaultWriter(vault_path(environ(folder), "run"))
    redactor = CaseRedactor(vault.committer, REDACTABLE, Vocabulary(), vault)
    record = CaseRecord("T-1", "Titel", "f", (), Verdict.PASSED)
    record = redactor.redact(record, sent, writer.blob)
    vault.close()
    info = {"id": "run", "redaction": {"kinds": list(REDACTABLE), "off": []}}
    writer.finish(info, [record])
    return read_run(folder / "run")


def test_the_exchanges_are_restored_octet_for_octet(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    (case,) = run.cases
    shown = json.dumps(list(case.exchanges))
    assert CODE not in shown
    assert KVNR not in shown
    assert restored(run, case, environ(tmp_path)) == SENT


def test_every_commitment_is_explained_and_fits(tmp_path: Path) -> None:
    run_of(tmp_path)
    commitments = open_vault("run", environ(tmp_path)).commitments
    kinds = {commitment.kind for commitment in commitments.values()}
    assert kinds >= {SecretKind.NAME, SecretKind.ACCESS_CODE, SecretKind.TOKEN, SecretKind.CONTENT}
    values = {commitment.value for commitment in commitments.values()}
    assert {CODE.encode(), b"Zachmann", KVNR.encode()} <= values


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    run_of(tmp_path)
    folder = vault_path(environ(tmp_path), "run")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.parent.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())


def committed(folder: str) -> str:
    vault = VaultWriter(Path(folder))
    commitment = vault.committer.commit(SecretKind.NAME, b"Zachmann")
    vault.commitment(commitment)
    vault.close()
    return commitment.digest


def test_all_processes_of_a_run_commit_with_one_secret(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        digests = set(pool.map(committed, [str(folder)] * 6))
    assert len(digests) == 1
    assert digests == set(Vault(folder).commitments)
    assert committed(str(tmp_path / "other")) not in digests


def test_a_run_without_its_vault_says_where_it_lies(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    with pytest.raises(OperatorError, match="kein Tresor zum Lauf run"):
        restored(run, run.cases[0], environ(tmp_path / "elsewhere"))


def test_a_run_without_redaction_needs_no_vault(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    bare = replace(run, info={"id": "run"})
    assert len(restored(bare, run.cases[0], environ(tmp_path / "elsewhere"))) == len(SENT)


def read_everything(run: Run, environ: dict[str, str]) -> None:
    restored(run, run.cases[0], environ)
    assert open_vault("run", environ).commitments


@pytest.mark.parametrize("name", ["bodies", "exchanges", "values"])
def test_a_damaged_vault_is_named(tmp_path: Path, name: str) -> None:
    run = run_of(tmp_path)
    folder = vault_path(environ(tmp_path), "run")
    for path in folder.glob(f"{name}-*"):
        path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(OperatorError, match="Tresor ist beschädigt"):
        read_everything(run, environ(tmp_path))


def test_an_unwritable_place_is_the_operators_error(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"")
    with pytest.raises(OperatorError, match="nicht schreibbar"):
        VaultWriter(vault_path(environ(tmp_path), "run"))


def proof_of(folder: Path) -> tuple[Path, bytes]:
    """Return a run and the proof of one of its values."""
    run = run_of(folder).folder
    write_manifest(run, {}, key(folder))
    vault = open_vault("run", environ(folder))
    wanted = next(c for c in vault.commitments.values() if c.value == CODE.encode())
    return run, json.dumps(disclose(run, vault, [wanted.mark])).encode()


def test_a_proof_is_checked_by_the_pack_alone(tmp_path: Path) -> None:
    run, proof = proof_of(tmp_path)
    (value,) = check_disclosure(run, proof)
    assert (value.kind, value.value, value.problem) == ("access-code", CODE.encode(), "")
    assert value.places == ("events.ndjson",)
    entry = json.loads(proof)["values"][0]
    assert hashlib.sha256((entry["salt"] + CODE).encode()).hexdigest() == entry["commitment"]


def test_a_commitment_the_pack_does_not_show_is_no_proof(tmp_path: Path) -> None:
    run, proof = proof_of(tmp_path)
    raw = json.loads(proof)
    value = Committer(b"other").commit(SecretKind.NAME, b"Niemand")
    raw["values"][0] |= {"salt": value.salt, "commitment": value.digest, "value": "Niemand"}
    raw["values"][0]["value_base64"] = base64.b64encode(b"Niemand").decode()
    (checked,) = check_disclosure(run, json.dumps(raw).encode())
    assert "in keiner Datei" in checked.problem


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: b"[" * 100_000,
        lambda raw: b"[]",
        lambda raw: raw.replace(b"disclosure-1", b"disclosure-2"),
        lambda raw: raw.replace(b'"values": [', b'"values": [1, '),
        lambda raw: raw.replace(b'"value_base64": "', b'"value_base64": "%'),
        lambda raw: raw.replace(b'"value": "', b'"value": "x'),
        lambda raw: raw.replace(b'"salt": "', b'"salt": "../'),
        lambda raw: raw.replace(b'"manifest": "', b'"manifest": "0'),
        lambda raw: raw.replace(b"access-code", b"unbekannt"),
    ],
)
def test_a_damaged_proof_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    run, proof = proof_of(tmp_path)
    with pytest.raises(OperatorError):
        check_disclosure(run, damage(proof))


@pytest.mark.parametrize("wanted", ["", "ffff", "⟨name:xyz⟩", "0" * 64, "../../etc/passwd"])
def test_what_was_never_hidden_cannot_be_disclosed(tmp_path: Path, wanted: str) -> None:
    run, _ = proof_of(tmp_path)
    with pytest.raises(OperatorError, match="erwartet eine Zusage"):
        disclose(run, open_vault("run", environ(tmp_path)), [wanted])
