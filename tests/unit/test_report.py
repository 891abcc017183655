from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pruefstand.clock import VirtualClock
from pruefstand.evidence.codec import exchange_to_json
from pruefstand.evidence.run_folder import Run, RunWriter, read_run
from pruefstand.model.case import CaseRecord, Json, StepRecord
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report import html
from pruefstand.report.body import LIMIT, present
from pruefstand.report.files import write_reports
from pruefstand.report.flow import shown_exchanges
from pruefstand.report.sequence import draw, lifelines

CLOCK = VirtualClock.at_day(date(2026, 11, 24))
START = datetime(2026, 11, 24, 9, tzinfo=UTC)
INFO: dict[str, Any] = {
    "id": "20261124-100000-abcdef",
    "started": START.isoformat(),
    "finished": (START + timedelta(seconds=12)).isoformat(),
    "seed": "1",
    "profile": "mock",
    "as_of": "2026-11-24",
    "sut": {"name": "Beispiel-PVS", "version": "1.0", "driver": "eingebaut"},
    "harness": "0.1.0",
    "commit": "0123abc",
    "selftest": False,
    "exit_code": 0,
}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='x"


def exchange(name: str, layer: Layer = Layer.HTTP, **more: Any) -> Exchange:
    status = more.pop("status", 200)
    answer = Message(f"HTTP/1.1 {status}", (("Content-Type", "text/xml"),), b"<ok/>", status)
    first = Exchange(
        id=name,
        parent=None,
        layer=layer,
        side=Side.CLIENT,
        actor="pvs",
        peer="erezept",
        operation=f"op-{name}",
        started=START,
        duration=0.012,
        request=Message("POST / HTTP/1.1", (("X-Test", "1"),), b"<Task><id>1</id></Task>"),
        response=answer,
    )
    return replace(first, **more)


def upload() -> list[Exchange]:
    return [
        exchange("tls", Layer.TLS),
        exchange("outer", parent="tls"),
        exchange("vau", Layer.VAU, parent="outer"),
        exchange("inner", parent="vau", operation="Task/$activate", step=0),
        exchange("fhir", Layer.FHIR, parent="inner"),
        exchange("cms", Layer.CMS, parent="fhir"),
    ]


def case(writer: RunWriter, exchanges: list[Exchange], **more: Any) -> CaseRecord:
    first = CaseRecord(
        id="TC-1",
        title="Rezept einstellen",
        feature="E-Rezept",
        tags=("erezept", "A_19021"),
        verdict=Verdict.PASSED,
        steps=(StepRecord("Wenn", "die Praxis verordnet", "passed", 0.2),),
        findings=(Finding("A_1", "Status", Verdict.PASSED, "201", "201", "fhir"),),
        exchanges=tuple(exchange_to_json(item, writer.blob) for item in exchanges),
        duration=0.3,
    )
    return replace(first, **more)


def run_of(folder: Path, cases: list[CaseRecord], **info: Any) -> Run:
    writer = RunWriter(folder, CLOCK)
    writer.finish({**INFO, **info}, cases)
    return read_run(folder)


def page_of(folder: Path, exchanges: list[Exchange], **more: Any) -> str:
    return html.render(run_of(folder, [case(RunWriter(folder, CLOCK), exchanges, **more)]))


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
    assert ('class="pair bad"' in draw(shown)) is failed


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
    svg = draw(shown)
    assert "E-Rezept-Fachdienst" in svg
    assert "Apotheke" in svg
    assert svg.count('class="back"') == 3


def test_a_missing_answer_and_a_call_to_oneself_are_drawn() -> None:
    items = [exchange("1", response=None), exchange("2", peer="pvs")]
    svg = draw(shown_exchanges(as_json(items), read))
    assert "keine Antwort" in svg
    assert 'class="loop"' in svg
    assert 'class="back"' not in svg


def test_no_exchanges_draw_nothing() -> None:
    assert draw(()) == ""


def test_arrows_and_findings_lead_to_the_message(tmp_path: Path) -> None:
    page = page_of(tmp_path, upload())
    assert '<a href="#f1-n1" class="pair">' in page
    assert 'id="f1-n1"' in page
    assert '<td class="num"><a href="#f1-n1">1</a></td>' in page
    assert "Wenn die Praxis verordnet" in page.split("<svg")[1]


def test_the_report_needs_no_network(tmp_path: Path) -> None:
    elements = Elements(page_of(tmp_path, upload()))
    assert not {"link", "img", "iframe", "object", "base"} & set(elements.tags)
    targets = [value for name, value in elements.attributes if name in {"src", "href"}]
    assert targets
    assert all(target.startswith("#") for target in targets)


def test_hostile_content_stays_text(tmp_path: Path) -> None:
    body = json.dumps({"x": HOSTILE}).encode()
    message = Message(HOSTILE, ((HOSTILE, HOSTILE),), body, 500)
    item = exchange(HOSTILE, request=message, response=message, operation=HOSTILE, actor=HOSTILE)
    item = replace(item, peer=HOSTILE, facts={HOSTILE: HOSTILE}, error=HOSTILE, step=0)
    page = page_of(
        tmp_path,
        [item],
        id=HOSTILE,
        title=HOSTILE,
        feature=HOSTILE,
        tags=(HOSTILE,),
        message=HOSTILE,
        hint=HOSTILE,
        blame=HOSTILE,
        verdict=Verdict.FAILED,
        steps=(StepRecord(HOSTILE, HOSTILE, HOSTILE, 0, HOSTILE),),
        findings=(Finding(HOSTILE, HOSTILE, Verdict.FAILED, HOSTILE, HOSTILE, HOSTILE),),
    )
    elements = Elements(page)
    assert elements.tags.count("script") == 2
    assert "img" not in elements.tags
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    assert page.count("</script") == 2


def test_the_bodies_are_there_once_and_complete(tmp_path: Path) -> None:
    page = page_of(tmp_path, upload())
    found = re.search(r'<script type="application/json" id="inhalte">(.*?)</script>', page)
    assert found
    texts = list(json.loads(found[1]).values())
    assert texts == ["<Task>\n  <id>1</id>\n</Task>", "<ok/>"]


def test_a_lost_body_does_not_stop_the_report(tmp_path: Path) -> None:
    run = run_of(tmp_path, [case(RunWriter(tmp_path, CLOCK), upload())])
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    assert "· fehlt" in html.render(run)


def test_letters_that_reverse_text_become_visible(tmp_path: Path) -> None:
    page = page_of(tmp_path, [], title="\u202etxt.exe\x00\u2066")
    assert "⟨U+202E⟩txt.exe⟨U+0000⟩⟨U+2066⟩" in page


@pytest.mark.parametrize("selftest", [True, False])
def test_a_self_test_says_so_on_the_cover(tmp_path: Path, selftest: bool) -> None:
    page = html.render(run_of(tmp_path, [], selftest=selftest))
    assert ("Selbsttest des Prüfstands:" in page) is selftest


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_overall_verdict_is_the_most_severe(tmp_path: Path, verdict: Verdict) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    cases = [
        case(writer, [], verdict=Verdict.NOT_APPLICABLE),
        case(writer, [], verdict=verdict),
    ]
    page = html.render(run_of(tmp_path, cases))
    overall = re.search(r'<p class="overall"><span class="verdict \w+">([^<]+)<', page)
    assert overall
    assert overall[1] == verdict.value


def test_an_empty_run_is_not_green(tmp_path: Path) -> None:
    page = html.render(run_of(tmp_path, []))
    assert '<p class="overall"><span class="verdict undecided">nicht entscheidbar' in page


def test_a_run_without_any_data_has_a_report(tmp_path: Path) -> None:
    RunWriter(tmp_path, CLOCK).finish({}, [])
    assert "Prüfling ohne Namen" in html.render(read_run(tmp_path))


def test_both_files_are_written(tmp_path: Path) -> None:
    run = run_of(tmp_path, [case(RunWriter(tmp_path, CLOCK), upload(), title="\ud800")])
    reports = write_reports(run)
    assert reports.html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert reports.junit.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("body", "form", "start"),
    [
        (b"<a><b>1</b></a>", "XML, eingerückt", "<a>\n  <b>"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "XML, eingerückt", "<a/>"),
        (b'{"a":"\xc3\xa4"}', "JSON, eingerückt", '{\n  "a": "ä"'),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "Text", "<!DOCTYPE"),
        (b"<a><b></a>", "Text", "<a><b></a>"),
        (b"[" * 100_000, "Text", "[[["),
        ("Grüße".encode(), "Text", "Grüße"),
        ("Grüße".encode("latin-1"), "binär, Hex", "0000  47 72 fc"),
        (b"\x00<a/>", "binär, Hex", "0000  00 3c"),
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


def test_a_hundred_scenarios_take_less_than_a_second(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    cases = []
    for number in range(100):
        exchanges = []
        for call in range(4):
            body = b"<Bundle>" + f"<entry id='{number}-{call}'/>".encode() * 150 + b"</Bundle>"
            for item in upload():
                parent = item.parent and f"{item.parent}{call}"
                request = Message("POST", (("X-Test", "1"),) * 5, body)
                name = f"{item.id}{call}"
                exchanges.append(replace(item, id=name, parent=parent, request=request))
        cases.append(case(writer, exchanges, id=f"TC-{number}"))
    run = run_of(tmp_path, cases)
    started = time.process_time()
    page = html.render(run)
    assert time.process_time() - started < 1
    assert page.count("<svg") == 100
