"""The CMS objects of a KIM message, read by a parser that did not write them (asn1crypto)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asn1crypto import cms
from asn1crypto.core import Void

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory
from pruefstand.crypto.cms_encryption import RECIPIENT_EMAILS
from pruefstand.crypto.pki import CertificateKind, CertificateProblem, read_certificate_info
from pruefstand.crypto.smime_kim import RecipientEmail
from pruefstand.crypto.smime_kim.layers import unwrap_message, unwrap_signed
from pruefstand.crypto.smime_kim.recipient_emails import read_recipient_emails
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import parse_mail

OPERATION = "AuthEnvelopedData"
"""One exchange per message: the envelope asked, the part inside as answer."""

_ENVELOPE = "1.2.840.113549.1.9.16.1.23"
_ENCRYPTION = (CertificateKind.HCI_ENC, CertificateKind.HP_ENC)
Actual = Callable[[Any], tuple[bool, str]]


def _judge(
    exchanges: Exchanges, expected: str, read: Callable[[Exchange], Any], actual: Actual
) -> Judgement:
    found = [e for e in exchanges if e.layer is Layer.CMS and e.operation == OPERATION]
    for exchange in found:
        try:
            holds, seen = actual(read(exchange))
        except (ValueError, TypeError, KeyError, IndexError) as problem:
            holds, seen = False, f"nicht lesbar: {problem}"
        if not holds:
            return Judgement(False, expected, seen, exchange.id)
    if not found:
        return Judgement(False, expected, "keine entschlüsselte Nachricht aufgezeichnet")
    return Judgement(True, expected, f"{len(found)} Nachrichten entsprechen", found[-1].id)


def _envelope(exchange: Exchange) -> Any:
    info = cms.ContentInfo.load(exchange.request.body, strict=True)
    if info["content_type"].dotted != _ENVELOPE:
        raise ValueError(f"CMS-Typ {info['content_type'].dotted}")
    return info["content"]


def _part(exchange: Exchange) -> bytes:
    return exchange.response.body if exchange.response else b""


def _signed(exchange: Exchange) -> Any:
    info = cms.ContentInfo.load(unwrap_signed(_part(exchange)), strict=True)
    if info["content_type"].native != "signed_data":
        raise ValueError(f"CMS-Typ {info['content_type'].native}")
    return info["content"]


def _missing(part: Any) -> bool:
    return isinstance(part, Void)


def _emails(attributes: Any) -> frozenset[RecipientEmail]:
    if _missing(attributes):
        return frozenset()
    values = [
        attribute["values"].contents
        for attribute in attributes
        if attribute["type"].dotted == RECIPIENT_EMAILS
    ]
    return read_recipient_emails(b"".join(values))


def _named(envelope: Any) -> list[tuple[bytes, bytes]]:
    keyed = (info for info in envelope["recipient_infos"] if info.name == "ktri")
    infos = (info.chosen["rid"].chosen for info in keyed)
    return [(rid["issuer"].dump(), rid["serial_number"].dump()) for rid in infos]


@check("KOM-LE-A_2095")
def signed_then_encrypted(exchanges: Exchanges) -> Judgement:
    """Inside the envelope lies a signature, inside the signature the mail."""

    def actual(exchange: Exchange) -> tuple[bool, str]:
        content = _signed(exchange)["encap_content_info"]["content"].native
        return bool(unwrap_message(content)), "Mail in der Signatur"

    return _judge(exchanges, "Mail in Signatur in Hülle", lambda e: e, actual)


@check("KOM-LE-A_2103")
def signature_has_its_type(exchanges: Exchanges) -> Judgement:
    """The part inside the envelope is pkcs7-mime with signed-data."""

    def actual(part: bytes) -> tuple[bool, str]:
        stated = parse_mail(part).get("Content-Type") or ""
        good = stated.lower().startswith("application/pkcs7-mime")
        return good and "smime-type=signed-data" in stated, stated

    return _judge(exchanges, "pkcs7-mime, signed-data", _part, actual)


@check("KOM-LE-A_2106")
def no_originator(exchanges: Exchanges) -> Judgement:
    """The envelope has no originatorInfo."""
    return _judge(
        exchanges,
        "keine originatorInfo",
        _envelope,
        lambda envelope: (_missing(envelope["originator_info"]), "originatorInfo vorhanden"),
    )


@check("KOM-LE-A_2107")
def has_unprotected_attributes(exchanges: Exchanges) -> Judgement:
    """The envelope has unprotected attributes."""
    return _judge(
        exchanges,
        "ungeschützte Attribute",
        _envelope,
        lambda envelope: (not _missing(envelope["unauth_attrs"]), "keine ungeschützten Attribute"),
    )


@check("KOM-LE-A_2108")
def only_key_transport(exchanges: Exchanges) -> Judgement:
    """Every recipient is a KeyTransRecipientInfo."""

    def actual(envelope: Any) -> tuple[bool, str]:
        kinds = {info.name for info in envelope["recipient_infos"]}
        return kinds == {"ktri"}, ", ".join(sorted(kinds)) or "keine Empfänger"

    return _judge(exchanges, "nur key transport", _envelope, actual)


@check("KOM-LE-A_2114-01")
def addresses_stand_in_the_envelope(exchanges: Exchanges) -> Judgement:
    """recipient-emails is an unprotected attribute."""

    def actual(envelope: Any) -> tuple[bool, str]:
        entries = _emails(envelope["unauth_attrs"])
        return bool(entries), f"{len(entries)} Adressen"

    return _judge(exchanges, "recipient-emails in der Hülle", _envelope, actual)


@check("KOM-LE-A_2115-02")
def each_recipient_has_one_address(exchanges: Exchanges) -> Judgement:
    """For each RecipientInfo there is exactly one address, matched by issuer and serial."""

    def actual(envelope: Any) -> tuple[bool, str]:
        entries = [(entry.issuer, entry.serial) for entry in _emails(envelope["unauth_attrs"])]
        named = _named(envelope)
        seen = f"{len(named)} Empfänger, {len(entries)} Adressen"
        return sorted(entries) == sorted(named) != [], seen

    return _judge(exchanges, "je Empfänger eine Adresse", _envelope, actual)


@check("KOM-LE-A_2118")
def no_revocation_lists(exchanges: Exchanges) -> Judgement:
    """The signature holds no CRLs."""
    return _judge(
        exchanges,
        "keine Sperrlisten",
        _signed,
        lambda signed: (_missing(signed["crls"]), "Sperrlisten vorhanden"),
    )


@check("KOM-LE-A_2122")
def one_certificate(exchanges: Exchanges) -> Judgement:
    """The signature holds exactly one certificate, the signer's."""

    def actual(signed: Any) -> tuple[bool, str]:
        held = [] if _missing(signed["certificates"]) else list(signed["certificates"])
        sid = signed["signer_infos"][0]["sid"].chosen
        serials = [item.chosen.serial_number for item in held]
        return serials == [sid["serial_number"].native], f"{len(held)} Zertifikate"

    return _judge(exchanges, "nur das Zertifikat des Unterzeichners", _signed, actual)


@check("KOM-LE-A_2123")
def one_signature(exchanges: Exchanges) -> Judgement:
    """There is exactly one SignerInfo."""

    def actual(signed: Any) -> tuple[bool, str]:
        count = len(signed["signer_infos"])
        return count == 1, f"{count} Signaturen"

    return _judge(exchanges, "eine Signatur", _signed, actual)


@check("KOM-LE-A_2126")
def no_unsigned_attributes(exchanges: Exchanges) -> Judgement:
    """The SignerInfo has no unsigned attributes."""
    return _judge(
        exchanges,
        "keine unsignierten Attribute",
        _signed,
        lambda signed: (_missing(signed["signer_infos"][0]["unsigned_attrs"]), "vorhanden"),
    )


@check("KOM-LE-A_2127")
def addresses_are_signed(exchanges: Exchanges) -> Judgement:
    """recipient-emails is signed too, with the same entries as in the envelope."""

    def actual(exchange: Exchange) -> tuple[bool, str]:
        inside = _emails(_signed(exchange)["signer_infos"][0]["signed_attrs"])
        outside = _emails(_envelope(exchange)["unauth_attrs"])
        return inside == outside != frozenset(), f"signiert {len(inside)}, Hülle {len(outside)}"

    return _judge(exchanges, "recipient-emails signiert wie in der Hülle", lambda e: e, actual)


@check("KOM-LE-A_2129", "KOM-LE-A_2020")
def signed_by_the_institution(exchanges: Exchanges) -> Judgement:
    """The signer's certificate is C.HCI.OSIG."""

    def actual(signed: Any) -> tuple[bool, str]:
        try:
            info = read_certificate_info(signed["certificates"][0].chosen.dump())
        except CertificateProblem as problem:
            return False, str(problem)
        return info.kind is CertificateKind.HCI_OSIG, f"{info.kind} {info.telematik_id}"

    return _judge(exchanges, "C.HCI.OSIG einer SMC-B", _signed, actual)


SMIME_CHECKS: tuple[Check, ...] = (
    signed_then_encrypted,
    signature_has_its_type,
    no_originator,
    has_unprotected_attributes,
    only_key_transport,
    addresses_stand_in_the_envelope,
    each_recipient_has_one_address,
    no_revocation_lists,
    one_certificate,
    one_signature,
    no_unsigned_attributes,
    addresses_are_signed,
    signed_by_the_institution,
)


@factory
def encrypted_for(certificates: Mapping[str, list[str]], *requirements: str) -> Check:
    """Return the check that the envelope is for exactly these encryption certificates (DER in hex).

    `certificates` are those of every recipient and of the sender, by address.
    """
    wanted = {
        (entry.issuer, entry.serial)
        for address, held in certificates.items()
        for entry in (RecipientEmail.of(address, bytes.fromhex(text)) for text in held)
    }
    kinds = {
        read_certificate_info(bytes.fromhex(text)).kind
        for held in certificates.values()
        for text in held
    }

    def actual(envelope: Any) -> tuple[bool, str]:
        named = _named(envelope)
        good = sorted(named) == sorted(wanted) and kinds <= set(_ENCRYPTION)
        return good, f"{len(named)} Empfänger, {len(wanted)} Zertifikate erwartet"

    return Check(
        "encrypted_for",
        requirements,
        lambda exchanges: _judge(
            exchanges, "alle Zertifikate aller Beteiligten", _envelope, actual
        ),
    )
