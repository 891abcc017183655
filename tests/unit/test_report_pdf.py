"""The PDF is PDF/A-2b, says what the cover must say, and shows hostile text as text."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.pdf.typesetting import ARCHIVE
from pruefstand.report import pdf
from pruefstand.report.dossier import Dossier
from pruefstand.report.enclosures import Attestation, Deviation
from pruefstand.report.printable import BREAK, LIMIT, printable, spell
from pruefstand.report.texts import Language, texts
from tests.unit.pdf_structure import problems
from tests.unit.report_runs import CLOCK, case, dossier_of, exchange, hostile_case, upload

MARKUP = '#panic("x") *fett* _k_ $x^2$ <marke> @ref `code` \\ // /* #import "a" = Titel ]) "'
VERAPDF = os.environ.get("PRUEFSTAND_VERAPDF", "")
needs_verapdf = pytest.mark.skipif(
    not (VERAPDF and shutil.which("java")),
    reason="PRUEFSTAND_VERAPDF names no class path of veraPDF, or there is no java",
)


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.fixture(scope="module")
def dossier(tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    folder = tmp_path_factory.mktemp("run")
    writer = RunWriter(folder, CLOCK)
    finding = Finding("A_1", "Status", Verdict.FAILED, "201", "500", "inner")
    failed = case(
        writer,
        upload(),
        id="TC-9",
        title="Das Rezept wird abgelehnt",
        verdict=Verdict.FAILED,
        findings=(finding,),
        message="Status 500 statt 201",
    )
    return dossier_of(folder, [case(writer, upload()), failed], selftest=True)


@pytest.fixture(scope="module")
def content(dossier: Dossier) -> bytes:
    return pdf.render(dossier)


def test_the_structure_is_that_of_pdf_a_2b(content: bytes) -> None:
    assert problems(content) == []


def test_a_plain_pdf_fails_the_same_check(dossier: Dossier) -> None:
    found = problems(pdf.render(dossier, standards=()))
    assert "6.6.4 identified as 2B" in found
    assert "6.2.3 output intent with ICC profile" in found


def _scripted(writer: PdfWriter) -> None:
    action = DictionaryObject()
    action[NameObject("/S")] = NameObject("/JavaScript")
    action[NameObject("/JS")] = TextStringObject("app.alert(1)")
    writer.root_object[NameObject("/OpenAction")] = action


def _attached(writer: PdfWriter) -> None:
    writer.add_attachment("a.txt", b"x")


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_scripted, "6.5 no forbidden action"),
        (_attached, "6.6.2 no embedded files"),
    ],
)
def test_what_the_standard_forbids_is_found(
    content: bytes, spoil: Callable[[PdfWriter], None], rule: str
) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(content))
    spoil(writer)
    target = io.BytesIO()
    writer.write(target)
    assert rule in problems(target.getvalue())


@needs_verapdf
@pytest.mark.parametrize("flavour", ["2b", "ua1"])
def test_verapdf_accepts_it_and_rejects_the_plain_one(
    dossier: Dossier, tmp_path: Path, flavour: str
) -> None:
    files = [tmp_path / "report.pdf", tmp_path / "plain.pdf"]
    for path, standards in zip(files, [ARCHIVE, ()], strict=True):
        path.write_bytes(pdf.render(dossier, standards=standards))
    command = ["java", "-cp", VERAPDF, "org.verapdf.apps.GreenfieldCliWrapper"]
    command += ["-f", flavour, "--format", "text", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    said = [line.split()[0] for line in done.stdout.splitlines() if line.endswith(f" {flavour}")]
    assert said == ["PASS", "FAIL"], done.stdout + done.stderr


def test_the_same_run_gives_the_same_octets(dossier: Dossier, content: bytes) -> None:
    assert pdf.render(dossier) == content


def test_the_cover_says_verdict_system_scope_and_what_was_not_tested(content: bytes) -> None:
    cover = " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())
    for said in (
        "Beispiel-PVS 1.0",
        "nicht bestanden",
        "Selbsttest des Prüfstands: kein Produkt wurde geprüft.",
        "Was nicht geprüft wurde",
        "Nicht abgedeckt: kein ausgeführtes Szenario nennt sie",
        "Nicht prüfbar: im Verkehr nicht zu sehen",
        "keine Zulassung",
        "2 Szenarien",
    ):
        assert said in cover


def test_findings_matrix_and_signature_are_printed(content: bytes) -> None:
    text = text_of(content)
    for said in (
        "TC-9 Das Rezept wird abgelehnt, Nachricht 1",
        "Erwartet 201",
        "Tatsächlich 500",
        "pruefstand accept --only TC-9",
        "nicht erfüllt",
        "A_3",
        "openssl cms -verify",
        "Unterschrift",
        "Keine Bestätigung liegt diesem Bericht bei.",
        "Task/$activate",
    ):
        assert said in text


def test_pages_are_numbered_bookmarked_tagged_and_german(content: bytes) -> None:
    reader = PdfReader(io.BytesIO(content))
    pages = len(reader.pages)
    assert all(
        f"Seite {number} von {pages}" in page.extract_text()
        for number, page in enumerate(reader.pages, 1)
    )
    titles = [str(item.title) for item in reader.outline if not isinstance(item, list)]
    assert {"Prüfumfang", "Architektur", "Befunde", "Nachweis und Unterschrift"} <= set(titles)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "de"  # type: ignore[index]
    assert "/StructTreeRoot" in root  # type: ignore[operator]
    metadata = root["/Metadata"].get_object().get_data().decode()  # type: ignore[index]
    assert "<pdfuaid:part>1<" in metadata


def test_the_date_is_that_of_the_run(content: bytes) -> None:
    information = PdfReader(io.BytesIO(content)).metadata
    assert information is not None
    assert str(information["/CreationDate"]).startswith("D:20261124")


def test_enclosures_are_printed(dossier: Dossier) -> None:
    attested = Attestation("CL-1", "Netzplan", "bestätigt", "A. Muster", at="2026-11-20T09:00:00Z")
    deviation = Deviation("A_1", "TC-9", "Hersteller", "Ticket 7", "2027-01-01", "tritt auf")
    more = replace(dossier, attestations=[attested], deviations=[deviation])
    text = text_of(pdf.render(more))
    assert "A. Muster" in text
    assert "Ticket 7" in text


@pytest.mark.parametrize(
    "hostile",
    [
        MARKUP,
        "\u202etxt.exe\x00\x01\x1b[31m\u2066\ufeff\u00ad",
        "😀 漢字 שלום ش ﷽ \U000e0041 e\u0301\u0301\u0301\u0301 \u0489",
        "x" * 65_536,
        "\ud800\udfff",
        "⟨kvnr:ab12cd34ef56⟩",
        "",
        "\xa0 \n\t",
    ],
    ids=["markup", "control", "scripts", "long-word", "surrogates", "commitment", "empty", "blank"],
)
def test_hostile_text_stays_text(tmp_path: Path, hostile: str) -> None:
    dossier = dossier_of(tmp_path, [hostile_case(RunWriter(tmp_path, CLOCK), hostile)])
    made = pdf.render(dossier)
    assert problems(made) == []
    assert len(PdfReader(io.BytesIO(made)).pages) < 15


def test_markup_is_printed_as_it_is(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    dossier = dossier_of(tmp_path, [case(writer, upload(), title='*a* #b("c") $d$')])
    assert '*a* #b("c") $d$' in text_of(pdf.render(dossier))


def test_a_run_without_any_data_has_a_pdf(tmp_path: Path) -> None:
    assert problems(pdf.render(dossier_of(tmp_path, []))) == []


def test_an_english_pdf_says_so(dossier: Dossier) -> None:
    made = pdf.render(replace(dossier, texts=texts(Language.ENGLISH)))
    assert "What was not tested" in text_of(made)
    assert PdfReader(io.BytesIO(made)).trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


def test_a_large_run_draws_what_failed_and_one_of_each_flow(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    cases = [
        case(
            writer,
            [exchange("a")],
            id=f"TC-{number}",
            feature=f"flow{number % 3}",
            verdict=Verdict.FAILED if number >= 40 else Verdict.PASSED,
        )
        for number in range(100)
    ]
    chosen = pdf.chosen_cases(cases, range(100))
    assert len([place for place in chosen if place >= 40]) == pdf.DIAGRAMS
    assert chosen >= {0, 1, 2}
    assert len(chosen) == pdf.DIAGRAMS + 3
    said = pdf.content(dossier_of(tmp_path, cases))["diagrams_said"]
    assert f"Gezeigt sind {pdf.DIAGRAMS + 3} von 100 Szenarien" in said


def test_a_long_diagram_is_split_and_cut_and_says_so(tmp_path: Path) -> None:
    shown = pdf.PAIRS * pdf.PAGES
    items = [exchange(str(number)) for number in range(shown + 1)]
    dossier = dossier_of(tmp_path, [case(RunWriter(tmp_path, CLOCK), items)])
    (diagram,) = pdf.content(dossier)["diagrams"]
    assert len(diagram["parts"]) == pdf.PAGES
    assert f"die ersten {shown} von {shown + 1}" in diagram["note"]


def test_long_words_may_break_and_long_texts_are_cut() -> None:
    t = texts()
    assert printable("kurz und gut", t) == "kurz und gut"
    word = printable("x" * 40, t)
    assert max(map(len, word.split(BREAK))) <= 18
    cut = printable("ab " * LIMIT, t)
    assert f"[gekürzt, {3 * LIMIT} Zeichen]" in cut.replace(BREAK, "")
    assert len(cut) < LIMIT + 100


def test_letters_without_a_glyph_are_spelled_out() -> None:
    assert spell("ä→… e\u0301 ⟨\n⟩") == "ä→… é ⟨\n⟩"
    assert spell("漢\u202e\x00✓") == "⟨U+6F22⟩⟨U+202E⟩⟨U+0000⟩⟨U+2713⟩"


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(st.lists(st.text(max_size=40), min_size=30, max_size=30))
def test_any_text_can_be_printed(samples: list[str]) -> None:
    shown = [printable(text, texts()) for text in samples]
    source = '#set text(font: "Libertinus Serif")\n#for t in sys.inputs.x.split("\\n") [#t *#t*\\ ]'
    compiler = typst.Compiler(
        source.encode(), ignore_system_fonts=True, sys_inputs={"x": "\n".join(shown)}
    )
    assert compiler.compile(format="pdf", pdf_standards=["a-2b"])


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=60))
def test_any_text_of_the_tested_side_makes_a_report(text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        writer = RunWriter(Path(name), CLOCK)
        pdf.render(dossier_of(Path(name), [hostile_case(writer, text)]))
