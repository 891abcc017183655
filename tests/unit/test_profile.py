"""Profiles: inheritance, and one useful sentence for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from pruefstand.cli.accept import redaction
from pruefstand.config.profile import Environment, Profile, load_profile
from pruefstand.errors import ConfigurationError, ExitCode
from pruefstand.model.secret_kind import REDACTABLE, SecretKind
from pruefstand.requirements.catalogue import load_catalogue

PROFILES = Path(__file__).resolve().parents[2] / "profiles"


def profile(folder: Path, text: str, name: str = "eigenes") -> Profile:
    """Load `text` as the profile `name` of `folder`."""
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_profile(name, folder)


def refusal(folder: Path, text: str) -> ConfigurationError:
    """Return the error that loading `text` raises."""
    with pytest.raises(ConfigurationError) as caught:
        profile(folder, text)
    return caught.value


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_shipped_profile_loads(name: str) -> None:
    assert load_profile(name, PROFILES).name == name


def test_the_mock_profile_starts_all_three_neighbours() -> None:
    loaded = load_profile("mock", PROFILES)
    assert set(loaded.targets) >= {"konnektor", "idp", "erezept"}
    assert loaded.environment is Environment.MOCK
    assert loaded.selftest


def test_a_child_overrides_single_keys_of_its_parent(tmp_path: Path) -> None:
    profile(
        tmp_path,
        '[sut]\nname = "A"\nversion = "1"\n[targets.idp.settings]\na = 1\nb = 2\n',
        "oben",
    )
    child = profile(
        tmp_path, 'extends = "oben"\n[sut]\nname = "B"\n[targets.idp.settings]\nb = 3\n'
    )
    assert (child.sut.name, child.sut.version) == ("B", "1")
    assert child.targets["idp"].settings == {"a": 1, "b": 3}


def test_a_profile_may_be_a_file_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "praxis.toml"
    file.write_text('extends = "base"\n', encoding="utf-8")
    assert load_profile(str(file), PROFILES).sut.driver == "simulator"


def test_a_foreign_driver_is_no_selftest(tmp_path: Path) -> None:
    assert not profile(tmp_path, '[sut]\ndriver = "manual"\n').selftest


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ('enviroment = "mock"', "enviroment", "environment"),
        ('[sut]\nnam = "A"', "nam", "name"),
        ('[targets.idp]\nkin = "mock"', "kin", "kind"),
        ('[applicability]\nrole = ["pvs"]', "role", "roles"),
        ("[evidence]\nrequire_second = true", "require_second", "require_second_person"),
    ],
)
def test_an_unknown_key_is_answered_with_a_suggestion(
    tmp_path: Path, text: str, key: str, suggestion: str
) -> None:
    error = refusal(tmp_path, text)
    assert f"{key!r}" in error.message
    assert f"meinten Sie {suggestion!r}?" in error.hint
    assert error.exit_code is ExitCode.CONFIGURATION


def test_a_key_like_no_other_lists_what_is_allowed(tmp_path: Path) -> None:
    assert "extends, environment, sut, targets" in refusal(tmp_path, "zzz = 1").hint


def test_a_profile_that_inherits_from_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = "a"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="a → b"):
        load_profile("a", tmp_path)


@pytest.mark.parametrize("content", [b"= 1\n", b"[sut\n", b"\xff\xfe"])
def test_broken_toml_names_the_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kaputt.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"kaputt\.toml ist kein gültiges TOML"):
        load_profile("kaputt", tmp_path)


def test_a_missing_profile_suggests_a_near_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_profile("mok", PROFILES)
    assert "meinten Sie 'mock'?" in caught.value.hint


def test_a_missing_profile_lists_what_there_is() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_profile("xyz", PROFILES)
    assert "base, beispiel-praxis, gemeinschaftspraxis, mock" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('environment = "pu"', "environment"),
        ("environment = [1]", "environment"),
        ('[targets.idp]\nkind = "http"', "targets.idp.kind"),
        ("sut = 1", "sut"),
        ("targets = 1", "targets"),
        ("[targets]\nidp = 1", "targets.idp"),
        ("extends = 1", "extends"),
        ("[sut]\nname = 1", "name"),
        ("[targets.idp]\nsettings = 1", "settings"),
        ("[targets.idp]\nload = 1", "load"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, text: str, word: str) -> None:
    assert word in refusal(tmp_path, text).message


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / "ordner.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"ordner\.toml"):
        load_profile("ordner", tmp_path)


APPLICABLE = """
[applicability]
roles = ["praxis"]
features = ["checklisten"]
exclude = { "CL-1" = "kein Video", "A_1" = "keine MVO", "Anlage 1 Nr. 4" = "Vertrag" }
"""


@pytest.mark.parametrize(
    ("tags", "area", "reason"),
    [
        (("tc:X-1",), "checklisten", ""),
        (("tc:X-1", "rolle:praxis", "rolle:avs"), "checklisten", ""),
        (("tc:X-1", "rolle:avs"), "checklisten", "Rolle avs gehört nicht zum Umfang"),
        (("tc:X-1",), "erezept", "erezept gehört nicht zum Umfang"),
        (("punkt:CL-1",), "checklisten", "CL-1 ausgenommen: kein Video"),
        (("req:A_1",), "checklisten", "A_1 ausgenommen: keine MVO"),
        (("req:A_1", "req:A_2"), "checklisten", ""),
        (("req:A_1", "req:Anlage_1_Nr._4"), "checklisten", "ausgenommen: keine MVO"),
    ],
)
def test_a_profile_says_what_does_not_apply_and_why(
    tmp_path: Path, tags: tuple[str, ...], area: str, reason: str
) -> None:
    found = profile(tmp_path, APPLICABLE).not_applicable(tags, area)
    assert reason in found
    assert bool(reason) == bool(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[applicability]\nexclude = { A_1 = "" }', "exclude.A_1 hat keinen Grund"),
        ("[applicability]\nexclude = { A_1 = 1 }", "exclude.A_1 hat keinen Grund"),
        ('[applicability]\nexclude = ["A_1"]', "hat die falsche Art"),
        ('[applicability]\nroles = "pvs"', "hat die falsche Art"),
        ("[applicability]\nfeatures = [1]", "hat die falsche Art"),
        ('[evidence]\nrequire_second_person = "ja"', "hat die falsche Art"),
        ("applicability = 1", "keine Tabelle"),
    ],
)
def test_a_wrong_applicability_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text).message


def test_the_selftest_has_nobody_to_confirm_anything() -> None:
    mock, practice = (load_profile(name, PROFILES) for name in ("mock", "beispiel-praxis"))
    assert "Selbsttest" in mock.not_applicable(("manuell", "rolle:praxis"), "checklisten")
    assert mock.not_applicable(("rolle:pvs",), "erezept") == ""
    assert practice.not_applicable(("manuell", "rolle:praxis"), "checklisten") == ""
    assert practice.evidence.require_second_person


def test_the_example_practice_excludes_only_what_exists() -> None:
    practice = load_profile("beispiel-praxis", PROFILES)
    catalogue = load_catalogue(PROFILES.parent / "catalogue")
    known = {item.id for item in catalogue.checklist} | {row.id for row in catalogue.requirements}
    assert set(practice.applicability.exclude) <= known


def test_everything_is_redacted_unless_the_profile_names_less(tmp_path: Path) -> None:
    assert load_profile("mock", PROFILES).evidence.redact == REDACTABLE
    chosen = profile(tmp_path, '[evidence]\nredact = ["kvnr", "token"]\ntsa = "https://tsa"')
    assert chosen.evidence.redact == (SecretKind.KVNR, SecretKind.TOKEN)
    assert chosen.evidence.tsa == "https://tsa"
    assert redaction(chosen)["kinds"] == ["kvnr", "token"]
    assert set(redaction(chosen)["off"]) == set(REDACTABLE) - {"kvnr", "token"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[evidence]\nredact = ["kvrn"]', "redact nennt 'kvrn'"),
        ('[evidence]\nredact = "kvnr"', "falsche Art"),
        ("[evidence]\nredact = [1]", "redact nennt 1"),
        ('[evidence]\nredact = ["content"]', "redact nennt 'content'"),
        ("[evidence]\nredakt = []", "redakt"),
    ],
)
def test_a_mistake_in_the_evidence_table_is_named(tmp_path: Path, text: str, words: str) -> None:
    assert words in str(refusal(tmp_path, text))
