"""One mail from outside in: KIM results, attachment, signature, charset, profile, insurer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from pruefstand.crypto.cms_qes import QesDocument, QesProblem, parse, verify
from pruefstand.crypto.pki import CertificateInfo, CertificateKind, CertificateProblem
from pruefstand.crypto.smime_kim import DecryptionResult, IntegrityResult
from pruefstand.fhir.kasse_error import Trouble
from pruefstand.fhir.sick_note_facts import SickNoteFacts, read_sick_note
from pruefstand.fhir.xml import FhirSyntaxProblem, refuse_foreign_encoding
from pruefstand.kim.eau import EauMessage, attachments, message_of
from pruefstand.kim.eau_versions import accepted_on
from pruefstand.kim.mail import content_of
from pruefstand.model.mail import MalformedMail, RawMail

DECRYPTION, INTEGRITY = "X-KIM-DecryptionResult", "X-KIM-IntegrityCheckResult"
_BOM = b"\xef\xbb\xbf"
_OID = "1.2.276.0.76.4."
SIGNERS: dict[CertificateKind, frozenset[str]] = {
    CertificateKind.HP_QES: frozenset({f"{_OID}30", f"{_OID}31"}),
    CertificateKind.HCI_OSIG: frozenset({f"{_OID}50", f"{_OID}51", f"{_OID}53"}),
}
"""Who may sign: physicians and dentists, their practices and hospitals."""

_DECRYPTED: dict[str, Trouble] = {
    DecryptionResult.KEY_UNAVAILABLE: Trouble.KIM_KEY,
    DecryptionResult.WRONG_FORMAT: Trouble.KIM_ENCRYPTION,
}
_INTACT: dict[str, Trouble] = {
    IntegrityResult.NO_SIGNATURE: Trouble.KIM_UNSIGNED,
    IntegrityResult.WRONG_FORMAT: Trouble.KIM_SIGNATURE_FORMAT,
    IntegrityResult.BROKEN: Trouble.KIM_MANIPULATED,
    # The table of the annex has no code of its own for the next three.
    IntegrityResult.CERTIFICATE_INVALID: Trouble.KIM_MANIPULATED,
    IntegrityResult.HEADERS_DIFFER: Trouble.KIM_MANIPULATED,
    IntegrityResult.RECIPIENTS_DIFFER: Trouble.KIM_MANIPULATED,
}
_RESULTS: tuple[tuple[str, Mapping[str, Trouble], str], ...] = (
    (DECRYPTION, _DECRYPTED, DecryptionResult.KONNEKTOR_UNAVAILABLE),
    (INTEGRITY, _INTACT, IntegrityResult.KONNEKTOR_ERROR),
)
"""Header, what its values mean, and the value that passes by itself."""


class NotYet(Exception):
    """The insurer's own side is not ready: the mail stays where it is."""


class Rejected(Exception):
    """The mail cannot be processed; `facts` is what could be read of it."""

    def __init__(self, trouble: Trouble, detail: str, facts: SickNoteFacts | None = None) -> None:
        super().__init__(detail)
        self.trouble, self.detail, self.facts = trouble, detail, facts


VerifyCertificate = Callable[[bytes, datetime], CertificateInfo]
Problem = Callable[[bytes, SickNoteFacts], str | None]


@dataclass(frozen=True, slots=True)
class Document:
    """A document whose signature and form are good."""

    facts: SickNoteFacts
    digest: str
    signer: CertificateInfo


@dataclass(frozen=True, slots=True)
class Intake:
    """How a mail becomes a document."""

    verify_certificate: VerifyCertificate
    problem: Problem
    iknrs: frozenset[str]

    def document(self, mail: RawMail) -> Document:
        """Return the document in a mail; raises Rejected, NotYet."""
        _check_transport(mail)
        signed = _attachment(mail)
        content, signer = self._signed_content(signed)
        facts = _facts(content)
        if not accepted_on(facts.version, sent_at(mail)):
            raise Rejected(Trouble.UNREADABLE, f"Profilversion {facts.version}", facts)
        wrong = self.problem(content, facts)
        if wrong:
            raise Rejected(Trouble.UNREADABLE, wrong, facts)
        if not facts.is_storno and facts.iknr not in self.iknrs:
            raise Rejected(Trouble.NOT_INSURED, f"IK {facts.iknr}", facts)
        return Document(facts, hashlib.sha256(content).hexdigest(), signer)

    def _signed_content(self, signed: bytes) -> tuple[bytes, CertificateInfo]:
        try:
            held = parse(signed)
        except QesProblem as problem:
            raise Rejected(Trouble.UNREADABLE, str(problem)) from problem
        facts = _facts_or_none(held.content)
        try:
            verify(signed)
        except QesProblem as problem:
            raise Rejected(Trouble.SIGNATURE, str(problem), facts) from problem
        return held.content, self._signer(held, facts)

    def _signer(self, held: QesDocument, facts: SickNoteFacts | None) -> CertificateInfo:
        try:
            info = self.verify_certificate(held.signer_certificate, held.signing_time)
        except CertificateProblem as problem:
            raise Rejected(Trouble.SIGNER, str(problem), facts) from problem
        allowed = SIGNERS.get(info.kind, frozenset()) if info.kind else frozenset()
        if not allowed & set(info.profession_oids):
            shown = ", ".join(info.profession_items) or "ohne Rolle"
            raise Rejected(Trouble.SIGNER, f"Signiert von: {shown}", facts)
        return info


def sent_at(mail: RawMail) -> datetime:
    """Return the Date of a mail; raises Rejected without one."""
    try:
        return parsedate_to_datetime(mail.get("Date") or "").astimezone()
    except ValueError as problem:
        raise Rejected(Trouble.UNREADABLE, "Date fehlt") from problem


def is_storno(mail: RawMail) -> bool:
    """Tell by its Dienstkennung whether a mail takes a note back."""
    return message_of(mail) is EauMessage.STORNO


def _check_transport(mail: RawMail) -> None:
    """Turn the client module's results into the insurer's codes."""
    for header, table, temporary in _RESULTS:
        for value in mail.all(header):
            if value == temporary:
                raise NotYet(f"{header}: {value}")
            if value in table:
                raise Rejected(table[value], f"{header}: {value}")


def _attachment(mail: RawMail) -> bytes:
    parts = attachments(mail)
    if len(parts) != 1:
        raise Rejected(Trouble.UNREADABLE, f"{len(parts)} Anhänge statt einem")
    try:
        return content_of(parts[0])
    except MalformedMail as problem:
        raise Rejected(Trouble.UNREADABLE, str(problem)) from problem


def _facts(content: bytes) -> SickNoteFacts:
    if content.startswith(_BOM):
        raise Rejected(Trouble.CHARSET, "Byte Order Mark", _facts_or_none(content))
    try:
        refuse_foreign_encoding(content)
    except FhirSyntaxProblem as problem:
        raise Rejected(Trouble.CHARSET, str(problem)) from problem
    try:
        return read_sick_note(content)
    except FhirSyntaxProblem as problem:
        raise Rejected(Trouble.UNREADABLE, str(problem)) from problem


def _facts_or_none(content: bytes) -> SickNoteFacts | None:
    try:
        return read_sick_note(content)
    except FhirSyntaxProblem:
        return None
