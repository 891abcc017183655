"""The catalogue: what stands in it, how ids resolve, what a broken row is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pruefstand.errors import ConfigurationError
from pruefstand.model.tags import from_tag, to_tag
from pruefstand.requirements.catalogue import (
    CHECKLISTS,
    COLUMNS,
    DOCUMENTS,
    ITEM_COLUMNS,
    Catalogue,
    load_catalogue,
)
from pruefstand.requirements.identifiers import is_well_formed, versioned

ROOT = Path(__file__).resolve().parents[2]

GOOD = {
    "id": "A_10001-02",
    "source": "Quelle",
    "source_version": "1.0",
    "verb": "MUSS",
    "title_de": "Titel",
    "method": "automatic",
    "confidence": "read",
}


def row(**changes: str) -> str:
    """Return one CSV line of a valid requirement with `changes`."""
    values = {**GOOD, **changes}
    return ",".join(f'"{values.get(column, "")}"' for column in COLUMNS)


def folder(tmp_path: Path, *rows: str, items: str = "", areas: str = "erezept") -> Path:
    """Write a catalogue with one document and return its folder."""
    text = "\n".join([",".join(COLUMNS), *(rows or (row(),))])
    (tmp_path / "quelle.csv").write_text(text + "\n", "utf-8")
    (tmp_path / DOCUMENTS).write_text(f"file,areas\nquelle,{areas}\n", "utf-8")
    (tmp_path / CHECKLISTS).mkdir(exist_ok=True)
    head = ",".join(ITEM_COLUMNS)
    (tmp_path / CHECKLISTS / "liste.csv").write_text(f"{head}\n{items}", "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "catalogue")


def test_the_catalogue_loads_and_keys_are_unique(catalogue: Catalogue) -> None:
    keys = [found.key for found in catalogue.requirements]
    assert len(keys) > 850
    assert len(set(keys)) == len(keys)


def test_every_id_is_well_formed(catalogue: Catalogue) -> None:
    assert [r.id for r in catalogue.requirements if not is_well_formed(r.id)] == []


def test_rows_seen_by_title_only_say_so(catalogue: Catalogue) -> None:
    assert {found.confidence for found in catalogue.requirements} == {"read", "index"}
    (code,) = catalogue.find("A_19021-02")
    assert not code.was_read


def test_the_readme_counts_what_is_there(catalogue: Catalogue) -> None:
    text = (ROOT / "catalogue" / "README.md").read_text("utf-8")
    only_title = [found for found in catalogue.requirements if not found.was_read]
    assert f"\n{len(catalogue.requirements)} requirements as data" in text
    assert f"\n{len(only_title)} rows are `index`" in text
    assert [column for column in (*COLUMNS, *ITEM_COLUMNS) if f"`{column}`" not in text] == []


def test_every_older_suffix_names_its_successor(catalogue: Catalogue) -> None:
    found = [r.id for r in catalogue.requirements if catalogue.successor(r.id)]
    assert "KOM-LE-A_2176" in found
    assert [r.id for r in catalogue.requirements if r.id in found and not r.superseded_by] == []


def test_the_customers_picture_is_complete(catalogue: Catalogue) -> None:
    groups: dict[str, set[str]] = {}
    for item in catalogue.checklist:
        groups.setdefault(item.list, set()).add(item.group)
    assert len(groups["Ablauf"]) == 5
    assert groups["Zone"] == {"Internet", "Praxisnetz", "Telematikinfrastruktur"}
    assert len(groups["Go-live"]) == 6
    assert len([i for i in catalogue.checklist if i.group == "Probeläufe"]) == 4
    assert len(groups["Schnittstelle"]) >= 12


def test_manual_and_document_rows_give_a_reason(catalogue: Catalogue) -> None:
    silent = [
        r.key
        for r in catalogue.requirements
        if r.method in {"manual", "document"} and not r.not_tested_reason
    ]
    assert silent == []


def test_an_id_used_by_two_documents_resolves_by_folder(catalogue: Catalogue) -> None:
    prescription, sick_note = (catalogue.resolve("P4-01", a) for a in ("erezept", "eau"))
    assert prescription is not None
    assert sick_note is not None
    assert (prescription.document, sick_note.document) == ("kbv_erezept", "kbv_eau")
    assert catalogue.resolve("P4-01", "video") is None


def test_a_unique_id_resolves_in_every_folder(catalogue: Catalogue) -> None:
    found = catalogue.resolve("A_19275", "gesamtablauf")
    assert found is not None
    assert catalogue.resolve("A_99999", "erezept") is None


def test_suggestions_name_other_versions_first(catalogue: Catalogue) -> None:
    assert catalogue.suggestions("A_19021-01")[0] == "A_19021-02"
    assert "P36-37" in catalogue.suggestions("P36_37")
    assert catalogue.suggestions("völlig anders") == []


def test_successor_is_the_newest_suffix(tmp_path: Path) -> None:
    rows = row(id="A_10001-02"), row(id="A_10001-03"), row(id="A_20002", superseded_by="unbekannt")
    found = load_catalogue(folder(tmp_path, *rows))
    assert found.successor("A_10001") == "A_10001-03"
    assert found.successor("A_10001-02") == "A_10001-03"
    assert found.successor("A_10001-03") is None
    assert found.successor("A_10001-04") is None
    assert found.successor("A_20002") == "unbekannt"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verb": "muss"}, "verb ist 'muss'"),
        ({"method": "auto"}, "method ist 'auto'"),
        ({"confidence": ""}, "confidence ist ''"),
        ({"title_de": " "}, "title_de ist leer"),
        ({"valid_from": "01.07.2026"}, "kein Tag"),
        ({"superseded_by": "A_5"}, "Nachfolger A_5"),
    ],
)
def test_a_broken_row_is_refused_with_its_place(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load_catalogue(folder(tmp_path, row(**changes)))


def test_an_id_twice_in_one_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"quelle\.csv:3: A_10001-02 steht schon"):
        load_catalogue(folder(tmp_path, row(), row()))


def test_a_row_with_too_few_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="falsche Zahl von Spalten"):
        load_catalogue(folder(tmp_path, "A_10001,Quelle"))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    where = folder(tmp_path)
    (where / "quelle.csv").write_text("id,title\n", "utf-8")
    with pytest.raises(ConfigurationError, match="Spalten"):
        load_catalogue(where)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="kein Anforderungskatalog"):
        load_catalogue(tmp_path)


def test_a_document_without_areas_is_refused(tmp_path: Path) -> None:
    where = folder(tmp_path)
    (where / DOCUMENTS).write_text("file,areas\n", "utf-8")
    with pytest.raises(ConfigurationError, match="es fehlt quelle"):
        load_catalogue(where)


def test_a_checklist_may_only_name_known_keys(tmp_path: Path) -> None:
    good = "CL-1,L,G,T,E,quelle:A_10001-02,automatic,\n"
    (item,) = load_catalogue(folder(tmp_path, items=good)).checklist
    assert item.requirements == ("quelle:A_10001-02",)
    with pytest.raises(ConfigurationError, match="CL-1: quelle:A_1 steht nicht"):
        load_catalogue(folder(tmp_path, items=good.replace("A_10001-02", "A_1")))
    with pytest.raises(ConfigurationError, match="CL-1: Kennung doppelt"):
        load_catalogue(folder(tmp_path, items=good + good))


@pytest.mark.parametrize(
    "text", ["A_19021-02", "KOM-LE-A_2176-01", "P36-01", "KP310-01/AK4", "Anlage 1 Nr. 11", "V03"]
)
def test_printed_spellings_are_well_formed(text: str) -> None:
    assert is_well_formed(text)
    assert from_tag(to_tag(text).removeprefix("@req:")) == text
    assert " " not in to_tag(text)


@pytest.mark.parametrize(
    "text", ["A_19021-2", "A-19021", "a_19021", "A_19021_02", "P36", "", "A_19021-02 ", "Anlage 1"]
)
def test_other_spellings_are_malformed(text: str) -> None:
    assert not is_well_formed(text)


def test_only_gematik_ids_carry_a_version() -> None:
    assert versioned("A_19021-02") == ("A_19021", 2)
    assert versioned("KOM-LE-A_2176") == ("KOM-LE-A_2176", 0)
    assert versioned("P36-01") is None
