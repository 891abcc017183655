"""Documents and mails as a defective product sends them, one for each trouble of an insurer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pruefstand.crypto.cms_encryption import encrypt
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Identity, Pki
from pruefstand.crypto.smime_kim import RecipientEmail
from pruefstand.crypto.smime_kim.layers import wrap_message, wrap_signed
from pruefstand.crypto.smime_kim.recipient_emails import recipient_emails
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.kim import KimMember
from pruefstand.errors import HarnessError
from pruefstand.fhir.kasse_error import Trouble
from pruefstand.flows.eau_ausstellen import Draft, Signed, SignedWith, sign
from pruefstand.flows.eau_postausgang import Shipment
from pruefstand.flows.eau_versand import mail_for
from pruefstand.kim.outer import ModuleStamp, outer_mail
from pruefstand.model.mail import RawMail, parse_mail
from pruefstand.testdata.kim_participants import participant

FOREIGN_INSURER = "107777776"
_STAMP = ModuleStamp("PRUEF_1.0.0-1", "1.5.5-0", "")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Spoils what `desk` would send; `pki` gives cards that must not sign."""

    desk: SickNoteDesk
    pki: Pki

    def send(self, draft: Draft, trouble: Trouble) -> Shipment:
        """Send `draft` with this trouble in it, over the way the trouble needs."""
        if trouble in _DOCUMENTS:
            shipment = self.desk.queue(_DOCUMENTS[trouble](self, draft))
            self.desk.send()
            return self.desk.shipment(shipment.document_id)
        return self._past_the_module(draft, _SEALS[trouble])

    def signed(self, draft: Draft) -> Signed:
        """Sign as it should be."""
        return sign(self.desk.konnektor, [draft])[0]

    def signed_by(self, draft: Draft, card: Identity) -> Signed:
        """Sign with any card."""
        content = QesSigner(card).sign(draft.document, at=self.desk.member.clock.now())
        return Signed(draft, content, SignedWith.SMC_B)

    def _past_the_module(self, draft: Draft, seal: Seal) -> Shipment:
        """Write the encrypted mail here: a client module would not make it so."""
        member, room = self.desk.member, self.desk.room()
        insurer = participant(self.pki, "kasse")
        shipment = replace(
            self.desk.queue(self.signed(draft)),
            recipient=insurer.addresses[0],
            message_id=f"{room.rng.uuid()}@pvs",
            sent=room.clock.now(),
        )
        room.store.put(shipment)
        inner = parse_mail(mail_for(room, shipment).to_bytes())
        sealed = seal(member, inner, insurer.certificates)
        outer = outer_mail(
            inner, sealed, _STAMP, at=room.clock.now(), days_to_live=90, kas_size=None
        )
        member.hand_to_service(outer.to_bytes(), shipment.recipient)
        return shipment


Seal = Callable[[KimMember, RawMail, tuple[bytes, ...]], bytes]


def _no_encryption(_: KimMember, mail: RawMail, certificates: tuple[bytes, ...]) -> bytes:
    return b"\x30\x03\x02\x01\x00"


def _foreign_key(member: KimMember, mail: RawMail, certificates: tuple[bytes, ...]) -> bytes:
    return _encrypted(wrap_message(mail.to_bytes()), member, member.participant.certificates)


def _unsigned(member: KimMember, mail: RawMail, certificates: tuple[bytes, ...]) -> bytes:
    return _encrypted(wrap_message(mail.to_bytes()), member, certificates)


def _garbled_signature(member: KimMember, mail: RawMail, certificates: tuple[bytes, ...]) -> bytes:
    return _encrypted(wrap_signed(b"\x30\x03\x02\x01\x00"), member, certificates)


def _altered(member: KimMember, mail: RawMail, certificates: tuple[bytes, ...]) -> bytes:
    signer = member.participant.osig
    if signer is None:
        raise HarnessError(f"{member.address} signs no KIM mail")
    part = wrap_message(mail.to_bytes())
    signed = QesSigner(signer, short_text=None, mime_type=None).sign(part, at=member.clock.now())
    return _encrypted(wrap_signed(signed.replace(part, part[:-2] + b"!\n")), member, certificates)


def _encrypted(part: bytes, member: KimMember, certificates: tuple[bytes, ...]) -> bytes:
    receiver = participant_address(certificates, member)
    entries = [RecipientEmail.of(receiver, certificate) for certificate in certificates]
    return encrypt(part, list(certificates), unprotected=(recipient_emails(entries),))


def participant_address(certificates: tuple[bytes, ...], member: KimMember) -> str:
    """Return the address the certificates belong to: the member's own or the insurer's."""
    own = certificates == member.participant.certificates
    return member.address if own else f"eau.pruefkasse@{member.address.partition('@')[2]}"


def _unreadable(spoiler: Spoiler, draft: Draft) -> Signed:
    return spoiler.signed(replace(draft, document=b"<Bundle>kein Ende"))


def _byte_order_mark(spoiler: Spoiler, draft: Draft) -> Signed:
    return spoiler.signed(replace(draft, document=_BOM + draft.document))


def _pharmacy(spoiler: Spoiler, draft: Draft) -> Signed:
    return spoiler.signed_by(draft, spoiler.pki.smcb("Apotheke am Markt", role="apotheke").osig)


def _other_data(spoiler: Spoiler, draft: Draft) -> Signed:
    good = spoiler.signed(draft)
    issued = b'<status value="'
    return replace(good, content=good.content.replace(issued, b'<status valuE="', 1))


_DOCUMENTS: dict[Trouble, Callable[[Spoiler, Draft], Signed]] = {
    Trouble.UNREADABLE: _unreadable,
    Trouble.CHARSET: _byte_order_mark,
    Trouble.SIGNER: _pharmacy,
    Trouble.SIGNATURE: _other_data,
    # The document is right; its IK belongs to another insurer, or its note was rejected.
    Trouble.NOT_INSURED: Spoiler.signed,
    Trouble.NOTE_REJECTED: Spoiler.signed,
}
_SEALS: dict[Trouble, Seal] = {
    Trouble.KIM_ENCRYPTION: _no_encryption,
    Trouble.KIM_KEY: _foreign_key,
    Trouble.KIM_UNSIGNED: _unsigned,
    Trouble.KIM_SIGNATURE_FORMAT: _garbled_signature,
    Trouble.KIM_MANIPULATED: _altered,
}
