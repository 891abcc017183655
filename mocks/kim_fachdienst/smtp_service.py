"""The relay: it takes mail from client modules and delivers it to its mailboxes."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from mocks.kim_fachdienst.delivery import deliver
from mocks.kim_fachdienst.faults import HEADERS_UNCHECKED, RELAY_DOWN, SENDER_UNCHECKED
from mocks.kim_fachdienst.state import Account, MailService
from pruefstand.kim.address import is_kim_address, same_address
from pruefstand.mockkit.conversation import Peer
from pruefstand.mockkit.smtp import Options
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

HOST = "mail.pruefstand.kim.telematik-test"
MAX_RECIPIENTS = 100


class RelayConversation:
    """One connection of a client module."""

    def __init__(self, service: MailService, peer: Peer) -> None:
        self._service, self._peer = service, peer
        self._account: Account | None = None
        self.reset()

    def login(self, user: str, password: str) -> str:
        """Judge the mailbox address and its password."""
        if RELAY_DOWN in self._service.ctx.faults:
            return "421 4.3.2 Service not available"
        account = self._service.log_in(user, password)
        if account is None or account.deregistered is not None:
            return "535 5.7.8 Authentication credentials invalid"
        self._account = account
        return "235 2.7.0 Authentication successful"

    def mail(self, sender: str, options: Options) -> str:
        """Begin a message; the sender must be who logged in (A_23421)."""
        own = self._account.address if self._account else ""
        unchecked = SENDER_UNCHECKED in self._service.ctx.faults
        if not unchecked and not same_address(sender, own):
            return "553 5.7.1 Sender address rejected: not owned by user"
        size = options.get("SIZE", "0")
        if size.isdigit() and int(size) > self._service.max_mail_size:
            return "552 5.3.4 Message size exceeds fixed limit"
        self._sender = sender
        return "250 2.1.0 OK"

    def rcpt(self, address: str, options: Options) -> str:
        """Add a recipient with an account here."""
        account = self._service.account(address)
        if account is None or account.deregistered is not None:
            return "550 5.1.1 Recipient address rejected: user unknown"
        if len(self._recipients) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        self._recipients[account.address] = options.get("NOTIFY", "FAILURE").upper()
        return "250 2.1.5 OK"

    def data(self, content: bytes) -> str:
        """Check size and headers, then deliver."""
        sender, recipients = self._sender, self._recipients
        self.reset()
        if len(content) > self._service.max_mail_size:
            return "552 5.3.4 Message size exceeds fixed limit"
        try:
            mail = parse_mail(content)
        except MalformedMail as problem:
            return f"554 5.6.0 Malformed message: {str(problem)!a}"
        alone = len(recipients) == 1 and same_address(next(iter(recipients)), sender)
        if HEADERS_UNCHECKED not in self._service.ctx.faults and not alone:
            refusal = _header_refusal(mail, sender)
            if refusal:
                return refusal
        full = [
            account.address
            for address in recipients
            if (account := self._service.account(address)) and _is_full(account, len(content))
        ]
        if full:
            return f"452 4.2.2 Mailbox full: {full[0]}"
        deliver(self._service, mail, sender, recipients, seen(self._peer))
        return "250 2.0.0 OK"

    def reset(self) -> None:
        """Forget the message begun."""
        self._sender = ""
        self._recipients: dict[str, str] = {}

    def close(self) -> None:
        """Nothing is held."""


def seen(peer: Peer) -> str:
    """Return how a client connected, as it stands in Received: TLS version and client name."""
    if peer.certificate is None:
        return f"{peer.version or 'clear'}, no client certificate"
    subject = x509.load_der_x509_certificate(peer.certificate).subject
    (name,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return f"{peer.version}, client certificate {name.value!s}"


def _header_refusal(mail: RawMail, sender: str) -> str:
    """Compare From, Sender and Reply-To with the envelope (A_23422)."""
    named = mail.addresses("From", "Sender")
    if not mail.addresses("From") or any(not same_address(name, sender) for name in named):
        return "550 5.7.1 From or Sender does not match MAIL FROM"
    if not all(map(is_kim_address, mail.addresses("Reply-To"))):
        return "550 5.7.1 Reply-To is no KIM address"
    return ""


def _is_full(account: Account, size: int) -> bool:
    return account.quota >= 0 and account.used + size > account.quota
