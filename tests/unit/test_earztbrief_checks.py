"""eArztbrief: its files as written, and what judges those of any product."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
import typst

from pruefstand.cda.header import CdaProblem, read_header, structure_problem
from pruefstand.checks import earztbrief_files as files
from pruefstand.checks.check import Check
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.evidence.redaction.knowledge import Vocabulary
from pruefstand.evidence.redaction.scan import Scanner
from pruefstand.kim.earztbrief import RECEIPT_TO, RETURN_PATH, Part
from pruefstand.kim.mail import Attachment
from pruefstand.model.exchange import Exchange
from pruefstand.pdf.reading import MOST_PAGES, PdfProblem, read_pdf_document
from pruefstand.prints.letter_sheet import letter_pdf
from tests.unit.kim_traffic import NOW, PKI, A, B, sent
from tests.unit.letter_files import draft, mail, signed

BLANK = b"#rect(width: 100%, height: 5cm)"
"""A page without a letter, as a scanner makes it."""


def traffic(octets: bytes) -> list[Exchange]:
    return [sent(octets)]


def xml(pattern: str, by: str) -> list[Exchange]:
    """Return a letter whose XML is changed."""
    changed = re.sub(pattern, by, draft().xml.decode())
    assert changed != draft().xml.decode()
    return traffic(mail(xml=changed.encode()))


def without_archive() -> bytes:
    return signed(letter_pdf(draft().letter, draft().written, standards=()))


def without_people() -> bytes:
    return signed(letter_pdf(draft().letter, draft().written, with_people=False))


def scanned() -> bytes:
    return signed(typst.compile(BLANK, format="pdf", pdf_standards=["a-2b"]))


def second_xml() -> bytes:
    return mail(more=[Part.XML.attachment("2", draft().xml)])


def past_the_module() -> list[Exchange]:
    return [replace(sent(mail()), peer="kim_fachdienst")]


RED: list[tuple[Check, Callable[[], list[Exchange]]]] = [
    (files.letter_is_for_the_archive, lambda: traffic(mail(pdf=without_archive()))),
    (files.letter_is_for_the_archive, lambda: traffic(mail(pdf=without_people()))),
    (files.letter_is_for_the_archive, lambda: traffic(mail(pdf=b"%PDF-1.7\n"))),
    (files.xml_is_a_cda_document, lambda: xml("<typeId [^>]*>", "")),
    (files.xml_is_a_cda_document, lambda: xml("POCD_HD000040", "POCD_HD000041")),
    (files.xml_is_a_cda_document, lambda: xml("(<id root.*?>)(<code .*?>)", r"\2\1")),
    (files.xml_is_a_cda_document, lambda: xml("(<title>)", r"<eigenes/>\1")),
    (files.xml_is_a_cda_document, lambda: xml("urn:hl7-org:v3", "urn:hl7-org:v2")),
    (files.xml_is_a_cda_document, lambda: traffic(mail(xml=b"<offen>"))),
    (files.xml_is_a_cda_document, lambda: traffic(mail(xml=b"kein XML"))),
    (files.header_is_complete, lambda: xml("<postalCode>0.*?</postalCode>", "")),
    (files.header_is_complete, lambda: xml('<code code="SELF".*?</code>', "")),
    (files.header_is_complete, lambda: xml("<birthTime.*?>", "")),
    (files.header_is_complete, lambda: xml("<scopingOrganization>.*?</scopingOrganization>", "")),
    (files.header_is_complete, lambda: xml('<id root="1.2.276.0.76.4.8" [^>]*>', "")),
    (files.header_is_complete, lambda: traffic(mail(xml=b"<offen>"))),
    (files.ids_have_their_oids, lambda: xml("1.2.276.0.76.4.8", "1.2.276.0.76.4.9")),
    (files.ids_have_their_oids, lambda: xml('"1.2.276.0.76.4.5"', '"2.999"')),
    (files.ids_have_their_oids, lambda: xml("<scopingOrganization>.*?</scopingOrganization>", "")),
    (files.delivery_is_one_letter, lambda: traffic(second_xml())),
    (files.delivery_is_one_letter, lambda: xml('(birthTime value=")\\d+', r"\g<1>19000101")),
    (files.delivery_is_one_letter, lambda: traffic(mail(pdf=draft().pdf))),
    (files.delivery_is_one_letter, lambda: traffic(mail(pdf=without_archive()))),
    (files.delivery_is_one_letter, lambda: traffic(mail(xml=b"<offen>"))),
    (files.goes_signed_by_kim, past_the_module),
    (files.goes_signed_by_kim, lambda: traffic(mail(pdf=draft().pdf))),
    (files.goes_signed_by_kim, lambda: traffic(mail(pdf=signed(draft().pdf) + b"%\n"))),
    (files.goes_signed_by_kim, lambda: traffic(mail(pdf=without_archive()))),
]  # fmt: skip


TRIED = frozenset(check.name for check, _ in RED)


@pytest.mark.parametrize("check", files.FILE_CHECKS, ids=lambda check: check.name)
def test_a_right_letter_holds_and_nothing_breaks(check: Check) -> None:
    further = Attachment("a.pdf", draft().pdf, "application/pdf", "eAB-Anhang-01")
    for octets in (mail(), mail(more=[further])):
        assert check.judge(traffic(octets)).holds
    assert check.judge([]).holds is False
    assert check.judge(traffic(b"Subject: x\r\n\r\n")).holds is False


@pytest.mark.parametrize(("check", "wrong"), RED, ids=lambda item: getattr(item, "name", ""))
def test_each_mistake_breaks(check: Check, wrong: Callable[[], list[Exchange]]) -> None:
    assert check.judge(wrong()).holds is False


def test_a_signature_around_the_pdf_counts_as_well() -> None:
    around = QesSigner(PKI.hba("default", role="arzt").qes).sign(draft().pdf, at=NOW)
    for check in files.FILE_CHECKS:
        assert check.judge(traffic(mail(pdf=around))).holds, check.name
    broken = around.replace(b"%PDF-1.7", b"%PDF-1.6")
    assert files.goes_signed_by_kim.judge(traffic(mail(pdf=broken))).holds is False


def test_a_scanned_page_leaves_its_words_undecided() -> None:
    for check in (files.letter_is_for_the_archive, files.delivery_is_one_letter):
        judgement = check.judge(traffic(mail(pdf=scanned())))
        assert (judgement.holds, "nicht prüfbar" in judgement.actual) == (None, True)


@pytest.mark.parametrize(
    ("fields", "wanted", "holds"),
    [
        ([(RECEIPT_TO, A), (RETURN_PATH, f"<{A}>")], True, True),
        ([], False, True),
        ([(RECEIPT_TO, A)], True, False),
        ([(RECEIPT_TO, A), (RETURN_PATH, f"<{B}>")], True, False),
        ([(RECEIPT_TO, A)], False, False),
        ([], True, False),
    ],
)
def test_a_read_receipt_needs_both_fields(
    fields: list[tuple[str, str]], wanted: bool, holds: bool
) -> None:
    check = files.read_receipt_wanted(wanted, "P43-03/AK3")
    assert check.judge(traffic(mail(fields=fields))).holds is holds
    assert not check.judge([]).holds


@pytest.mark.parametrize(
    ("metadata", "archive"),
    [
        (b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>", "3U"),
        (b"<x pdfaid:part='1' pdfaid:conformance = \"b\"/>", "1B"),
        (b'<x pdfaid:part="4" pdfaid:rev="2020"/>', "4"),
        (b"<pdfaid:part>2</pdfaid:part>", ""),
        ("<x pdfaid:part='2' pdfaid:conformance='A'/>".encode("utf-16"), "2A"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_claim_is_read_in_each_form(metadata: bytes, archive: str, packed: bool) -> None:
    stream = zlib.compress(metadata) if packed else metadata
    document = pdf(stream, b"/Filter /FlateDecode " if packed else b"")
    assert read_pdf_document(document).archive == archive


def pdf(stream: bytes, how: bytes = b"", pages: int = 0, more: bytes = b"") -> bytes:
    """Return a PDF with this stream as metadata; its pages are all the same one."""
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 3 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"4 0 R " * pages, pages),
        b"<< %s/Length %d >>\nstream\n%s\nendstream" % (how, len(stream), stream),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    )
    body, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 5\n0000000000 65535 f \n"
    end = b"trailer\n<< /Size 5 /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (more, len(body))
    return body + head + table + end


@pytest.mark.parametrize(
    "document",
    [
        pdf(b"x", b"/Filter /Unbekannt "),
        pdf(b"x", b"/Filter /JBIG2Decode "),
        pdf(b"x", more=b"/Encrypt << /Filter /Unbekannt >> "),
        pdf(b"x", pages=MOST_PAGES + 1),
    ],
    ids=["filter", "program", "cipher", "pages"],
)
def test_what_cannot_be_unpacked_is_refused(document: bytes) -> None:
    with pytest.raises(PdfProblem):
        read_pdf_document(document)
    assert read_pdf_document(pdf(b"x", pages=MOST_PAGES)).text.strip() == ""


@pytest.mark.parametrize(
    "octets", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"%PDF-1.7\n" + b"\xff" * 99]
)
def test_what_is_no_pdf_is_refused(octets: bytes) -> None:
    with pytest.raises(PdfProblem):
        read_pdf_document(octets)


def test_the_letter_names_patient_and_payer_under_their_oids() -> None:
    written, header = draft().letter, read_header(draft().xml)
    assert set(header.patient_ids) == {("1.2.276.0.76.4.8", written.insured.kvnr)}
    assert header.payer_ids == (("1.2.276.0.76.4.5", written.coverage.iknr),)
    assert header.family == written.insured.name.family
    assert structure_problem(draft().xml) == ""
    for broken in (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"", b"<a/>"):
        with pytest.raises(CdaProblem):
            read_header(broken)
        assert structure_problem(broken)


def test_what_a_pdf_says_is_hidden_as_a_whole() -> None:
    """Names stand there in glyph numbers and packed streams: no part may stay in the record."""
    scan = Scanner(Vocabulary(frozenset())).body(mail())
    (hidden,) = (run for run in scan.runs if run.inner.lost)
    assert scan.text[hidden.start :].startswith("JVBERi0")
    assert "\r\n--kim-" in scan.text[hidden.stop :][:20]
