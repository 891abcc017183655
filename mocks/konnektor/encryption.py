"""EncryptionService 6.1: documents for the holders of certificates, and back."""

from __future__ import annotations

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.cards import CRYPTS, Card, CardKey
from mocks.konnektor.context import Call, with_card
from mocks.konnektor.documents import CMS, MAX_DOCUMENT, raw_content
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.pin_operations import check_alive
from mocks.konnektor.properties import cms_attributes
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.crypto.cms_encryption import (
    Attribute,
    EncryptionProblem,
    NotARecipient,
    decrypt,
    encrypt,
)
from pruefstand.soap.envelope import (
    Element,
    SoapProblem,
    child,
    children,
    decode,
    element,
    encode,
    text,
)

_XML_ENCRYPTION = "http://www.w3.org/TR/xmlenc-core/"
_SMIME = "urn:ietf:rfc:5751"
_MIME_TYPE = "application/pkcs7-mime"


def encrypt_document(node: Element, call: Call, state: State) -> Answer:
    """Encrypt a document for certificates in the request and on a card."""
    _check_type(node)
    certificates = [
        _certificate(part) for part in children(node, "CRYPT:RecipientKeys/CRYPT:Certificate")
    ]
    on_card = child(node, "CRYPT:RecipientKeys/CRYPT:CertificateOnCard")
    if on_card is not None:
        certificates.append(_card_key(on_card, call, state)[1].der)
    if not certificates:
        raise KonnektorError(4000, "RecipientKeys ist leer", faultcode="Client")
    document = child(node, "CONN:Document")
    content, _ = raw_content(document) if document is not None else (b"", "")
    if len(content) > MAX_DOCUMENT:
        raise KonnektorError(4283, f"{len(content)} Bytes")
    try:
        attributes = [Attribute.read(data) for data in _unprotected(node)]
        sealed = encrypt(content, certificates, unprotected=attributes)
    except EncryptionProblem as problem:
        raise KonnektorError(4000, str(problem), faultcode="Client") from problem
    body = element("CRYPT:EncryptDocumentResponse", status(state), _document(sealed, _MIME_TYPE))
    return Answer(body, seconds(state.behaviour.timing, "encrypt", state.ctx.rng))


def decrypt_document(node: Element, call: Call, state: State) -> Answer:
    """Decrypt a document with a card's key; the card must be unlocked in this session."""
    on_card = child(node, "CRYPT:PrivateKeyOnCard")
    if on_card is None:
        raise KonnektorError(4000, "PrivateKeyOnCard fehlt", faultcode="Client")
    about, key = _card_key(on_card, call, state)
    card = about.the_card()
    check_alive(card)
    pin_typ = "PIN.CH" if card.is_hba else "PIN.SMC"
    if not state.is_verified(card, pin_typ, about.session):
        raise KonnektorError(4085, pin_typ)
    document = child(node, "CONN:Document")
    sealed, _ = raw_content(document) if document is not None else (b"", "")
    try:
        content = decrypt(sealed, key)
    except NotARecipient as problem:
        raise KonnektorError(4149, str(problem)) from problem
    except EncryptionProblem as problem:
        raise KonnektorError(4026, str(problem)) from problem
    work = seconds(state.behaviour.timing, "decrypt", state.ctx.rng)
    body = element("CRYPT:DecryptDocumentResponse", status(state), _document(content, None))
    return Answer(body, state.occupy(card, work))


def _check_type(node: Element) -> None:
    kind = text(node, "CRYPT:OptionalInputs/CRYPT:EncryptionType") or CMS
    if kind == _SMIME:
        raise KonnektorError(4279, kind)
    if kind != CMS:
        raise KonnektorError(4058, kind)


def _certificate(part: Element) -> bytes:
    try:
        return decode(part.text or "")
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem


def _card_key(part: Element, call: Call, state: State) -> tuple[Call, CardKey]:
    about = with_card(call, text(part, "CONN:CardHandle") or "", state)
    card: Card = about.the_card()
    if card.is_insured:
        raise KonnektorError(4058, card.card_type)
    reference = text(part, "CRYPT:KeyReference") or "C.ENC"
    if reference not in ("C.ENC", "C.AUT"):
        raise KonnektorError(4149, reference)
    crypt = text(part, "CRYPT:Crypt") or "RSA"
    if crypt not in CRYPTS:
        raise KonnektorError(4000, f"Crypt {crypt}", faultcode="Client")
    key = card.key(reference, crypt)
    if key is None:
        raise KonnektorError(4258 if crypt == "ECC" else 4147, f"Crypt={crypt}")
    return about, key


def _unprotected(node: Element) -> list[bytes]:
    found = child(node, "CRYPT:OptionalInputs/CRYPT:UnprotectedProperties")
    return [] if found is None else cms_attributes(found)


def _document(content: bytes, mime_type: str | None) -> Element:
    data = element("dss:Base64Data", encode(content))
    if mime_type is not None:
        data.set("MimeType", mime_type)
    return element("CONN:Document", data)
