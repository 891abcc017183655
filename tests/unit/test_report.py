from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pruefstand.evidence.codec import exchange_to_json
from pruefstand.evidence.run_folder import RunWriter, read_run
from pruefstand.model.case import Json
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.verdict import Verdict
from pruefstand.report import html
from pruefstand.report.body import LIMIT, present
from pruefstand.report.dossier import Dossier, compile_dossier
from pruefstand.report.flow import shown_exchanges
from pruefstand.report.packs import unpacked
from pruefstand.report.sequence import draw, lifelines
from pruefstand.report.texts import Language, texts
from pruefstand.report.untested import SILENT
from pruefstand.requirements.coverage import State
from tests.unit.report_runs import (
    CATALOGUE,
    CLOCK,
    case,
    dossier_of,
    exchange,
    hostile_case,
    run_of,
    upload,
)

DE = texts()
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='x"


def page_of(folder: Path, exchanges: list[Exchange], **more: Any) -> str:
    return page(dossier_of(folder, [case(RunWriter(folder, CLOCK), exchanges, **more)]))


def page(dossier: Dossier) -> str:
    return b"".join(html.pieces(dossier)).decode()


def packs(text: str) -> list[Any]:
    """Return what the page unpacks: messages and bodies, scenario by scenario."""
    return [unpacked(found) for found in re.findall(r'-pack">([^<]*)<', text)]


def as_json(exchanges: list[Exchange]) -> list[Json]:
    return [exchange_to_json(item, lambda body: body.decode("latin-1")) for item in exchanges]


def read(text: str) -> bytes:
    return text.encode("latin-1")


class Elements(HTMLParser):
    """Collects start tags and attribute names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_a_reader_sees_the_innermost_protocol_with_its_layers() -> None:
    (only,) = shown_exchanges(as_json(upload()), read)
    assert only.exchange["operation"] == "Task/$activate"
    assert only.badges == ("TLS", "HTTP", "VAU", "FHIR", "CMS")
    assert [layer["id"] for layer in only.layers] == ["tls", "outer", "vau", "inner", "fhir", "cms"]


def test_a_carrier_without_inner_message_is_shown() -> None:
    (only,) = shown_exchanges(as_json([exchange("tls", Layer.TLS, error="handshake")]), read)
    assert only.failed
    assert only.status == "200 · handshake"


@pytest.mark.parametrize(
    ("item", "failed"),
    [
        (exchange("a"), False),
        (exchange("a", status=399), False),
        (exchange("a", status=400), True),
        (exchange("a", error="Zeitüberschreitung", response=None), True),
        (exchange("a", Layer.SOAP), False),
        (exchange("a", Layer.SOAP, response=Message(body=b"<S:Envelope><S:Fault>")), True),
        (exchange("a", Layer.SOAP, response=Message(body=b"<DefaultFaulty/>")), False),
        (exchange("a", Layer.FHIR, response=Message(body=b"<S:Fault>")), False),
    ],
)
def test_errors_and_only_errors_are_red(item: Exchange, failed: bool) -> None:
    shown = shown_exchanges(as_json([item]), read)
    assert shown[0].failed is failed
    assert ('class="pair bad"' in draw(shown, DE)) is failed


def test_the_mock_counts_only_where_nobody_else_looked() -> None:
    client, mock = exchange("c"), exchange("m", side=Side.MOCK)
    foreign = exchange("f", side=Side.MOCK, peer="idp")
    shown = shown_exchanges(as_json([client, mock, foreign]), read)
    assert [item.exchange["id"] for item in shown] == ["c", "f"]


def test_circular_parents_do_not_hang() -> None:
    pair = [exchange("a", parent="b"), exchange("b", parent="a"), exchange("c", parent="a")]
    assert [item.exchange["id"] for item in shown_exchanges(as_json(pair), read)] == ["c"]


def test_lifelines_stand_in_the_usual_order() -> None:
    items = [
        exchange("1", actor="apotheke", peer="erezept"),
        exchange("2", actor="pvs", peer="fremd"),
        exchange("3", actor="pvs", peer="konnektor"),
    ]
    shown = shown_exchanges(as_json(items), read)
    assert lifelines(shown) == ("pvs", "konnektor", "erezept", "apotheke", "fremd")
    svg = draw(shown, DE)
    assert "E-Rezept-Fachdienst" in svg
    assert "Apotheke" in svg
    assert svg.count('class="back"') == 3


def test_a_missing_answer_and_a_call_to_oneself_are_drawn() -> None:
    items = [exchange("1", response=None), exchange("2", peer="pvs")]
    svg = draw(shown_exchanges(as_json(items), read), DE)
    assert "keine Antwort" in svg
    assert 'class="loop"' in svg
    assert 'class="back"' not in svg


def test_no_exchanges_draw_nothing() -> None:
    assert draw((), DE) == ""


def test_arrows_and_findings_lead_to_the_message(tmp_path: Path) -> None:
    text = page_of(tmp_path, upload())
    assert '<a href="#f1-n1" class="pair">' in text
    (message,) = packs(text)[0]["messages"]
    assert message["number"] == 1
    assert '<td class="num"><a href="#f1-n1">1</a></td>' in text
    assert "Wenn die Praxis verordnet" in text.split("<svg")[2]


def test_the_report_needs_no_network(tmp_path: Path) -> None:
    elements = Elements(page_of(tmp_path, upload()))
    assert not {"link", "img", "iframe", "object", "base"} & set(elements.tags)
    targets = [value for name, value in elements.attributes if name in {"src", "href"}]
    assert targets
    assert all(target.startswith("#") for target in targets)


def test_hostile_content_stays_text(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    whole = page(dossier_of(tmp_path, [hostile_case(writer, HOSTILE)]))
    elements = Elements(whole)
    assert "img" not in elements.tags
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    assert elements.tags.count("script") == whole.count("</script") == 3


def test_the_bodies_are_there_once_and_complete(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    cases = [case(writer, upload()), case(writer, upload(), id="TC-2")]
    first, second = packs(page(dossier_of(tmp_path, cases)))
    assert list(first["bodies"].values()) == ["<Task>\n  <id>1</id>\n</Task>", "<ok/>"]
    assert second["bodies"] == {}
    (message,) = second["messages"]
    assert {half["pack"] for layer in message["layers"] for half in layer["halves"]} == {"f1"}


def test_a_lost_body_does_not_stop_the_report(tmp_path: Path) -> None:
    run = run_of(tmp_path, [case(RunWriter(tmp_path, CLOCK), upload())])
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    (pack,) = packs(page(compile_dossier(run, CATALOGUE)))
    assert "· fehlt" in json.dumps(pack["messages"], ensure_ascii=False)


def test_letters_that_reverse_text_become_visible(tmp_path: Path) -> None:
    text = page_of(tmp_path, [], title="\u202etxt.exe\x00\u2066")
    assert "⟨U+202E⟩txt.exe⟨U+0000⟩⟨U+2066⟩" in text


@pytest.mark.parametrize("selftest", [True, False])
def test_a_self_test_says_so_on_the_cover(tmp_path: Path, selftest: bool) -> None:
    text = page(dossier_of(tmp_path, [], selftest=selftest))
    assert ("Selbsttest des Prüfstands:" in text) is selftest


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_overall_verdict_is_the_most_severe(tmp_path: Path, verdict: Verdict) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    cases = [
        case(writer, [], verdict=Verdict.NOT_APPLICABLE),
        case(writer, [], verdict=verdict),
    ]
    text = page(dossier_of(tmp_path, cases))
    overall = re.search(r'<p class="overall"><span class="verdict \w+">([^<]+)<', text)
    assert overall
    assert overall[1] == verdict.value


def test_an_empty_run_is_not_green(tmp_path: Path) -> None:
    text = page(dossier_of(tmp_path, []))
    assert '<p class="overall"><span class="verdict undecided">nicht entscheidbar' in text


def test_a_run_without_any_data_has_a_report(tmp_path: Path) -> None:
    RunWriter(tmp_path, CLOCK).finish({}, [])
    assert "Prüfling ohne Namen" in page(compile_dossier(read_run(tmp_path), CATALOGUE))


@pytest.mark.parametrize(
    ("body", "form", "start"),
    [
        (b"<a><b>1</b></a>", "xml", "<a>\n  <b>"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "xml", "<a/>"),
        (b'{"a":"\xc3\xa4"}', "json", '{\n  "a": "ä"'),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "text", "<!DOCTYPE"),
        (b"<a><b></a>", "text", "<a><b></a>"),
        (b"[" * 100_000, "text", "[[["),
        ("Grüße".encode(), "text", "Grüße"),
        ("Grüße".encode("latin-1"), "binary", "0000  47 72 fc"),
        (b"\x00<a/>", "binary", "0000  00 3c"),
    ],
)
def test_a_body_is_shown_in_its_form(body: bytes, form: str, start: str) -> None:
    view = present(body)
    assert (view.form, view.size) == (form, len(body))
    assert view.text.startswith(start)


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (b"x" * LIMIT, False),
        (b"x" * (LIMIT + 1), True),
        (b"<a>" + b"x" * LIMIT + b"</a>", True),
        (b"ab" + "€".encode() * 3 * LIMIT, True),
        (bytes(256), False),
        (bytes(257), True),
    ],
)
def test_a_long_body_is_cut_and_says_so(body: bytes, cut: bool) -> None:
    view = present(body)
    assert view.cut is cut
    assert len(view.text) <= LIMIT


@pytest.mark.parametrize("language", Language)
def test_every_verdict_and_state_has_its_words(language: Language) -> None:
    words = texts(language)
    assert all(words.verdict(verdict) for verdict in Verdict)
    assert all(words.state(state) for state in State)
    assert all(words(f"untested.{state.name.lower()}") for state in SILENT)
