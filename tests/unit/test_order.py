"""What a run was asked to do survives in `run.json`; a campaign decides profile and folder."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pruefstand.cli.order import Order, given_wins, hidden, order_of
from pruefstand.cli.surroundings import joined, repeated, require_known_exclusions
from pruefstand.config.applicability import Applicability
from pruefstand.config.profile import Profile, load_profile
from pruefstand.errors import ConfigurationError, OperatorError
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.run_folder import RunWriter
from pruefstand.evidence.vault import VaultWriter, vault_path
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Verdict
from pruefstand.pytest_plugin.file_label import file_label
from tests.unit.attestation_desk import ROOT, office
from tests.unit.evidence_pack import INPUTS, key


def run(folder: Path, order: Order, *cases: tuple[str, Verdict], **info: object) -> Path:
    """Write a sealed run of `order`."""
    writer = RunWriter(folder)
    head = {"id": folder.name, "profile": order.profile, "seed": order.seed, "as_of": order.as_of}
    records = [CaseRecord(id, "T", "f", (), verdict) for id, verdict in cases]
    writer.finish({**head, "order": order.to_json(), **info}, records)
    write_manifest(folder, INPUTS, key(folder.parent))
    return folder


def test_an_order_is_read_back_as_it_was(tmp_path: Path) -> None:
    files = (tmp_path / "a.xml",)
    order = Order(tmp_path, "ru", 7, "2027-01-20", "ERP", files, 2, ("A",), ("B",))
    folder = tmp_path / "lauf"
    info = {"profile": "ru", "seed": 7, "as_of": "2027-01-20", "order": order.to_json()}
    assert order_of(folder, info, None) == order
    assert given_wins(order, {"seed": 9}).seed == 9
    for broken in ({}, {**info, "order": {}}, {**info, "seed": "x"}):
        with pytest.raises(OperatorError, match="was der Lauf tun sollte"):
            order_of(folder, broken, None)


def test_paths_are_in_the_vault_and_come_back_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "lauf"
    order = Order(tmp_path, files=(tmp_path / "Zachmann_Edeltraut.xml",))
    vault = VaultWriter(vault_path(os.environ, folder.name))
    shown = order.to_json(partial(hidden, vault))
    vault.close()
    VaultWriter(vault_path(os.environ, folder.name)).close()
    assert "Zachmann" not in json.dumps(shown)
    info = {"profile": "mock", "seed": 1, "as_of": None, "order": shown}
    assert order_of(folder, info, None) == order
    with pytest.raises(OperatorError, match="kein Tresor zum Lauf woanders"):
        order_of(tmp_path / "woanders", info, None)


def test_only_what_was_not_green_is_repeated_with_the_old_choices(tmp_path: Path) -> None:
    order = Order(tmp_path, seed=7, only="ERP", workers=2)
    bad = [(f"C{n}", verdict) for n, verdict in enumerate(Verdict)]
    run(tmp_path / "1", order, ("A", Verdict.FAILED), ("B", Verdict.FAILED))
    run(tmp_path / "2", order, ("A", Verdict.PASSED), *bad, resumes="1")
    found = repeated(Order(tmp_path, seed=1), None, {"workers": 0})
    red = {v for v in Verdict if not v.green}
    assert {v.value for v in red} == {
        "nicht bestanden",
        "nicht entscheidbar",
        "offen",
        "Prüfstandfehler",
    }
    assert found.keep == ("B", *(id for id, verdict in bad if verdict in red))
    assert (found.seed, found.workers, found.only) == (7, 0, "")
    assert found.origin == {"repeats": "2"}
    named = repeated(Order(tmp_path), tmp_path / "1", {})
    assert named.keep == ("A", "B")
    run(tmp_path / "3", order, ("A", Verdict.HINT))
    with pytest.raises(OperatorError, match="alles ist grün"):
        repeated(Order(tmp_path), None, {})


def test_a_campaign_decides_profile_and_folder(tmp_path: Path) -> None:
    folder = office(tmp_path).folder
    found = joined(Order(tmp_path, campaign=folder), {})
    assert (found.profile, found.runs) == ("beispiel-praxis", folder / "runs")
    with pytest.raises(ConfigurationError, match="hat das Profil 'beispiel-praxis'"):
        joined(Order(tmp_path, "mock", campaign=folder), {"profile": "mock"})


def test_a_profile_may_exclude_only_what_exists(tmp_path: Path) -> None:
    profile = load_profile("beispiel-praxis", ROOT / "profiles")
    require_known_exclusions(ROOT, profile)
    for name in ("ERP-0001", "A_19275", "CL-GOL-05d"):
        require_known_exclusions(ROOT, excluding(profile, name))
    with pytest.raises(ConfigurationError, match=r"CL-GOL-05x.*meinten Sie 'CL-GOL-05"):
        require_known_exclusions(ROOT, excluding(profile, "CL-GOL-05x"))


def excluding(profile: Profile, name: str) -> Profile:
    return replace(profile, applicability=Applicability(exclude={name: "Grund"}))


@pytest.mark.parametrize(
    ("files", "labels"),
    [
        (["/x/a.xml", "/x/b.xml"], ["a.xml", "b.xml"]),
        (["/x/1/a.xml", "/x/2/a.xml"], ["1/a.xml", "2/a.xml"]),
        (["/x/1/s/a.xml", "/x/2/s/a.xml", "/x/b.xml"], ["1/s/a.xml", "2/s/a.xml", "b.xml"]),
        (["a.xml", "/x/a.xml"], ["a.xml", "x/a.xml"]),
    ],
)
def test_files_of_one_name_are_different_cases(files: list[str], labels: list[str]) -> None:
    assert [file_label(file, files) for file in files] == labels
    assert len(set(labels)) == len(files)


def test_a_file_that_is_called_after_its_patient_gets_a_number(tmp_path: Path) -> None:
    patient = b'<name><family value="Freudenreich-Sorglos"/><given value="Adalbertus"/></name>'
    named, other = tmp_path / "Rezept_Adalbertus.xml", tmp_path / "Rezept_7.xml"
    for file in (named, other):
        file.write_bytes(patient)
    label = file_label(str(named), [str(named), str(other)])
    assert re.fullmatch("datei-[0-9a-f]{12}", label)
    assert label == file_label(str(named), [str(named)])
    assert file_label(str(other), [str(named), str(other)]) == "Rezept_7.xml"
    assert file_label(str(tmp_path / "K220635158.xml"), []) != "K220635158.xml"
