"""EventService, CardService and CertificateService: cards, PINs and certificates."""

from __future__ import annotations

from collections.abc import Collection

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.cards import GROUPS, Card
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.crypto.pki import Identity
from pruefstand.soap.envelope import Element, children, element, encode, text
from pruefstand.soap.fault import xml_time

_CARD_TYPES = (
    "EGK",
    "HBA",
    "HBA-qSig",
    "ZOD_2.0",
    "SMC-B",
    "HSM-B",
    "SMC-KT",
    "KVK",
    "UNKNOWN",
    *GROUPS,
)
_REFERENCES = ("C.AUT", "C.ENC", "C.SIG", "C.QES")
_WARNINGS = (4043, 4065)
"""Outcomes of a PIN entry that come as a warning, not as a fault."""

_CANCELLED = 4049


def get_cards(node: Element, call: Call, state: State) -> Answer:
    """List plugged cards from the cache (EventService 7.2)."""
    terminal, slot = text(node, "CARDCMN:CtId"), text(node, "CARDCMN:SlotId")
    wanted = text(node, "CARDCMN:CardType")
    if wanted is not None and wanted not in _CARD_TYPES:
        raise KonnektorError(4000, f"CardType {wanted}", faultcode="Client")
    if terminal is not None and terminal not in state.model.terminals:
        raise KonnektorError(4007, terminal)
    if slot is not None and (terminal is None or not slot.isdigit() or int(slot) < 1):
        raise KonnektorError(4097, slot)
    everywhere = node.get("mandant-wide") in ("true", "1")
    found = [
        _card(card)
        for card in state.plugged()
        if _is_visible(card, call, state, everywhere=everywhere)
        and terminal in (None, card.terminal)
        and slot in (None, str(card.slot))
        and (wanted is None or card.card_type in GROUPS.get(wanted, (wanted,)))
    ]
    cards = element("CARD:Cards", *found)
    return Answer(element("EVT:GetCardsResponse", status(state), cards))


def _is_visible(card: Card, call: Call, state: State, *, everywhere: bool) -> bool:
    if card.is_smb and call.mandant not in card.mandants:
        return False
    return everywhere or call.workplace in state.model.terminals.get(card.terminal, ())


def _card(card: Card) -> Element:
    expires = card.keys["C.AUT"].certificate.not_valid_after_utc
    return element(
        "CARD:Card",
        element("CONN:CardHandle", card.handle),
        element("CARDCMN:CardType", card.card_type),
        element(
            "CARD:CardVersion",
            _version("COSVersion", "4", "6", "0"),
            _version("ObjectSystemVersion", "4", "8", "0"),
        ),
        element("CARDCMN:Iccsn", card.iccsn),
        element("CARDCMN:CtId", card.terminal),
        element("CARDCMN:SlotId", str(card.slot)),
        element("CARD:InsertTime", xml_time(card.inserted)),
        element("CARD:CardHolderName", card.holder),
        element("CARD:Kvnr", card.kvnr) if card.kvnr else None,
        element("CARD:CertificateExpirationDate", expires.strftime("%Y-%m-%dZ")),
    )


def _version(name: str, major: str, minor: str, revision: str) -> Element:
    return element(
        f"CARD:{name}",
        element("CARD:Major", major),
        element("CARD:Minor", minor),
        element("CARD:Revision", revision),
    )


def get_pin_status(node: Element, call: Call, state: State) -> Answer:
    """Tell a PIN's state as this card session sees it (CardService 8.1)."""
    card = call.the_card()
    pin_status, tries = card.pins[_pin_typ(node, card.pins)].status(call.session)
    return Answer(
        element(
            "CARD:GetPinStatusResponse",
            status(state),
            element("CARD:PinStatus", pin_status),
            element("CARD:LeftTries", str(tries)) if tries is not None else None,
        )
    )


def verify_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user type a PIN at the terminal (CardService 8.1)."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    # PIN.QES authorises one signature job and never a session.
    session = None if pin_typ == "PIN.QES" else call.session
    outcome = state.enter_pin(card, pin_typ, session)
    if outcome.code == _CANCELLED:
        raise KonnektorError(outcome.code)
    warning = outcome.code if outcome.code in _WARNINGS else 0
    tries = outcome.left_tries
    return Answer(
        element(
            "CARD:VerifyPinResponse",
            status(state, warning),
            element("CARDCMN:PinResult", outcome.result),
            element("CARDCMN:LeftTries", str(tries)) if tries is not None else None,
        )
    )


def _pin_typ(node: Element, known: Collection[str]) -> str:
    pin_typ = text(node, "CARDCMN:PinTyp") or ""
    if pin_typ not in known:
        raise KonnektorError(4072, pin_typ)
    return pin_typ


def read_card_certificate(node: Element, call: Call, state: State) -> Answer:
    """Return certificates of HBA or SM-B; the mock's cards hold ECC only."""
    card = call.the_card()
    if card.card_type == "EGK":
        raise KonnektorError(4090)
    wanted = [(part.text or "").strip() for part in children(node, "CERT:CertRefList/CERT:CertRef")]
    for reference in wanted:
        if reference not in _REFERENCES:
            raise KonnektorError(4149, reference)
    if (text(node, "CERT:Crypt") or "RSA") != "ECC":
        raise KonnektorError(4147, "Karte hat nur ECC-Zertifikate")
    entries = [_data_info(reference, card.keys.get(reference)) for reference in wanted]
    body = element(
        "CERT:ReadCardCertificateResponse",
        status(state),
        element("CERTCMN:X509DataInfoList", *entries),
    )
    work = seconds(state.behaviour.timing, "certificate", state.ctx.rng)
    return Answer(body, state.occupy(card, work))


def _data_info(reference: str, identity: Identity | None) -> Element:
    name = element("CERTCMN:CertRef", reference)
    if identity is None:
        return element("CERTCMN:X509DataInfo", name)
    certificate = identity.certificate
    serial = element(
        "CERTCMN:X509IssuerSerial",
        element("CERTCMN:X509IssuerName", certificate.issuer.rfc4514_string()),
        element("CERTCMN:X509SerialNumber", str(certificate.serial_number)),
    )
    data = element(
        "CERTCMN:X509Data",
        serial,
        element("CERTCMN:X509SubjectName", certificate.subject.rfc4514_string()),
        element("CERTCMN:X509Certificate", encode(identity.der)),
    )
    return element("CERTCMN:X509DataInfo", name, data)
