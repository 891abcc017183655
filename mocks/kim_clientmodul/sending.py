"""What happens to a mail after DATA: judge recipients, sign, encrypt, hand over to the relay."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from mocks.kim_clientmodul import error_mails, spoiling
from mocks.kim_clientmodul.attachments import (
    Credentials,
    StoreProblem,
    limits,
    remove,
    upload,
)
from mocks.kim_clientmodul.forwarding import undecrypted_forward
from mocks.kim_clientmodul.recipients import Judged, accepted, for_large_mail, judge, turned_down
from mocks.kim_clientmodul.settings import KONNEKTOR_VERSION, MODULE_VERSION, PRODUCT_VERSION
from mocks.kim_clientmodul.state import ClientModule, Limits
from mocks.kim_clientmodul.upstream import Envelope, transmit
from pruefstand.crypto.pki import Identity
from pruefstand.crypto.smime_kim import Recipient
from pruefstand.kim.large import (
    THRESHOLD,
    KasReference,
    decoded_size,
    references_in,
    with_reference,
)
from pruefstand.kim.outer import ModuleStamp
from pruefstand.kim.username import UserName
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

STAMP = ModuleStamp(MODULE_VERSION, PRODUCT_VERSION, KONNEKTOR_VERSION)
OVERHEAD = 1.37
"""Growth of a mail by signature, encryption and base64, as announced in SIZE."""

_ADDRESS_FIELDS = ("To", "Cc", "Bcc")
_LOG = logging.getLogger("pruefstand.mock.kim")


class Refused(Exception):
    """The transmission ends with this reply."""


@dataclass(slots=True)
class Draft:
    """What the practice system said before DATA."""

    sender: str = ""
    sender_options: Mapping[str, str] = field(default_factory=dict)
    recipients: dict[str, Mapping[str, str]] = field(default_factory=dict)
    failed: list[Judged] = field(default_factory=list)
    """Recipients refused at RCPT already."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends over which connection."""

    module: ClientModule
    user: UserName
    account: Credentials
    relay: smtplib.SMTP

    def send(self, draft: Draft, content: bytes) -> str:
        """Process a mail and return the reply to DATA."""
        try:
            return self._send(draft, content)
        except Refused as refusal:
            self.relay.rset()
            return spoiling.refusal(self.module, str(refusal))
        except MalformedMail as problem:
            self.relay.rset()
            return f"554 5.6.0 Malformed message: {str(problem)!a}"

    def _send(self, draft: Draft, content: bytes) -> str:
        mail = parse_mail(content)
        forward = undecrypted_forward(mail)
        if forward is not None:
            # Encrypted already: neither signed nor encrypted again.
            return self._hand_over(draft, list(draft.recipients), forward)
        if references_in(mail):
            raise Refused("451 5.6.0 The message holds an x-kas part")
        allowed = self._limits()
        if len(content) > allowed.max_mail_size:
            raise Refused("552 5.3.4 Message size exceeds the account's limit")
        self._warn(draft.sender)
        large = decoded_size(mail) > THRESHOLD
        judged = [judge(self.module, address) for address in draft.recipients]
        judged = list(map(for_large_mail, judged)) if large else judged
        failed = [*draft.failed, *turned_down(judged)]
        good = accepted(judged)
        if not good:
            codes = sorted({str(int(one.error)) for one in failed if one.error})
            raise Refused(f"451 4.7.5 No recipient can be encrypted for: {' '.join(codes)}")
        if not spoiling.keeps_addresses(self.module):
            mail = _with_recipients(mail, [one.address for one in failed])
        reply = self._seal_and_send(draft, mail, good, allowed, large=large)
        if failed and reply.startswith("250"):
            self._notify(draft.sender, mail, failed)
        return reply

    def _limits(self) -> Limits:
        try:
            return limits(self.module, self.account)
        except StoreProblem as problem:
            raise Refused("451 4.3.0 The account's limits are unknown") from problem

    def _seal_and_send(
        self, draft: Draft, mail: RawMail, good: Sequence[Judged], allowed: Limits, *, large: bool
    ) -> str:
        signer = self._signer()
        own = judge(self.module, draft.sender)
        reference = self._store(mail, good, allowed) if large else None
        inner = mail if reference is None else with_reference(mail, reference)
        holders = [*good] if spoiling.forgets_sender(self.module) else [*good, own]
        recipients = [to for one in holders for to in one.recipients()]
        outer = self._outer(inner, signer, recipients, allowed, reference)
        reply = self._hand_over(draft, [one.address for one in good], outer)
        if reference is not None and not reply.startswith("250"):
            remove(self.module, self.account, reference)
        return reply

    def _signer(self) -> Identity:
        if not self.module.reaches_konnektor(self.user):
            raise Refused("451 4.3.0 The Konnektor does not answer")
        signer = self.module.signer(self.user)
        if signer is None:
            raise Refused("451 4.7.5 The message cannot be signed: SMC-B not unlocked")
        return signer

    def _outer(
        self,
        inner: RawMail,
        signer: Identity,
        recipients: list[Recipient],
        allowed: Limits,
        reference: KasReference | None,
    ) -> RawMail:
        return spoiling.outer(
            self.module,
            inner,
            signer,
            recipients,
            STAMP,
            days_to_live=allowed.days_to_live,
            kas_size=None if reference is None else reference.size,
        )

    def _store(self, mail: RawMail, good: Sequence[Judged], allowed: Limits) -> KasReference:
        addresses = [one.address for one in good]
        try:
            return upload(
                self.module,
                self.account,
                mail.to_bytes(),
                message_id=(mail.get("Message-ID") or "").strip("<> ") or self.user.address,
                recipients=[*addresses, self.user.address],
                expires=self.module.ctx.clock.now() + timedelta(days=allowed.days_to_live),
            )
        except StoreProblem as problem:
            if problem.status == 507:
                raise Refused("521 5.2.2 The attachment store is full") from problem
            raise Refused("451 4.3.0 Upload to the attachment store failed (4002)") from problem

    def _hand_over(self, draft: Draft, addresses: Sequence[str], mail: RawMail) -> str:
        content = mail.to_bytes()
        options = {**draft.sender_options, "SIZE": str(len(content))}
        # What the next hop would have to announce again is not passed on.
        options.pop("BODY", None)
        envelope = Envelope(
            draft.sender,
            _parameters(options),
            [(address, _parameters(draft.recipients[address])) for address in addresses],
        )
        code, text = transmit(self.relay, envelope, content)
        return spoiling.relayed(self.module, code, text.decode("ascii", "replace").splitlines()[0])

    def _notify(self, sender: str, mail: RawMail, failed: Sequence[Judged]) -> None:
        notice = error_mails.about_recipients(self.module, mail, sender, failed)
        self._to_self(sender, notice)

    def _warn(self, sender: str) -> None:
        """Tell the sender what its administrator has to see to."""
        if self.module.behaviour.renewal_fails:
            self._to_self(sender, error_mails.about_certificate(self.module, sender))
        listed = judge(self.module, sender).version.rstrip("+")
        if float(listed) > float(self.module.behaviour.kim_version):
            self._to_self(sender, error_mails.about_version(self.module, sender, listed))

    def _to_self(self, sender: str, notice: bytes) -> None:
        code, text = transmit(self.relay, Envelope(sender, (), [(sender, ())]), notice)
        if code != 250:
            _LOG.warning("notice to the sender is refused: %d %r", code, text)


def _parameters(options: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" if value else name for name, value in options.items()]


def _with_recipients(mail: RawMail, failed: Sequence[str]) -> RawMail:
    """Take the failed addresses out of To, Cc and Bcc; without any, every octet stays."""
    unwanted = {address.lower() for address in failed}
    for name in _ADDRESS_FIELDS:
        named = mail.addresses(name)
        kept = [address for address in named if address not in unwanted]
        if len(kept) != len(named):
            mail = mail.set(name, ", ".join(kept)) if kept else mail.without(name)
    return mail
