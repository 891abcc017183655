"""FHIR packages: safe to open, compiled once, found by address and version."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pruefstand.errors import ExitCode, OperatorError
from pruefstand.fhir.packages import archive as archives
from pruefstand.fhir.packages.library import Definitions, MissingPackage, archive_of, specs_folder
from pruefstand.fhir.packages.sets import SETS, set_for
from pruefstand.fhir.packages.shelf import Shelf, compiled_bytes, shelf_of
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.elements import profile_of
from pruefstand.fhir.validation.terminology import Terminology

KBV = "https://fhir.kbv.de/StructureDefinition/"


def structure(url: str, version: str = "1.4.3") -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "version": version,
        "type": "Patient",
        "description": "never needed",
        "snapshot": {"element": [{"id": "Patient", "path": "Patient", "definition": "text"}]},
    }


def value_set(url: str, compose: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": url, "compose": compose}


def pack(path: Path, *members: tuple[str, bytes]) -> Path:
    """Write a package archive."""
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def package(path: Path, *resources: dict[str, Any]) -> Path:
    """Write a package of resources."""
    members = [
        (f"package/{i}.json", json.dumps(resource).encode()) for i, resource in enumerate(resources)
    ]
    return pack(path, *members)


def test_definitions_are_found_without_documentation(tmp_path: Path) -> None:
    shelf = Shelf(compiled_bytes(package(tmp_path / "a.tgz", structure("urn:a"))))
    found = shelf.get("StructureDefinition", "urn:a")
    assert found is not None
    assert found["elements"] == [{"id": "Patient", "path": "Patient"}]
    assert "description" not in found
    assert shelf.get("StructureDefinition", "urn:b") is None


def test_members_outside_the_package_and_examples_are_left(tmp_path: Path) -> None:
    data = json.dumps(structure("urn:a")).encode()
    names = ("../a.json", "/package/b.json", "package/../c.json", "other/d.json")
    path = pack(tmp_path / "a.tgz", *((n, data) for n in (*names, "package/example/e.json")))
    assert list(archives.resources_in(path)) == []
    assert list(tmp_path.iterdir()) == [path]


def test_broken_documents_do_not_end_the_reading(tmp_path: Path) -> None:
    good = json.dumps(structure("urn:a")).encode()
    path = pack(tmp_path / "a.tgz", ("package/x.json", b"{"), ("package/y.json", good))
    assert [r["url"] for r in archives.resources_in(path)] == ["urn:a"]


@pytest.mark.parametrize("limit", ["LARGEST_MEMBER", "LARGEST_ARCHIVE", "MOST_MEMBERS"])
def test_an_archive_beyond_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    path = package(tmp_path / "a.tgz", structure("urn:a"), structure("urn:b"))
    assert len(list(archives.resources_in(path))) == 2
    monkeypatch.setattr(archives, limit, 0)
    with pytest.raises(OperatorError, match="größer als erlaubt"):
        list(archives.resources_in(path))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(b"no archive")
    with pytest.raises(OperatorError, match=r"a\.tgz"):
        list(archives.resources_in(path))


def test_the_cache_follows_the_content(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = package(tmp_path / "a.tgz", structure("urn:a"))
    shelf_of(path, cache)
    (stored,) = cache.iterdir()
    assert "StructureDefinition urn:a" in shelf_of(path, cache)
    package(path, structure("urn:b"))
    assert "StructureDefinition urn:b" in shelf_of(path, cache)
    assert len(list(cache.iterdir())) == 2
    stored.write_bytes(b"damaged")
    package(path, structure("urn:a"))
    assert "StructureDefinition urn:a" in shelf_of(path, cache)


def test_a_later_package_replaces_an_earlier_one(tmp_path: Path) -> None:
    base, first, second = (
        Shelf(compiled_bytes(package(tmp_path / f"{v}.tgz", structure("urn:a", v))))
        for v in ("0", "1", "2")
    )
    found = Definitions(base, [first, second]).get("StructureDefinition", "urn:a")
    assert found is not None
    assert found["version"] == "2"


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [("", True), ("1.4", True), ("1.4.3", True), ("1.4.", False), ("1.3", False)],
)
def test_a_partial_version_names_its_patches(wanted: str, fits: bool) -> None:
    trimmed = {**structure("urn:a"), "elements": [{"path": "Patient"}]}
    assert profile_of(trimmed).has_version(wanted) is fits


@pytest.mark.parametrize(
    ("claim", "names"),
    [
        ("KBV_PR_ERP_Bundle|1.4", "kbv.ita.erp-1.4.3"),
        ("KBV_PR_ERP_Bundle|1.3", "kbv.ita.erp-1.3.3"),
        ("KBV_PR_EAU_Bundle|1.2", "kbv.ita.eau-1.2.1"),
    ],
)
def test_the_claimed_profile_chooses_the_packages(claim: str, names: str) -> None:
    chosen = set_for([KBV + claim])
    assert chosen is not None
    assert names in chosen.names
    assert set_for([KBV + claim.partition("|")[0] + "|0.1"]) is None


def test_a_missing_package_leaves_the_question_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRUEFSTAND_SPECS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    with pytest.raises(MissingPackage, match="nicht entscheidbar") as caught:
        specs_folder()
    assert caught.value.exit_code is ExitCode.UNDECIDED
    with pytest.raises(MissingPackage, match=SETS[0].names[0]):
        archive_of(SETS[0].names[0], tmp_path)


def test_a_structure_without_its_base_leaves_the_question_open(tmp_path: Path) -> None:
    bare = {k: v for k, v in structure("urn:bare").items() if k != "snapshot"}
    derived = bare | {"url": "urn:b", "baseDefinition": "urn:a"}
    shelf = Shelf(compiled_bytes(package(tmp_path / "a.tgz", bare, derived, structure("urn:a"))))
    catalogue = Catalogue(Definitions(shelf, []))
    assert catalogue.profile("urn:a") is not None
    assert catalogue.profile("urn:b") is not None
    with pytest.raises(MissingPackage, match="kein Snapshot"):
        catalogue.profile("urn:bare")


CODES = {
    "resourceType": "CodeSystem",
    "url": "urn:cs",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "a1"}]}, {"code": "b"}],
}
ABSENT = {"resourceType": "CodeSystem", "url": "urn:absent", "content": "not-present"}
BELOW_A = {"property": "concept", "op": "is-a", "value": "a"}


@pytest.mark.parametrize(
    ("compose", "system", "code", "answer"),
    [
        ({"include": [{"system": "urn:cs"}]}, "urn:cs", "a1", True),
        ({"include": [{"system": "urn:cs"}]}, "urn:cs", "c", False),
        ({"include": [{"system": "urn:cs"}]}, "urn:other", "a", False),
        ({"include": [{"system": "urn:cs"}]}, None, "b", True),
        ({"include": [{"system": "urn:cs", "filter": [BELOW_A]}]}, "urn:cs", "b", False),
        ({"include": [{"system": "urn:cs", "filter": [BELOW_A]}]}, "urn:cs", "a1", True),
        ({"include": [{"system": "urn:absent"}]}, "urn:absent", "x", None),
        ({"include": [{"system": "urn:x", "concept": [{"code": "1"}]}]}, "urn:x", "2", False),
        ({"include": [{"valueSet": ["urn:inner"]}]}, "urn:cs", "b", True),
        ({"include": [{"valueSet": ["urn:nowhere"]}]}, "urn:cs", "b", None),
        (
            {
                "include": [{"system": "urn:cs"}],
                "exclude": [{"system": "urn:cs", "concept": [{"code": "b"}]}],
            },
            "urn:cs",
            "b",
            False,
        ),
    ],
)
def test_a_value_set_answers_as_far_as_it_can(
    tmp_path: Path, compose: dict[str, Any], system: str | None, code: str, answer: bool | None
) -> None:
    inner = value_set("urn:inner", {"include": [{"system": "urn:cs"}]})
    path = package(tmp_path / "a.tgz", CODES, ABSENT, inner, value_set("urn:vs", compose))
    terms = Terminology(Definitions(Shelf(compiled_bytes(path)), []))
    assert terms.contains("urn:vs", system, code) is answer
