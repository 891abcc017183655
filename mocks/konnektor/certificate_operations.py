"""CertificateService 6.0: reading, expiry and verification of certificates."""

from __future__ import annotations

from datetime import UTC, datetime

from mocks.konnektor.answer import Answer, error, status
from mocks.konnektor.cards import Card, CardKey
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.pin_operations import check_alive
from mocks.konnektor.reach import is_visible
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from mocks.konnektor.verdict import Verdict, judge
from pruefstand.crypto.pki import (
    CertificateInfo,
    CertificateProblem,
    read_certificate_info,
)
from pruefstand.soap.envelope import (
    Element,
    SoapProblem,
    children,
    decode,
    element,
    encode,
    text,
)

_REFERENCES = ("C.AUT", "C.ENC", "C.SIG", "C.QES")
_OWN_ICCSN = "80276883110000000017"
"""The Konnektor's own card, a gSMC-K."""


def read_card_certificate(node: Element, call: Call, state: State) -> Answer:
    """Return certificates of HBA or SM-B, of the kind of key that is asked for."""
    card = call.the_card()
    if card.is_insured:
        raise KonnektorError(4090)
    wanted = [(part.text or "").strip() for part in children(node, "CERT:CertRefList/CERT:CertRef")]
    for reference in wanted:
        if reference not in _REFERENCES:
            raise KonnektorError(4149, reference)
    crypt = text(node, "CERT:Crypt") or "RSA"
    if crypt not in card.crypts:
        raise KonnektorError(4258 if crypt == "ECC" else 4147, f"Crypt={crypt}")
    check_alive(card)
    entries = [_data_info(reference, card.key(reference, crypt)) for reference in wanted]
    body = element(
        "CERT:ReadCardCertificateResponse",
        status(state),
        element("CERTCMN:X509DataInfoList", *entries),
    )
    work = seconds(state.behaviour.timing, "certificate", state.ctx.rng)
    return Answer(body, state.occupy(card, work))


def _data_info(reference: str, identity: CardKey | None) -> Element:
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


def check_expiration(node: Element, call: Call, state: State) -> Answer:
    """List when certificates expire: of one card, or of all in reach and of the Konnektor."""
    crypt = text(node, "CERT:Crypt") or "RSA_ECC"
    if call.card is not None and not (call.card.is_hba or call.card.is_smb):
        raise KonnektorError(4090)
    managed = _managed(call, state)
    if crypt == "RSA" and not any("RSA" in card.crypts for card in managed):
        raise KonnektorError(4147, "keine Karte mit RSA-Zertifikaten")
    found = [(card, key) for card in managed if (key := card.key("C.AUT", crypt))]
    # A card without the certificates asked for is left out, with a warning.
    warning = 4257 if len(found) < len(managed) and crypt == "ECC" else 0
    entries = [_expiration(card, key) for card, key in found]
    if call.card is None:
        own = state.ctx.pki.tls_server()
        entries.append(_entry("", "", _OWN_ICCSN, read_certificate_info(own.der)))
    return Answer(
        element("CERT:CheckCertificateExpirationResponse", status(state, warning), *entries)
    )


def _managed(call: Call, state: State) -> list[Card]:
    if call.card is not None:
        return [call.card]
    return [
        card
        for card in state.plugged()
        if (card.is_hba or card.is_smb) and is_visible(card, call, state, everywhere=False)
    ]


def _expiration(card: Card, key: CardKey) -> Element:
    info = read_certificate_info(key.der)
    return _entry(card.terminal, card.handle, card.iccsn, info)


def _entry(terminal: str, handle: str, iccsn: str, info: CertificateInfo) -> Element:
    return element(
        "CERT:CertificateExpiration",
        element("CERT:CtID", terminal),
        element("CONN:CardHandle", handle),
        element("CERT:ICCSN", iccsn),
        element("CERT:subject_commonName", info.subject_cn),
        element("CERT:serialNumber", str(info.serial)),
        element("CERT:validity", info.not_after.strftime("%Y-%m-%dZ")),
    )


def verify_certificate(node: Element, _: Call, state: State) -> Answer:
    """Judge a certificate now or at VerificationTime; the roles are those of its admission."""
    try:
        der = decode(text(node, "CERTCMN:X509Certificate") or "")
        roles = read_certificate_info(der).profession_oids
    except (SoapProblem, CertificateProblem) as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem
    verdict = judge(der, _verification_time(node, state), state)
    return Answer(
        element(
            "CERT:VerifyCertificateResponse",
            status(state),
            _verification_status(verdict, state),
            # The schema asks for one role at least, even where the certificate names none.
            element("CERT:RoleList", *(element("CERT:Role", oid) for oid in roles or ("",))),
        )
    )


def _verification_status(verdict: Verdict, state: State) -> Element:
    return element(
        "CERT:VerificationStatus",
        element("CERT:VerificationResult", verdict.result),
        error(state, verdict.error) if verdict.error else None,
    )


def _verification_time(node: Element, state: State) -> datetime:
    written = text(node, "CERT:VerificationTime")
    return read_time(written) if written else state.ctx.clock.now()


def read_time(written: str) -> datetime:
    """Return an xs:dateTime, UTC where it names no zone; anything else is 4000."""
    try:
        instant = datetime.fromisoformat(written)
    except ValueError as problem:
        raise KonnektorError(4000, f"Zeitpunkt {written!r}", faultcode="Client") from problem
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
