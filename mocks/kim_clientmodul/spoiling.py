"""What the module does wrong on purpose when it signs, packs, unpacks and refuses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from mocks.kim_clientmodul import faults
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.crypto import der
from pruefstand.crypto.cms_encryption import encrypt
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.cms_qes import parse as parse_signature
from pruefstand.crypto.pki import Identity
from pruefstand.crypto.smime_kim import Recipient, RecipientEmail, seal
from pruefstand.crypto.smime_kim.layers import (
    unwrap_message,
    unwrap_signed,
    wrap_message,
    wrap_signed,
)
from pruefstand.crypto.smime_kim.recipient_emails import recipient_emails
from pruefstand.kim.dienstkennung import HEADER
from pruefstand.kim.outer import SUBJECT, VERSION_HEADER, ModuleStamp, outer_mail
from pruefstand.kim.username import UserName
from pruefstand.mockkit.smtp import Manner
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

STRANGER = "fremd@pruefstand.kim.telematik-test"
BLURRED = "554 5.0.0 Transaction failed"
WRONG_PASSWORD = "535 5.7.8 Authentication credentials invalid"  # noqa: S105 - a reply
ODD_TYPE = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
_INSURER = "kasse"
_AES_WRAP = "2.16.840.1.101.3.4.1.45"
_SHORT_LIFE = 30


def forgets_sender(module: ClientModule) -> bool:
    """Whether the sender gets no key of its own."""
    return faults.SENDER_NOT_ENCRYPTED_FOR in module.ctx.faults


def keeps_addresses(module: ClientModule) -> bool:
    """Whether failed recipients stay in the header fields."""
    return faults.ADDRESSES_KEPT in module.ctx.faults


def refusal(module: ClientModule, reply: str) -> str:
    """Return how a refused transmission is answered."""
    return BLURRED if faults.CODE_BLURRED in module.ctx.faults else reply


def login_reply(module: ClientModule, reply: str) -> str:
    """Return how a login is answered."""
    if reply.startswith("235"):
        return reply
    return WRONG_PASSWORD if faults.LOGIN_BLURRED in module.ctx.faults else reply


def greeting(module: ClientModule) -> Manner:
    """Return how the module presents itself to mail clients."""
    short = faults.GREETING_SHORT in module.ctx.faults
    return Manner("SMTP", "PLAIN") if short else Manner()


def pop3_refusal(module: ClientModule) -> str:
    """Return the word a refusal begins with."""
    return "NO" if faults.POP3_NO in module.ctx.faults else "-ERR"


def top_lines(module: ClientModule) -> str:
    """Return how many lines of the body TOP asks for: they are ciphertext (KOM-LE-A_2041)."""
    return "20" if faults.BODY_SHOWN in module.ctx.faults else "0"


def believed(module: ClientModule, user: UserName, part: bytes) -> RawMail | None:
    """Return the mail in a decrypted part that did not pass verification, where it is shown.

    Insurers have modules of their own, which are in order. What is no mail is shown to nobody.
    """
    owners = {card.row.role for card in module.cards.get(user.mandant, ())}
    if _INSURER in owners or faults.INTEGRITY_IGNORED not in module.ctx.faults:
        return None
    with suppress(MalformedMail, QesProblem):
        part = parse_signature(unwrap_signed(part)).content
    try:
        return parse_mail(unwrap_message(part))
    except MalformedMail:
        return None


def relayed(module: ClientModule, code: int, text: str) -> str:
    """Return the mail service's reply as the practice system hears it: unchanged (2018)."""
    rewritten = faults.REPLY_REWRITTEN in module.ctx.faults and code >= 400
    return f"{code} 5.0.0 Transmission failed" if rewritten else f"{code} {text}"


def taken(module: ClientModule) -> str:
    """Return the reply to an accepted MAIL."""
    contradicts = faults.STATUS_CONTRADICTS in module.ctx.faults
    return "250 5.1.0 OK" if contradicts else "250 2.1.0 OK"


def demands_certificate(module: ClientModule) -> bool:
    """Whether a practice system without client certificate is turned away."""
    return faults.CERTIFICATE_DEMANDED in module.ctx.faults


def outer(
    module: ClientModule,
    inner: RawMail,
    signer: Identity,
    recipients: Sequence[Recipient],
    stamp: ModuleStamp,
    *,
    days_to_live: int,
    kas_size: int | None,
) -> RawMail:
    """Return the outer mail of `inner`, signed and encrypted."""
    active = module.ctx.faults
    now = module.ctx.clock.now()
    days = _SHORT_LIFE if faults.EXPIRES_WRONG in active else days_to_live
    sealed = _sealed(module, inner.to_bytes(), signer, recipients)
    if faults.ENVELOPE_ODD in active:
        sealed = _with_odd_parts(sealed)
    mail = outer_mail(inner, sealed, stamp, at=now, days_to_live=days, kas_size=kas_size)
    if faults.SUBJECT_REVEALED in active:
        mail = mail.set("Subject", inner.get("Subject") or SUBJECT)
    if faults.VERSION_HEADER_MISSING in active:
        mail = mail.without(VERSION_HEADER)
    if faults.VERSION_FOREIGN in active:
        mail = mail.set(VERSION_HEADER, "9.9")
    if faults.MESSAGE_ID_CHANGED in active:
        mail = mail.set("Message-ID", f"<{module.ctx.rng.uuid()}>")
    if faults.OUTER_FROM_CHANGED in active:
        mail = mail.set("To", STRANGER)
    if inner.get(HEADER) is None and faults.NO_DEFAULT in active:
        mail = mail.without(HEADER)
    if faults.HEADERS_ODD in active:
        mail = mail.set("Content-Type", ODD_TYPE).set("X-KIM-CMVersion", "1.0")
    return mail


def _sealed(
    module: ClientModule, mail: bytes, signer: Identity, recipients: Sequence[Recipient]
) -> bytes:
    active, now = module.ctx.faults, module.ctx.clock.now()
    # Every one is asked about, so that the kill matrix knows where it matters.
    if not {name for name in _CHAIN_FAULTS if name in active}:
        return seal(mail, signer=signer, recipients=recipients, at=now)
    entries = [RecipientEmail.of(to.address.lower(), to.certificate) for to in recipients]
    attribute = recipient_emails(entries)
    signed_entries = attribute
    if faults.OTHER_RECIPIENT_SIGNED in active:
        strange = [RecipientEmail(STRANGER, one.issuer, one.serial) for one in entries]
        signed_entries = recipient_emails(strange)
    part = wrap_message(mail)
    if faults.UNSIGNED not in active:
        card = QesSigner(signer, short_text=None, mime_type=None, extra=(signed_entries.encoded(),))
        signed = card.sign(part, at=now)
        if faults.SIGNATURE_BROKEN in active:
            signed = signed.replace(part, part[:-2] + b"!\n")
        part = wrap_signed(signed)
    loose = () if faults.ATTRIBUTES_MISSING in active else (attribute,)
    return encrypt(
        part, list(dict.fromkeys(to.certificate for to in recipients)), unprotected=loose
    )


def _with_odd_parts(sealed: bytes) -> bytes:
    """Add an empty originatorInfo and a recipient with a password, which readers pass over."""
    whole = der.expect(sealed, 0, len(sealed), der.SEQUENCE, "ContentInfo")
    kind, explicit = der.fields(sealed, whole, 2, "ContentInfo")
    body = der.expect(sealed, explicit.start, explicit.stop, der.SEQUENCE, "AuthEnvelopedData")
    version, recipients, *rest = der.children(sealed, body)
    listed = [der.raw(sealed, one) for one in der.children(sealed, recipients)]
    algorithm = der.sequence(der.oid(_AES_WRAP))
    password = der.context(3, der.integer(0), algorithm, der.octet_string(bytes(40)))
    return der.sequence(
        der.raw(sealed, kind),
        der.context(
            0,
            der.sequence(
                der.raw(sealed, version),
                der.context(0),
                der.set_of(*listed, password),
                *(der.raw(sealed, one) for one in rest),
            ),
        ),
    )


_CHAIN_FAULTS = frozenset(
    {
        faults.ATTRIBUTES_MISSING,
        faults.OTHER_RECIPIENT_SIGNED,
        faults.UNSIGNED,
        faults.SIGNATURE_BROKEN,
    }
)
