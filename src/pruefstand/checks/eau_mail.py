"""How notes and Stornos travel: signature, names, header fields, recipient, receipt (P4, P5)."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory
from pruefstand.checks.documents import signature
from pruefstand.checks.eau_judge import each, missing
from pruefstand.checks.eau_select import (
    ENTRY,
    EauMail,
    enclosed,
    sent_documents,
    sent_notes,
    sent_stornos,
)
from pruefstand.checks.kim_select import commands
from pruefstand.crypto.pki import CertificateKind, read_certificate_info
from pruefstand.fhir.sick_note_facts import STORNO
from pruefstand.kim.dienstkennung import HEADER
from pruefstand.kim.eau import Stem
from pruefstand.model.exchange import Exchange, Layer

_BUNDLE_ID = "/f:Bundle/f:identifier/f:value/@value"
_TEST_DOMAIN = ".kim.telematik-test"


def _document_id(one: EauMail) -> str:
    return one.value(_BUNDLE_ID).removeprefix("urn:uuid:")


def _file_name(one: EauMail) -> str:
    stated = one.files[0].get("Content-Disposition") or "" if one.files else ""
    return stated.partition("filename=")[2].strip('"')


def _stem(text: str) -> Stem | None:
    try:
        return Stem.parse(text)
    except ValueError:
        return None


def _file_stem(one: EauMail) -> str:
    """Return the file name without its ending, which has a rule of its own."""
    return _file_name(one).rpartition(".")[0]


def _name_fits(one: EauMail) -> bool:
    found = _stem(_file_stem(one))
    return found is not None and (found.message, found.document_id) == (
        one.message,
        _document_id(one),
    )


def _test_stays_in_test(one: EauMail) -> bool:
    found, to = _stem(_file_stem(one)), one.mail.addresses("To")
    return (
        found is not None
        and bool(to)
        and (not found.test or all(address.endswith(_TEST_DOMAIN) for address in to))
    )


def _subject_fits(one: EauMail) -> bool:
    subject = one.mail.text("Subject") or ""
    return _stem(subject) is not None and subject == _file_stem(one)


def _kennung_fits(one: EauMail) -> bool:
    return one.mail.all(HEADER) == [str(one.message.dienstkennung)]


def _files_are_described(one: EauMail) -> bool:
    return bool(one.files) and all(
        (part.get("Content-Type") or "").startswith("application/octet-stream; name=")
        and (part.get("Content-Transfer-Encoding") or "").lower() == "base64"
        and part.get("Content-Description") == one.message.description
        and bool(_file_name(one))
        for part in one.files
    )


def _is_alone(one: EauMail) -> bool:
    return len(one.files) == 1


def _only_to(one: EauMail) -> bool:
    return bool(one.mail.addresses("To")) and not one.mail.addresses("Cc", "Bcc")


def _reply_to(one: EauMail) -> bool:
    return len(one.mail.addresses("Reply-To")) == 1


def _storno_fits(one: EauMail) -> bool:
    return _is_alone(one) and _files_are_described(one)


def _signed(one: EauMail) -> bool:
    held = signature(one.payload)
    if held is None:
        return False
    kind = read_certificate_info(held.signer_certificate).kind
    return kind in (CertificateKind.HP_QES, CertificateKind.HCI_OSIG)


def _with_revocation(one: EauMail) -> bool:
    held = one.signature
    return held is not None and held.ocsp is not None


def _is_storno(one: EauMail) -> bool:
    profile = one.value("/f:Bundle/f:meta/f:profile/@value")
    return profile == f"https://fhir.kbv.de/StructureDefinition/{STORNO}|1.2"


def _storno_composition(one: EauMail) -> bool:
    place = f"{ENTRY}/f:Composition"
    paths = ("f:author", "f:custodian", "f:section/f:entry")
    refers = all(one.value(f"{place}/{path}/f:reference/@value") for path in paths)
    codes = one.values(f"{place}/f:type/f:coding/f:code/@value")
    return refers and "e013" in codes and len(one.value(f"{place}/f:date/@value")) == 10


def _whole_mail(one: EauMail) -> bool:
    parts = (_subject_fits, _kennung_fits, _is_alone, _files_are_described, _only_to, _reply_to)
    return all(part(one) for part in parts)


name_is_document_id = each(
    "name_is_document_id",
    enclosed(sent_notes),
    "Dateiname aus Kennbuchstabe, EAU0_ und Dokumenten-ID",
    _name_fits,
    "P310-14/AK2",
)
test_files_stay_in_test = each(
    "test_files_stay_in_test",
    sent_documents,
    "T-Dateien nur an Testadressen",
    _test_stays_in_test,
    "P310-14/AK2-T",
)
document_is_signed = each(
    "document_is_signed", sent_documents, "Signatur mit HBA oder SMC-B", _signed, "P4-01"
)
signature_has_revocation = each(
    "signature_has_revocation",
    sent_documents,
    "Sperrauskunft in der Signatur",
    _with_revocation,
    "P4-01/AK3a",
)
signature_encloses = each(
    "signature_encloses",
    sent_documents,
    "CMS mit umschlossenen Daten",
    lambda one: one.document.startswith(b"<?xml"),
    "P4-01/AK4",
)
file_ends_on_p7s = each(
    "file_ends_on_p7s",
    sent_documents,
    "Dateiname auf .p7s",
    lambda one: _file_name(one).endswith(".p7s"),
    "P4-01/AK4a",
)
note_mail_is_right = each("note_mail_is_right", sent_notes, "alle Regeln", _whole_mail, "P5-02")
note_subject = each(
    "note_subject", sent_notes, "Betreff wie die Datei", _subject_fits, "P5-02/AK1a"
)
note_kennung = each("note_kennung", sent_notes, "eAU;Lieferung;V1.2", _kennung_fits, "P5-02/AK1b")
note_is_alone = each("note_is_alone", sent_notes, "genau ein Anhang", _is_alone, "P5-02/AK2a")
note_part = each(
    "note_part", sent_notes, "octet-stream, base64, eAU", _files_are_described, "P5-02/AK2b"
)
note_only_to = each("note_only_to", sent_notes, "nur To", _only_to, "P5-02/AK3a")
note_reply_to = each("note_reply_to", sent_notes, "Reply-To", _reply_to, "P5-02/AK3b")
storno_is_one_bundle = each(
    "storno_is_one_bundle", enclosed(sent_stornos), f"ein {STORNO}", _is_storno, "P310-10"
)
storno_name = each(
    "storno_name", enclosed(sent_stornos), "Dateiname mit EAU0_Storno_", _name_fits, "P310-10/AK3"
)
storno_composition = each(
    "storno_composition",
    enclosed(sent_stornos),
    "Datum und Verweise",
    _storno_composition,
    "P310-12",
)
storno_mail_is_right = each(
    "storno_mail_is_right", sent_stornos, "alle Regeln", _whole_mail, "P5-03"
)
storno_subject = each(
    "storno_subject", sent_stornos, "Betreff wie die Datei", _subject_fits, "P5-03/AK1a"
)
storno_kennung = each(
    "storno_kennung", sent_stornos, "eAU;Storno-Arzt;V1.2", _kennung_fits, "P5-03/AK1b"
)
storno_part = each("storno_part", sent_stornos, "ein Anhang eAUStorno", _storno_fits, "P5-03/AK2")
storno_addresses = each(
    "storno_addresses",
    sent_stornos,
    "nur To, Reply-To gesetzt",
    lambda one: _only_to(one) and _reply_to(one),
    "P5-03/AK3",
)


@check("P5-07/AK1")
def receipt_always_asked(exchanges: Exchanges) -> Judgement:
    """Every RCPT to an insurer asks for a receipt."""
    expected = "NOTIFY mit SUCCESS bei jedem RCPT"
    found = commands(exchanges, Layer.SMTP, "RCPT") if sent_documents(exchanges) else []
    for one in found:
        if "SUCCESS" not in one.request.start.upper():
            return Judgement(False, expected, one.request.start, one.id)
    if not found:
        return missing(exchanges, expected, "niemand")
    return Judgement(True, expected, f"{len(found)} Empfänger")


@factory
def insurer_looked_up(iknrs: list[str], *requirements: str) -> Check:
    """Return the check that the directory was asked for these IKs, in this order, before sending.

    Each search names domainID and entryType 5.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        wanted = [f"(&(domainid={iknr})(entrytype=5))" for iknr in iknrs]
        expected = " dann ".join(wanted)
        asked = [_filter(one) for one in exchanges if one.layer is Layer.LDAP]
        found = [text for text in asked if "domainid=" in text]
        if len(found) < len(wanted) or not sent_documents(exchanges):
            return missing(exchanges, expected, "; ".join(found))
        holds = all(want in have for want, have in zip(wanted, found, strict=False))
        return Judgement(holds, expected, "; ".join(found))

    return Check("insurer_looked_up", requirements, judge)


def _filter(exchange: Exchange) -> str:
    return exchange.request.start.lower().replace(" ", "")


MAIL_CHECKS: tuple[Check, ...] = (
    name_is_document_id,
    test_files_stay_in_test,
    document_is_signed,
    signature_has_revocation,
    signature_encloses,
    file_ends_on_p7s,
    note_mail_is_right,
    note_subject,
    note_kennung,
    note_is_alone,
    note_part,
    note_only_to,
    note_reply_to,
    receipt_always_asked,
)
STORNO_CHECKS: tuple[Check, ...] = (
    storno_is_one_bundle,
    storno_name,
    storno_composition,
    storno_mail_is_right,
    storno_subject,
    storno_kennung,
    storno_part,
    storno_addresses,
)
