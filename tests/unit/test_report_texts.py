"""Both languages say the same, and the English report says nothing in German of its own."""

from __future__ import annotations

import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.verdict import Verdict
from pruefstand.report import html
from pruefstand.report.files import writers
from pruefstand.report.messages import messages
from pruefstand.report.packs import BodyPacks
from pruefstand.report.texts import Language, texts
from pruefstand.requirements.coverage import State
from tests.unit.report_runs import CLOCK, case, dossier_of, exchange, hostile_case, upload

DE, EN = texts(Language.GERMAN), texts(Language.ENGLISH)
SAME_IN_BOTH = {
    "patient",
    "doctolib",
    "pvs",
    "idp",
    "epa",
    "epa-aktensystem",
    "vzd",
    "kim",
    "vsdm",
    "ocsp",
    "konnektor",
    "internet",
    "seed",
    "commit",
    "profil",
    "e-rezept",
    "e-rezept-fachdienst",
    "index",
    "sha",
    "verdict",
    "text",
    "xml",
    "json",
    "hex",
}
"""Domain nouns and words that are written alike."""


def words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-zÄÖÜäöüß][\w-]+", text)}


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def flat(language: Language) -> dict[str, str]:
    table = texts(language).table
    return {
        f"{group}.{name}": text for group, names in table.items() for name, text in names.items()
    }


GERMAN_ONLY = (
    set().union(*(words(text) for text in flat(Language.GERMAN).values()))
    - set().union(*(words(text) for text in flat(Language.ENGLISH).values()))
    - SAME_IN_BOTH
)


class Prose(HTMLParser):
    """Collects what a reader of the page's own language reads: no scripts, no `lang="de"`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in {"html", "br", "meta", "input"} and (
            self._hidden or tag in {"script", "style", "code"} or values.get("lang") == "de"
        ):
            self._hidden.append(tag)
        self.said += [
            values[name] or "" for name in ("aria-label", "placeholder") if name in values
        ]

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def test_both_languages_have_the_same_keys_and_fields() -> None:
    german, english = flat(Language.GERMAN), flat(Language.ENGLISH)
    assert german.keys() == english.keys()
    assert [key for key in german if fields(german[key]) != fields(english[key])] == []
    assert [key for key, text in (german | english).items() if not text] == []


@pytest.mark.parametrize("language", list(Language))
def test_every_verdict_and_state_has_a_word(language: Language) -> None:
    t = texts(language)
    assert len({t.verdict(verdict) for verdict in Verdict}) == len(Verdict)
    assert len({t.state(state) for state in State}) == len(State)


def test_the_german_words_are_those_of_the_verdicts() -> None:
    assert [DE.verdict(verdict) for verdict in Verdict] == [verdict.value for verdict in Verdict]
    assert [DE.state(state) for state in State] == [state.value for state in State]


LOOKED_UP = {"verdict", "state", "step", "role", "zone", "blame", "body", "next", "untested"}
"""Groups whose names are values of the record."""


def test_every_text_is_used() -> None:
    folder = Path(html.__file__).parent
    kinds = {".py", ".j2", ".typ"}
    sources = "".join(p.read_text("utf-8") for p in folder.rglob("*") if p.suffix in kinds)
    quoted = set(re.findall(r"[\"']([\w.]+)[\"']", sources))
    unused = [
        key
        for key in DE.keys
        for group, _, name in (key.partition("."),)
        if group not in LOOKED_UP and not {key, name} & quoted
    ]
    assert unused == []


def test_the_english_page_says_nothing_german_of_its_own(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    lost = exchange("lost", response=None, step=0)
    cases = [
        case(writer, [*upload(), lost], title="Titel bleibt deutsch"),
        *(case(writer, [], id=v.name, verdict=v, message="Meldung") for v in Verdict),
        hostile_case(writer, "xx"),
    ]
    dossier = dossier_of(tmp_path, cases, Language.ENGLISH, selftest=True)
    whole = b"".join(html.pieces(dossier)).decode()
    drawings = re.findall(r'class="drawing">(.*?)</script>', whole, re.DOTALL)
    said = " ".join(" ".join(Prose(text).said) for text in (whole, *drawings))
    packs = BodyPacks(dossier.run)
    for view in dossier.views:
        packs.begin(view.anchor)
        for item in messages(view, EN, packs):
            said += f" {item['way']} {item['status']} " + " ".join(
                half["label"] + half.get("form", "")
                for layer in item["layers"]
                for half in layer["halves"]
            )
    step_texts = words("Wenn die Praxis verordnet")
    assert (words(said) & GERMAN_ONLY) - step_texts == set()
    assert "no answer" in said
    assert '<html lang="en">' in whole


def test_the_search_finds_german_where_it_is(tmp_path: Path) -> None:
    dossier = dossier_of(tmp_path, [case(RunWriter(tmp_path, CLOCK), upload())])
    said = " ".join(Prose(b"".join(html.pieces(dossier)).decode()).said)
    assert {"ergebnis", "anforderungen", "szenarien"} <= words(said) & GERMAN_ONLY


@pytest.mark.parametrize("name", ["pdf", "xlsx"])
def test_other_formats_follow_the_language(tmp_path: Path, name: str) -> None:
    cases = [case(RunWriter(tmp_path, CLOCK), upload())]
    made = [
        b"".join(writers([name])[name].pieces(dossier_of(tmp_path / lang, cases, lang)))
        for lang in Language
    ]
    assert made[0] != made[1]
