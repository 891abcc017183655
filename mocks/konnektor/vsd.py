"""VSDService 5.2: reading the eGK, online check, and the proof of it."""

from __future__ import annotations

import gzip

from mocks.konnektor.answer import Answer
from mocks.konnektor.cards import Card, Defect
from mocks.konnektor.context import Call, with_card
from mocks.konnektor.documents import boolean
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.faults import DATA_DAMAGED, DATA_IN_UTF8, PROOF_WITHOUT_CODE
from mocks.konnektor.insured_data import VERSION, InsuredData, compress, insured_data
from mocks.konnektor.pin_operations import check_alive
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.crypto.hcv import Proof, build_v1, build_v2, hash_check_value
from pruefstand.crypto.pki import CertificateProblem
from pruefstand.soap.envelope import Element, element, encode, text
from pruefstand.soap.fault import xml_time

OPERATOR = "A"
KEY_VERSION = 1
_RECEIPT_VERSION = "1.0.0"
_UPDATED, _UP_TO_DATE, _IMPOSSIBLE = 1, 2, 3
_PROBLEMS = (3, 4, 5, 6)
"""Results that come with an error code."""

_UNENTITLED = ("kasse", "weitere-kasse", "gematik", "leo-kv")
_CARD_REFUSAL = 4048
"""What the card itself says when the card-to-card authentication fails."""


def read_vsd(node: Element, call: Call, state: State) -> Answer:
    """Read an eGK with the help of an unlocked SMC-B or HBA; the online check is optional."""
    online = boolean(text(node, "VSD:PerformOnlineCheck"), "PerformOnlineCheck")
    with_receipt = boolean(text(node, "VSD:ReadOnlineReceipt"), "ReadOnlineReceipt")
    card = with_card(call, text(node, "VSD:EhcHandle") or "", state).the_card()
    _check_insured(card)
    about = with_card(call, text(node, "VSD:HpcHandle") or "", state)
    _check_professional(about, state)
    professional = about.the_card()
    if card.defect is Defect.C2C:
        raise KonnektorError(4057, card.handle, cause=_CARD_REFUSAL)
    _check_certificate(card, state, online=online)
    data = insured_data(card, state.ctx.rng)
    if online:
        card.receipt = _receipt(card, data, state)
    if with_receipt and card.defect is Defect.UNREADABLE_PROOF:
        raise KonnektorError(3039)
    if with_receipt and card.receipt is None:
        raise KonnektorError(3040)
    receipt = encode(card.receipt) if with_receipt and card.receipt else None
    body = _response(data, receipt, state, protected=_is_entitled(professional))
    work = seconds(state.behaviour.timing, _action(online, state), state.ctx.rng)
    # Cards work together: the terminal's card waits for the professional's one.
    return Answer(body, max(state.occupy(card, work), state.occupy(professional, work)))


def _action(online: bool, state: State) -> str:
    if not (online and state.is_online):
        return "vsd"
    return "vsd_update" if state.behaviour.vsd_result == _UPDATED else "vsd_check"


def _is_entitled(professional: Card) -> bool:
    """Whether the role of a card opens the protected data; payers and operators have no part."""
    return professional.table.get("role") not in _UNENTITLED


def proof_key(state: State) -> bytes:
    """Return the key with which the mock's VSDM service confirms its check digits."""
    return state.ctx.pki.shared_key("vsdm")


def _response(data: InsuredData, receipt: str | None, state: State, *, protected: bool) -> Element:
    hidden = element("VSD:GeschuetzteVersichertendaten", _delivered(data.protected, state))
    return element(
        "VSD:ReadVSDResponse",
        element("VSD:PersoenlicheVersichertendaten", _delivered(data.personal, state)),
        element("VSD:AllgemeineVersicherungsdaten", _delivered(data.general, state)),
        hidden if protected else None,
        element(
            "VSD:VSD_Status",
            element("VSD:Status", "0"),
            element("VSD:Timestamp", xml_time(state.ctx.clock.now())),
            element("VSD:Version", VERSION),
        ),
        element("VSD:Pruefungsnachweis", receipt) if receipt else None,
    )


def _delivered(container: bytes, state: State) -> str:
    """Return a container in base64, as it is or as a fault has it."""
    faults = state.ctx.faults
    if DATA_IN_UTF8 in faults:
        data = gzip.decompress(container).decode("iso-8859-15")
        container = gzip.compress(data.replace("ISO-8859-15", "UTF-8").encode(), mtime=0)
    return encode(container[: len(container) // 2] if DATA_DAMAGED in faults else container)


def _check_insured(card: Card) -> None:
    """Refuse what is no readable eGK, in the order in which the Fachmodul looks."""
    if card.defect is Defect.TOO_OLD:
        raise KonnektorError(113, card.handle)
    if card.card_type != "EGK":
        raise KonnektorError(4051, card.card_type)
    check_alive(card)
    if card.defect is Defect.LOCKED:
        raise KonnektorError(114, card.handle)
    if card.defect is Defect.INCONSISTENT:
        raise KonnektorError(3001, card.handle)


def _check_professional(call: Call, state: State) -> None:
    card = call.the_card()
    if not (card.is_hba or card.is_smb):
        raise KonnektorError(4051, card.card_type)
    pin_typ, code = ("PIN.CH", 3042) if card.is_hba else ("PIN.SMC", 3041)
    if not state.is_verified(card, pin_typ, call.session):
        raise KonnektorError(code, card.handle)


def _check_certificate(card: Card, state: State, *, online: bool) -> None:
    """Refuse an invalid eGK; revocation shows only where the TI is asked."""
    asked = online and state.reaches_ocsp
    der, now = card.own_key().der, state.ctx.clock.now()
    try:
        state.ctx.pki.verify(der, kind=None, at=now, revocation=asked)
    except CertificateProblem as problem:
        raise KonnektorError(106 if asked else 107, problem.text) from problem


def _receipt(card: Card, data: InsuredData, state: State) -> bytes:
    """Return the compressed proof of the online check; only a done check has a check digit."""
    behaviour = state.behaviour
    result = behaviour.vsd_result
    if not state.is_online and result in (_UPDATED, _UP_TO_DATE):
        result = _IMPOSSIBLE
    digits = _check_digit(card, data, state) if result in (_UPDATED, _UP_TO_DATE) else None
    with_code = result in _PROBLEMS and PROOF_WITHOUT_CODE not in state.ctx.faults
    root = element(
        "PNW:PN",
        element("PNW:TS", state.ctx.clock.now().strftime("%Y%m%d%H%M%S")),
        element("PNW:E", str(result)),
        element("PNW:EC", str(behaviour.vsd_error)) if with_code else None,
        element("PNW:PZ", encode(digits)) if digits else None,
    )
    return compress(root, _RECEIPT_VERSION)


def _check_digit(card: Card, data: InsuredData, state: State) -> bytes:
    value = hash_check_value(data.coverage_begin, data.street)
    proof = Proof(card.kvnr or "", state.ctx.clock.now(), OPERATOR, KEY_VERSION, value)
    if state.behaviour.check_digit_version == 1:
        return build_v1(proof, proof_key(state))
    return build_v2(proof, proof_key(state), state.ctx.rng)
