from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pruefstand.errors import HarnessError, OperatorError
from pruefstand.evidence.inputs import folder_hash, input_hashes, profile_hash
from pruefstand.evidence.manifest import ManifestProblem, parse, render, write_manifest
from pruefstand.evidence.operator_key import Curve, key_path, load_key, operator_key
from pruefstand.evidence.signature import SignatureProblem, sign, verify
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report import matrix
from tests.unit.evidence_pack import INPUTS, key, run_folder, sealed

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_the_manifest_lists_every_other_file_and_binds_the_run(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path), cases=2)
    manifest = parse((folder / "manifest.json").read_bytes())
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {entry.path for entry in manifest.files} == found - {"manifest.json", "manifest.p7s"}
    for entry in manifest.files:
        content = (folder / entry.path).read_bytes()
        assert (entry.sha256, entry.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert manifest.inputs == INPUTS
    assert manifest.run["sut"]["certificates"] == ["cc"]
    assert manifest.run["events"]["count"] == 8
    assert [manifest.run[name] for name in ("profile", "seed", "commit", "harness")] == [
        "mock", 1, "abc", "0.1.0"
    ]  # fmt: skip


def test_sealing_again_leaves_one_valid_seal(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    before = (folder / "manifest.json").read_bytes()
    write_manifest(folder, INPUTS, key(tmp_path))
    assert (folder / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", ['a"b', "ä.txt", "a b", ".hidden", "a\nb"])
def test_a_name_that_shell_tools_misread_is_not_sealed(tmp_path: Path, name: str) -> None:
    folder = run_folder(tmp_path / "run")
    (folder / name).write_bytes(b"")
    with pytest.raises(HarnessError, match="einfachem Namen"):
        write_manifest(folder, INPUTS, key(tmp_path))


def test_a_link_is_not_sealed(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    (folder / "link").symlink_to(folder / "run.json")
    with pytest.raises(HarnessError, match="gewöhnliche Datei"):
        write_manifest(folder, INPUTS, key(tmp_path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"path": "run.json"', b'"path": "../run.json"'),
        (b'"path": "run.json"', b'"path": "/run.json"'),
        (b'"path": "run.json"', b'"path": "events.ndjson"'),
        (b'"path": "run.json"', b'"path":  "run.json"'),
        (b'"path": "run.json"', b'"path": 1'),
        (b'"files": [', b'"files": [],\n "files": ['),
        (b'"format": "pruefstand-manifest-1"', b'"format": "pruefstand-manifest-2"'),
        (b'"size": 6', b'"size": true'),
        (b'"size": 6', b'"length": 6'),
        (b"{\n", b"[" * 100_000),
    ],
)
def test_any_other_spelling_is_no_manifest(tmp_path: Path, old: bytes, new: bytes) -> None:
    content = (sealed(tmp_path / "run", key(tmp_path)) / "manifest.json").read_bytes()
    assert render(parse(content)) == content
    assert old in content
    with pytest.raises(ManifestProblem):
        parse(content.replace(old, new, 1))


@pytest.mark.parametrize("curve", list(Curve))
def test_a_signature_holds_for_its_content_only(tmp_path: Path, curve: Curve) -> None:
    operator = key(tmp_path, curve)
    signature = sign(b"content", operator)
    assert verify(b"content", signature).fingerprint == operator.fingerprint
    with pytest.raises(SignatureProblem, match="nicht zusammengehören"):
        verify(b"Content", signature)
    for damaged in (b"", signature[:-1], signature + b"\0", b"0" * 500):
        with pytest.raises(SignatureProblem):
            verify(b"content", damaged)


def test_a_key_that_had_not_begun_to_live_signs_nothing(tmp_path: Path) -> None:
    operator = operator_key(tmp_path / "k.pem", datetime(2049, 1, 1, tzinfo=UTC))
    with pytest.raises(SignatureProblem, match="Laufzeit"):
        verify(b"x", sign(b"x", operator))


def test_the_key_is_created_once_and_private(tmp_path: Path) -> None:
    path = key_path({"XDG_CONFIG_HOME": str(tmp_path)})
    assert path == tmp_path / "pruefstand" / "betreiber.pem"
    first = operator_key(path, NOW, name="Praxis Beispiel")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert operator_key(path, NOW, name="Andere").fingerprint == first.fingerprint
    assert first.certificate.subject.rfc4514_string() == "CN=Praxis Beispiel"
    assert [item.name for item in path.parent.iterdir()] == ["betreiber.pem"]


def test_runs_that_start_together_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "a" / "key.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: operator_key(path, NOW).fingerprint, range(8)))
    assert len(set(keys)) == 1
    assert len(list(path.parent.iterdir())) == 1


def test_without_xdg_the_key_lies_below_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/praxis")
    assert key_path({}) == key_path({"XDG_CONFIG_HOME": "relative"})
    assert key_path({}) == Path("/home/praxis/.config/pruefstand/betreiber.pem")


def test_a_readable_broken_or_foreign_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    operator_key(path, NOW)
    good = path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(OperatorError, match=r"0640.*chmod 600"):
        load_key(path)
    path.chmod(0o600)
    operator_key(tmp_path / "other.pem", NOW)
    other = (tmp_path / "other.pem").read_bytes()
    cut = good.index(b"-----BEGIN CERT")
    for content in (b"", good[:cut], good[:cut] + other[other.index(b"-----BEGIN CERT") :]):
        path.write_bytes(content)
        with pytest.raises(OperatorError, match="erwartet EC-Schlüssel"):
            load_key(path)
    path.write_bytes(good)
    assert load_key(path)


@pytest.mark.parametrize("name", ["", " ", "x" * 65])
def test_an_impossible_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OperatorError, match="1 bis 64 Zeichen"):
        operator_key(tmp_path / "key.pem", NOW, name=name)
    assert list(tmp_path.iterdir()) == []


def test_input_hashes_follow_the_files(tmp_path: Path) -> None:
    for name, text in {
        "profiles/base.toml": "environment = 'mock'\n",
        "profiles/mock.toml": "extends = 'base'\n",
        "features/b/x.feature": "x",
        "features/a.feature": "a",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    hashes = input_hashes(tmp_path, "mock")
    assert set(hashes) == {"profile", "features"}
    both = b"extends = 'base'\nenvironment = 'mock'\n"
    assert hashes["profile"] == hashlib.sha256(both).hexdigest()
    lines = [f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in
             [("./a.feature", b"a"), ("./b/x.feature", b"x")]]  # fmt: skip
    assert hashes["features"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    (tmp_path / "features" / "a.feature").rename(tmp_path / "features" / "c.feature")
    assert folder_hash(tmp_path / "features") != hashes["features"]
    path = str(tmp_path / "profiles" / "base.toml")
    assert profile_hash(path, tmp_path) == profile_hash("base", tmp_path / "profiles")
    with pytest.raises(OperatorError, match="nicht lesbar"):
        input_hashes(tmp_path, "fehlt")


def case(name: str, verdict: Verdict, *findings: Finding, tags: tuple[str, ...] = ()) -> CaseRecord:
    return CaseRecord(name, "=Titel", "f", tags, verdict, findings=findings, message="Grund")


def table(*cases: CaseRecord) -> list[list[str]]:
    text = matrix.render(cases).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))[1:]


def test_the_matrix_has_a_row_for_each_requirement_of_each_case() -> None:
    good = Finding("A_1", "a", Verdict.PASSED, "201", "201")
    bad = Finding("A_1", "b", Verdict.FAILED, "201", "500")
    other = Finding("A_2", "c", Verdict.PASSED, "1", "1")
    assert table(
        case("T2", Verdict.PASSED, good), case("T1", Verdict.FAILED, good, bad, other)
    ) == [
        ["A_1", "T1", "'=Titel", "nicht bestanden", "a, b", "b: erwartet 201, tatsächlich 500"],
        ["A_1", "T2", "'=Titel", "bestanden", "a", ""],
        ["A_2", "T1", "'=Titel", "bestanden", "c", ""],
    ]


def test_a_claim_without_check_is_never_green_in_the_matrix() -> None:
    claimed = case("T1", Verdict.PASSED, tags=("req:A_3", "req:Anlage_2_Nr._1", "tc:T1"))
    assert [(row[0], row[3], row[5]) for row in table(claimed)] == [
        ("A_3", "nicht entscheidbar", matrix.NO_CHECK),
        ("Anlage 2 Nr. 1", "nicht entscheidbar", matrix.NO_CHECK),
    ]


def test_a_harness_defect_devalues_green_but_not_red() -> None:
    good = Finding("A_1", "a", Verdict.PASSED, "1", "1")
    bad = Finding("A_2", "a", Verdict.FAILED, "1", "2")
    rows = table(case("T1", Verdict.HARNESS_ERROR, good, bad))
    assert [row[3] for row in rows] == ["Prüfstandfehler", "nicht bestanden"]


def test_a_case_without_requirement_keeps_its_row() -> None:
    assert table(case("T1", Verdict.OPEN)) == [["", "T1", "'=Titel", "offen", "", "Grund"]]


def test_the_pack_is_json_that_others_read(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    assert json.loads((folder / "manifest.json").read_bytes())["format"] == "pruefstand-manifest-1"
