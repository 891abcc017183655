"""The files of an eArztbrief: PDF/A, CDA header, signature (KBV Anforderungskatalog eArztbrief).

Files are known by what they are, not by how the mail describes them, so that a wrong description is
one mistake and not five. Two things are said by no check here, because the sources for them are not
part of the harness: whether a PDF keeps to ISO 19005 (only its claim is read; veraPDF tells), and
whether the XML is valid by CDA's schema and the VHitG guide (only structure and header are read).
A PDF without text layer is *nicht prüfbar*: nobody but a person can read whom it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pruefstand.cda.header import (
    IKNR,
    INSURED_ID,
    CdaHeader,
    CdaProblem,
    read_header,
    structure_problem,
)
from pruefstand.checks.check import (
    Check,
    Exchanges,
    Judgement,
    check,
    factory,
    judge_all,
)
from pruefstand.checks.kim_select import MODULE, mail_of, sent
from pruefstand.crypto.cms_qes import QesProblem, verify
from pruefstand.crypto.pades import verify_pdf
from pruefstand.kim.dienstkennung import EARZTBRIEF, HEADER
from pruefstand.kim.earztbrief import FURTHER, RECEIPT_TO, RETURN_PATH
from pruefstand.kim.eau import attachments
from pruefstand.kim.mail import content_of
from pruefstand.model.exchange import Exchange
from pruefstand.model.mail import MalformedMail, RawMail
from pruefstand.pdf.reading import PdfDocument, PdfProblem, read_pdf_document

_KVNR = re.compile(r"\b[A-Z]\d{9}\b")
_IK = re.compile(r"\d{9}")
_ILLEGIBLE = "Angaben maschinell nicht lesbar: nicht prüfbar"
_MARKS = (b"<", b"\xef\xbb\xbf<")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one mail carries beside numbered attachments."""

    letters: tuple[bytes, ...]
    headers: tuple[bytes, ...]

    @classmethod
    def of(cls, exchange: Exchange) -> Delivery:
        """Sort the attachments: XML, and everything else as the letter."""
        found = [
            _content(part)
            for part in attachments(mail_of(exchange))
            if not FURTHER.fullmatch(part.get("Content-Description") or "")
        ]
        headers = tuple(one for one in found if one.lstrip().startswith(_MARKS))
        return cls(tuple(one for one in found if one not in headers), headers)

    @property
    def header(self) -> CdaHeader | None:
        """The header of the first XML that can be read."""
        return next(filter(None, map(_header, self.headers)), None)

    @property
    def page(self) -> PdfDocument | None:
        """The first PDF, out of its signature where it lies in one."""
        return next(filter(None, map(_page, self.letters)), None)

    @property
    def is_signed(self) -> bool:
        """Whether each letter is a PDF in or around a signature that fits it."""
        return bool(self.letters) and all(map(_is_signed, self.letters))


@check("P41-01")
def letter_is_for_the_archive(exchanges: Exchanges) -> Judgement:
    """The letter claims PDF/A and shows what assigns it to patient and sender."""

    def problem(delivery: Delivery) -> str | None:
        page, header = delivery.page, delivery.header
        if page is None or not page.archive:
            return "kein PDF/A"
        if header is None or not page.has_text:
            return None
        missing = [name for name, forms in _shown(header).items() if not _shows(page, forms)]
        return f"im PDF fehlen: {', '.join(missing)}" if missing else ""

    return _judged(exchanges, problem, "PDF/A mit Patient, Geburtsdatum und Absender")


@check("P41-02")
def xml_is_a_cda_document(exchanges: Exchanges) -> Judgement:
    """An XML comes along whose root, type, parts and order are CDA's; no schema is applied."""

    def problem(delivery: Delivery) -> str:
        if not delivery.headers:
            return "kein XML"
        return next(filter(None, map(structure_problem, delivery.headers)), "")

    return _judged(exchanges, problem, "CDA-Dokument mit allen Pflichtteilen in ihrer Reihenfolge")


@check("P41-02/AK3")
def header_is_complete(exchanges: Exchanges) -> Judgement:
    """The header names IK, names, birth date, kind of insurance, postal code, and the number.

    A number counts as existing when the letter itself shows one.
    """

    def problem(delivery: Delivery) -> str:
        header, page = delivery.header, delivery.page
        if header is None:
            return "kein lesbares XML"
        needed = {
            "IK": "".join(number for _, number in header.payer_ids),
            "Vorname": header.given,
            "Name": header.family,
            "Geburtsdatum": header.birth_date,
            "Versichertenart": header.insurance_kind,
            "Postleitzahl": header.postal_code,
        }
        if page is not None and _KVNR.search(page.text):
            needed["Versichertennummer"] = "".join(_numbers(header))
        missing = [name for name, value in needed.items() if not value]
        return f"es fehlen: {', '.join(missing)}" if missing else ""

    return _judged(exchanges, problem, "IK, Namen, Geburtsdatum, Versichertenart, PLZ, Nummer")


@check("P41-02/AK4")
def ids_have_their_oids(exchanges: Exchanges) -> Judgement:
    """The insured person's number and the payer's IK stand under the OIDs made for them."""

    def problem(delivery: Delivery) -> str:
        header = delivery.header
        if header is None:
            return "kein lesbares XML"
        numbers = {root for root, value in header.patient_ids if _KVNR.fullmatch(value)}
        payers = {root for root, value in header.payer_ids if _IK.fullmatch(value)}
        wrong = sorted((numbers - {INSURED_ID}) | (payers - {IKNR}))
        return f"fremde OID {', '.join(wrong)}" if wrong else "" if payers else "kein IK"

    return _judged(exchanges, problem, f"Versicherten-ID unter {INSURED_ID}, IK unter {IKNR}")


@check("P41-03")
def delivery_is_one_letter(exchanges: Exchanges) -> Judgement:
    """One delivery is exactly one signed PDF/A and exactly one XML of the same patient."""

    def problem(delivery: Delivery) -> str | None:
        page, header = delivery.page, delivery.header
        counts = len(delivery.letters), len(delivery.headers)
        if counts != (1, 1):
            return f"{counts[0]} Briefe und {counts[1]} XML"
        if page is None or not page.archive or not delivery.is_signed:
            return "kein signiertes PDF/A"
        if header is None:
            return "kein lesbares XML"
        if not page.has_text:
            return None
        same = all(_shows(page, forms) for forms in _person(header).values())
        return "" if same else "PDF und XML nennen verschiedene Patienten"

    return _judged(exchanges, problem, "ein signiertes PDF/A und ein XML zum selben Patienten")


@check("P43-01")
def goes_signed_by_kim(exchanges: Exchanges) -> Judgement:
    """A letter goes only to the KIM client module, and its PDF/A is signed.

    The signature is judged by its octets; whose certificate it is, the Konnektor says.
    """
    expected = "Versand über das Clientmodul, PDF/A signiert"
    for one in _letters(exchanges):
        if one.peer != MODULE:
            return Judgement(False, expected, f"an {one.peer}", one.id)

    def problem(delivery: Delivery) -> str:
        page = delivery.page
        archived = page is not None and bool(page.archive)
        return "" if archived and delivery.is_signed else "kein signiertes PDF/A"

    return _judged(exchanges, problem, expected)


@factory
def read_receipt_wanted(wanted: bool, *requirements: str) -> Check:
    """Return the check that both fields for a read receipt name the sender, or neither is there."""

    def judge(exchanges: Exchanges) -> Judgement:
        def good(exchange: Exchange) -> bool:
            mail = mail_of(exchange)
            sender = mail.addresses("From")
            named = [mail.addresses(name) for name in (RECEIPT_TO, RETURN_PATH)]
            return named == ([sender, sender] if wanted else [(), ()])

        return judge_all(
            _letters(exchanges),
            good,
            expected=f"{RECEIPT_TO} und {RETURN_PATH} {'gesetzt' if wanted else 'fehlen'}",
            show=lambda e: str({n: mail_of(e).all(n) for n in (RECEIPT_TO, RETURN_PATH)}),
        )

    return Check("read_receipt_wanted", requirements, judge)


FILE_CHECKS: tuple[Check, ...] = (
    letter_is_for_the_archive,
    xml_is_a_cda_document,
    header_is_complete,
    ids_have_their_oids,
    delivery_is_one_letter,
    goes_signed_by_kim,
)


def _judged(
    exchanges: Exchanges, problem: Callable[[Delivery], str | None], expected: str
) -> Judgement:
    """Judge each letter by its problem; None means that a machine cannot tell."""
    found = _letters(exchanges)
    if not found:
        return Judgement(False, expected, "kein eArztbrief aufgezeichnet")
    undecided = ""
    for one in found:
        said = problem(Delivery.of(one))
        if said:
            return Judgement(False, expected, said, one.id)
        if said is None:
            undecided = one.id
    if undecided:
        return Judgement(None, expected, _ILLEGIBLE, undecided)
    return Judgement(True, expected, f"{len(found)} Briefe entsprechen", found[-1].id)


def _letters(exchanges: Exchanges) -> list[Exchange]:
    """Return the mails that say they carry an eArztbrief, of whatever version."""
    mark = f"{EARZTBRIEF.application};"
    return [e for e in sent(exchanges) if (mail_of(e).get(HEADER) or "").startswith(mark)]


def _content(part: RawMail) -> bytes:
    try:
        return content_of(part)
    except MalformedMail:
        return b""


# Several checks look at the same letter.
@lru_cache(maxsize=8)
def _header(document: bytes) -> CdaHeader | None:
    try:
        return read_header(document)
    except CdaProblem:
        return None


@lru_cache(maxsize=8)
def _page(letter: bytes) -> PdfDocument | None:
    try:
        return read_pdf_document(_inner(letter))
    except PdfProblem:
        return None


def _inner(letter: bytes) -> bytes:
    """Return the PDF inside an enveloping signature, or the letter itself."""
    if letter[:1] != b"\x30":
        return letter
    try:
        return verify(letter).content
    except QesProblem:
        return b""


def _is_signed(letter: bytes) -> bool:
    try:
        return bool(verify(letter) if letter[:1] == b"\x30" else verify_pdf(letter))
    except QesProblem:
        return False


def _numbers(header: CdaHeader) -> list[str]:
    return [value for _, value in header.patient_ids if _KVNR.fullmatch(value)]


def _person(header: CdaHeader) -> dict[str, tuple[str, ...]]:
    return {
        "Vorname": (header.given,),
        "Name": (header.family,),
        "Geburtsdatum": _days(header.birth_date),
    }


def _shown(header: CdaHeader) -> dict[str, tuple[str, ...]]:
    return {**_person(header), "Absender": (header.author,)}


def _days(birth_date: str) -> tuple[str, ...]:
    """Return how a day is written in German letters."""
    year, month, day = birth_date[:4], birth_date[4:6], birth_date[6:8]
    plain = f"{day.lstrip('0')}.{month.lstrip('0')}.{year}"
    return f"{day}.{month}.{year}", plain, f"{year}-{month}-{day}"


def _shows(page: PdfDocument, forms: tuple[str, ...]) -> bool:
    return any(form and page.shows(form) for form in forms)
