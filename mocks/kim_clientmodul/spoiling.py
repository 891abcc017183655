"""Signing and packing, with the faults that make a module's mail wrong on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from mocks.kim_clientmodul import faults
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.crypto.cms_encryption import encrypt
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Identity
from pruefstand.crypto.smime_kim import Recipient, RecipientEmail, seal
from pruefstand.crypto.smime_kim.layers import wrap_message, wrap_signed
from pruefstand.crypto.smime_kim.recipient_emails import recipient_emails
from pruefstand.kim.outer import SUBJECT, VERSION_HEADER, ModuleStamp, outer_mail
from pruefstand.model.mail import RawMail

STRANGER = "fremd@pruefstand.kim.telematik-test"
BLURRED = "554 5.0.0 Transaction failed"
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


_CHAIN_FAULTS = frozenset(
    {
        faults.ATTRIBUTES_MISSING,
        faults.OTHER_RECIPIENT_SIGNED,
        faults.UNSIGNED,
        faults.SIGNATURE_BROKEN,
    }
)
