"""Select eAU traffic: mails with notes and Stornos as sent, errors of insurers as received."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from pruefstand.checks.check import Exchanges
from pruefstand.checks.documents import resource
from pruefstand.checks.documents import values as values_at
from pruefstand.checks.kim_select import mail_of, received, sent
from pruefstand.crypto.cms_qes import QesDocument, QesProblem, parse
from pruefstand.kim.eau import EauMessage, attachments, message_of
from pruefstand.kim.mail import content_of
from pruefstand.model.exchange import Exchange
from pruefstand.model.mail import MalformedMail, RawMail

ENTRY = "/f:Bundle/f:entry/f:resource"


@dataclass(frozen=True, slots=True)
class EauMail:
    """One eAU mail; `document` is the content of its signature, empty when there is none."""

    exchange: Exchange
    mail: RawMail
    message: EauMessage
    files: tuple[RawMail, ...]
    payload: bytes
    """The attached file."""
    signature: QesDocument | None
    document: bytes

    @property
    def root(self) -> etree._Element | None:
        """The document as a tree."""
        return resource(self.document)

    def values(self, path: str) -> list[str]:
        """Return what an XPath finds in the document."""
        return values_at(self.document, path)

    def value(self, path: str) -> str:
        """Return the first of `values`, or an empty text."""
        return next(iter(self.values(path)), "")


Select = Callable[[Exchanges], list[EauMail]]


def sent_notes(exchanges: Exchanges) -> list[EauMail]:
    """Return the sick notes handed over."""
    return [one for one in _eau(sent(exchanges)) if one.message is EauMessage.NOTE]


def sent_stornos(exchanges: Exchanges) -> list[EauMail]:
    """Return the Stornos handed over."""
    return [one for one in _eau(sent(exchanges)) if one.message is EauMessage.STORNO]


def sent_documents(exchanges: Exchanges) -> list[EauMail]:
    """Return notes and Stornos handed over, in their order."""
    return [one for one in _eau(sent(exchanges)) if one.message is not EauMessage.ERROR]


def enclosed(select: Select) -> Select:
    """Return what selects of these mails those whose signature encloses a document.

    That it does is a requirement of its own; what the document says can only be read then.
    """
    return lambda exchanges: [one for one in select(exchanges) if one.document]


def insurer_errors(exchanges: Exchanges) -> list[EauMail]:
    """Return the mails from insurers that carry an eAU file, told by file and not by header."""
    return [one for one in _eau(received(exchanges)) if b"OperationOutcome" in one.payload]


def _eau(exchanges: list[Exchange]) -> list[EauMail]:
    found = (_read(one) for one in exchanges)
    return [one for one in found if one is not None]


def _read(exchange: Exchange) -> EauMail | None:
    mail = mail_of(exchange)
    files = tuple(attachments(mail))
    # A wrong Dienstkennung is what a check may have to find: a file of ours tells as well.
    message = message_of(mail) or _by_description(files)
    if message is None:
        return None
    try:
        payload = content_of(files[0]) if files else b""
    except MalformedMail:
        payload = b""
    try:
        signature = parse(payload)
    except QesProblem:
        signature = None
    document = signature.content if signature else b""
    return EauMail(exchange, mail, message, files, payload, signature, document)


def _by_description(files: tuple[RawMail, ...]) -> EauMessage | None:
    stated = files[0].get("Content-Description") if files else None
    return next((one for one in EauMessage if one.description == stated), None)
