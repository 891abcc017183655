"""A sealed run: every damage is found, by us and by `openssl` and `sha256sum` alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pruefstand.errors import OperatorError
from pruefstand.evidence.inputs import input_hashes
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.operator_key import Curve
from pruefstand.evidence.verify import verify_run
from tests.unit.evidence_pack import INPUTS, key, run_folder, sealed

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "nachweis.md"
TOOLS = ("bash", "openssl", "sha256sum", "sed", "diff")
needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"one of {', '.join(TOOLS)} is missing"
)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def documented() -> list[str]:
    """Return the shell blocks of the document."""
    return re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def by_hand(folder: Path) -> list[bool]:
    """Run the documented blocks in `folder`, each in a shell of its own."""
    bash = shutil.which("bash")
    assert bash
    return [
        subprocess.run([bash, "-c", block], cwd=folder, capture_output=True, timeout=60).returncode
        == 0
        for block in documented()
    ]


@pytest.mark.parametrize("curve", list(Curve))
def test_an_untouched_run_verifies_and_is_not_written_to(tmp_path: Path, curve: Curve) -> None:
    operator = key(tmp_path, curve)
    folder = sealed(tmp_path / "run", operator, cases=3)
    before = {path: path.read_bytes() for path in files(folder)}
    result = verify_run(folder)
    assert result.defects == ()
    assert result.signer is not None
    assert result.signer.fingerprint == operator.fingerprint
    assert (result.files, result.events) == (len(before) - 2, 12)
    assert {path: path.read_bytes() for path in files(folder)} == before


def test_every_single_flipped_bit_in_every_file_is_found(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    paths = files(folder)
    assert {path.name for path in paths} >= {
        "run.json", "events.ndjson", "verdicts.json", "manifest.json", "manifest.p7s"
    }  # fmt: skip
    missed = []
    for path in paths:
        content = bytearray(path.read_bytes())
        # The file keeps its place on the disk: opening it anew for each bit costs the most.
        with path.open("r+b", buffering=0) as file:
            for place in range(len(content) * 8):
                flipped = content[place // 8] ^ 1 << place % 8
                os.pwrite(file.fileno(), bytes((flipped,)), place // 8)
                if not verify_run(folder).defects:
                    missed.append((path.name, place))
                os.pwrite(file.fileno(), content[place // 8 : place // 8 + 1], place // 8)
    assert missed == []
    assert verify_run(folder).defects == ()


def test_every_cut_and_every_appended_octet_is_found(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    for path in files(folder):
        content = path.read_bytes()
        for damaged in (content[:-1], b"", content + b"\n", content + b"\0"):
            path.write_bytes(damaged)
            assert verify_run(folder).defects, path
        path.write_bytes(content)
    assert verify_run(folder).defects == ()


def drop(lines: list[bytes]) -> list[bytes]:
    return lines[:1] + lines[2:]


def double(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[1], *lines[2:]]


def swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


@pytest.mark.parametrize("damage", [drop, double, swap, cut])
def test_events_removed_added_or_reordered_are_found_even_when_sealed_again(
    tmp_path: Path, damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path), cases=2)
    log = folder / "events.ndjson"
    log.write_bytes(b"".join(damage(log.read_bytes().splitlines(keepends=True))))
    assert any(defect.file == "events.ndjson" for defect in verify_run(folder).defects)
    write_manifest(folder, INPUTS, key(tmp_path))
    assert any(defect.file.startswith("events.ndjson") for defect in verify_run(folder).defects)


def test_files_missing_added_or_linked_are_named(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    (folder / "extra").mkdir()
    (folder / "extra" / ".versteckt").write_bytes(b"")
    (folder / "verdicts.json").rename(tmp_path / "verdicts.json")
    (folder / "verdicts.json").symlink_to(tmp_path / "verdicts.json")
    (blob,) = (path for path in files(folder) if len(path.name) == 64)
    blob.unlink()
    named = {defect.file for defect in verify_run(folder).defects}
    assert {"extra/.versteckt", "verdicts.json", blob.relative_to(folder).as_posix()} <= named


@pytest.mark.parametrize("name", ["manifest.json", "manifest.p7s"])
def test_a_run_without_seal_says_so(tmp_path: Path, name: str) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    (folder / name).unlink()
    (defect,) = verify_run(folder).defects
    assert defect.file == name
    assert "nicht versiegelt" in str(defect)


def test_a_foreign_signature_is_found_by_its_fingerprint_only(tmp_path: Path) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    colons = ":".join(re.findall("..", operator.fingerprint.upper()))
    assert verify_run(folder, fingerprint=colons).defects == ()
    (tmp_path / "other").mkdir()
    write_manifest(folder, INPUTS, key(tmp_path / "other"))
    assert verify_run(folder).defects == ()
    (defect,) = verify_run(folder, fingerprint=colons).defects
    assert operator.fingerprint in defect.expected


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("verdicts.json", '"bestanden",', '"Hinweis",', "verdicts.json, Fall T0"),
        ("verdicts.json", '"event": 4', '"event": 3', "verdicts.json, Fall T0"),
        ("verdicts.json", '"bestanden": 1', '"bestanden": 2', "verdicts.json, summary"),
        ("verdicts.json", '"cases"', '"Cases"', "verdicts.json"),
        ("verdicts.json", '"steps"', '"Steps"', "verdicts.json, Fall 1"),
        ("run.json", '"count": 4', '"count": 5', "events.ndjson"),
        ("run.json", "{", "[", "run.json"),
    ],
)
def test_a_contradiction_is_found_even_when_the_operator_signs_it(
    tmp_path: Path, name: str, old: str, new: str, place: str
) -> None:
    folder = run_folder(tmp_path / "run")
    if new != "[":
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    write_manifest(folder, INPUTS, key(tmp_path))
    if new == "[":
        (folder / name).write_text("[]")
    assert place in {defect.file for defect in verify_run(folder).defects}


def test_a_case_left_out_of_the_verdicts_is_found(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", cases=2)
    verdicts = json.loads((folder / "verdicts.json").read_text("utf-8"))
    del verdicts["cases"][0]
    verdicts["summary"]["bestanden"] = 1
    (folder / "verdicts.json").write_text(json.dumps(verdicts))
    write_manifest(folder, INPUTS, key(tmp_path))
    (defect,) = verify_run(folder).defects
    assert defect.expected == "der Fall aus Ereignis 4"


def test_a_lost_body_is_found_even_when_the_operator_signs_without_it(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    digest = hashlib.sha256(b"body 0").hexdigest()
    (folder / "blobs" / "sha256" / digest[:2] / digest).unlink()
    write_manifest(folder, INPUTS, key(tmp_path))
    (defect,) = verify_run(folder).defects
    assert defect.file == "events.ndjson, Zeile 1"
    assert digest in defect.expected


def test_a_defect_is_one_sentence_with_expectation_sight_and_next_step(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    (folder / "run.json").unlink()
    text = str(verify_run(folder).defects[0])
    assert re.fullmatch(r"run\.json: erwartet .+, gefunden .+ → .+", text)


def test_what_is_no_folder_is_the_operators_error(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="kein Ordner"):
        verify_run(tmp_path / "fehlt")


@needs_tools
@pytest.mark.parametrize("curve", list(Curve))
def test_the_documented_commands_confirm_an_untouched_run(tmp_path: Path, curve: Curve) -> None:
    assert by_hand(sealed(tmp_path / "run", key(tmp_path, curve), cases=2)) == [True] * 4


@needs_tools
@pytest.mark.parametrize(
    ("name", "found_by"),
    [("manifest.json", 0), ("manifest.p7s", 0), ("run.json", 1), ("events.ndjson", 3)],
)
def test_the_documented_commands_find_a_changed_file(
    tmp_path: Path, name: str, found_by: int
) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    content = bytearray((folder / name).read_bytes())
    # A signature ends with its value; openssl does not look at all of the certificate before it.
    content[-9 if name.endswith(".p7s") else len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert not by_hand(folder)[found_by]


@needs_tools
def test_the_documented_commands_find_files_lost_and_added(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    (folder / "extra").write_bytes(b"")
    assert by_hand(folder) == [True, True, False, True]
    (folder / "extra").unlink()
    (folder / "verdicts.json").unlink()
    assert by_hand(folder) == [True, False, False, True]


def command(config: Path, *arguments: str | Path) -> tuple[int, str]:
    """Run `pruefstand evidence` with a configuration folder of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pruefstand", "evidence", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "XDG_CONFIG_HOME": str(config)},
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_says_unchanged_or_names_the_file(tmp_path: Path) -> None:
    operator = key(tmp_path)
    folder = sealed(tmp_path / "run", operator)
    code, text = command(tmp_path, "verify", folder, "--fingerprint", operator.fingerprint)
    assert (code, "Unverändert" in text) == (0, True), text
    (folder / "run.json").write_bytes(b"{}")
    code, text = command(tmp_path, "verify", folder)
    assert code == 1
    assert "run.json: erwartet SHA-256" in text
    assert "Kein Nachweis" in text
    code, text = command(tmp_path, "verify", tmp_path / "fehlt")
    assert (code, "kein Ordner" in text) == (4, True)


def test_the_key_command_creates_shows_and_exports(tmp_path: Path) -> None:
    exported = tmp_path / "betreiber.pem"
    code, text = command(tmp_path, "key", "--name", "Praxis", "--curve", "brainpoolP256r1")
    assert (code, "CN=Praxis" in text) == (0, True), text
    code, again = command(tmp_path, "key", "--export", exported)
    assert code == 0
    assert re.findall("[0-9a-f]{64}", again) == re.findall("[0-9a-f]{64}", text)
    assert b"PRIVATE" not in exported.read_bytes()
    code, text = command(tmp_path, "key", "--name", "Andere")
    assert (code, "besteht schon" in text) == (4, True)


BINDINGS = {
    "sut": {"name": "Anderes PVS", "version": "1", "driver": "simulator", "certificates": ["cc"]},
    "sut version": {"name": "PVS", "version": "2", "driver": "simulator", "certificates": ["cc"]},
    "sut certificate": {
        "name": "PVS", "version": "1", "driver": "simulator", "certificates": ["dd"],
    },
    "profile": "ru",
    "seed": 2,
    "as_of": "2027-01-01",
    "commit": "def-dirty",
    "harness": "9.9",
    "redaction": {"kinds": [], "off": ["name"]},
    "id": "anderer",
}  # fmt: skip


@pytest.mark.parametrize("name", list(BINDINGS))
def test_every_binding_is_signed_and_compared(tmp_path: Path, name: str) -> None:
    folder = sealed(tmp_path / "run", key(tmp_path))
    field = name.split()[0]
    info = json.loads((folder / "run.json").read_text("utf-8"))
    assert info[field] != BINDINGS[name]
    (folder / "run.json").write_text(json.dumps({**info, field: BINDINGS[name]}), "utf-8")
    assert f"run.json, {field}" in {defect.file for defect in verify_run(folder).defects}
    write_manifest_over(folder, tmp_path, field)
    assert verify_run(folder).defects == ()


def write_manifest_over(folder: Path, keys: Path, field: str) -> None:
    """Change the manifest as a forger would: without the key its signature is lost, with it not."""
    manifest = (folder / "manifest.json").read_text("utf-8")
    raw = json.loads(manifest)
    raw["run"][field] = "gefälscht"
    (folder / "manifest.json").write_text(json.dumps(raw, indent=1), "utf-8")
    assert {d.file for d in verify_run(folder).defects} >= {"manifest.json, manifest.p7s"}
    write_manifest(folder, INPUTS, key(keys))


@pytest.mark.parametrize("name", ["profile", "features", "catalogue"])
def test_what_a_run_was_made_from_is_compared_with_a_project(tmp_path: Path, name: str) -> None:
    project = tmp_path / "project"
    for place in ("profiles/mock.toml", "features/a.feature", "catalogue/rows.csv"):
        (project / place).parent.mkdir(parents=True)
        (project / place).write_text(f"# {place}\n", "utf-8")
    folder = run_folder(tmp_path / "run")
    write_manifest(folder, input_hashes(project, "mock"), key(tmp_path))
    assert verify_run(folder, project=project).defects == ()
    changed = next(path for path in project.rglob("*") if path.is_file() and name[:7] in str(path))
    changed.write_text("# anders\n", "utf-8")
    (defect,) = verify_run(folder, project=project).defects
    assert defect.file == f"{project}, {name}"
