"""SMTP for practice systems: login at the mail service, then message by message."""

from __future__ import annotations

import logging
import smtplib

from mocks.kim_clientmodul import spoiling
from mocks.kim_clientmodul.attachments import Credentials
from mocks.kim_clientmodul.recipients import accepted, judge
from mocks.kim_clientmodul.sending import Draft, Sender
from mocks.kim_clientmodul.state import ClientModule, UnknownContext
from mocks.kim_clientmodul.upstream import Unreachable, open_smtp
from pruefstand.kim.address import is_kim_address
from pruefstand.kim.username import IncompleteUserName, parse_smtp
from pruefstand.mockkit.conversation import Peer
from pruefstand.mockkit.smtp import Options

_LOG = logging.getLogger("pruefstand.mock.kim")
GONE = "421 4.4.2 The mail service does not answer"


class ModuleConversation:
    """One connection of a practice system."""

    def __init__(self, module: ClientModule, peer: Peer) -> None:
        self._module, self._peer = module, peer
        self._sender: Sender | None = None
        self._draft = Draft()

    def login(self, user: str, password: str) -> str:
        """Take the user name apart and log in at the mail service with it."""
        return spoiling.login_reply(self._module, self._login(user, password))

    def _login(self, user: str, password: str) -> str:
        if not (self._peer.tls or self._module.behaviour.same_host):
            return "538 5.7.11 Encryption required for requested authentication mechanism"
        if spoiling.demands_certificate(self._module) and self._peer.certificate is None:
            return "535 5.7.8 Client certificate required"
        try:
            name = parse_smtp(user)
            self._module.check_context(name)
        except IncompleteUserName:
            return "501 5.5.4 User name is incomplete"
        except UnknownContext as problem:
            return f"501 5.5.4 Konnektor knows no such context ({problem})"
        try:
            relay = open_smtp(self._module, name)
        except TimeoutError:
            return GONE
        except Unreachable as problem:
            _LOG.info("mail service: %s", problem)
            return "454 4.7.0 Mail service not reached"
        try:
            # As in the field the way in is PLAIN, whatever the practice system used.
            relay.user, relay.password = name.address, password
            code, text = relay.auth("PLAIN", relay.auth_plain)
        except TimeoutError:
            relay.close()
            return GONE
        except (smtplib.SMTPException, OSError) as problem:
            relay.close()
            return _login_reply(problem)
        self._sender = Sender(self._module, name, Credentials(name.address, password), relay)
        return f"{code} {text.decode('ascii', 'replace')}"

    def mail(self, sender: str, options: Options) -> str:
        """Begin a message; the sender needs an encryption certificate of its own."""
        if not is_kim_address(sender) or judge(self._module, sender).error is not None:
            return "553 5.1.8 Sender has no encryption certificate"
        self._draft = Draft(sender, options)
        return spoiling.taken(self._module)

    def rcpt(self, address: str, options: Options) -> str:
        """Add a recipient; in the older behaviour one without certificate is refused here."""
        if not is_kim_address(address):
            return "553 5.1.3 Recipient is no KIM address"
        if self._module.behaviour.recipient_check == "sofort":
            judged = judge(self._module, address)
            if not accepted([judged]):
                self._draft.failed.append(judged)
                return f"550 5.7.5 Recipient has no usable certificate ({int(judged.error or 0)})"
        self._draft.recipients[address.lower()] = options
        return "250 2.1.5 OK"

    def data(self, content: bytes) -> str:
        """Process and transmit a message."""
        draft, self._draft = self._draft, Draft()
        if self._sender is None:
            return "530 5.7.0 Authentication required"
        try:
            return self._sender.send(draft, content)
        except (smtplib.SMTPException, OSError) as problem:
            _LOG.info("mail service: %s", problem)
            return GONE

    def reset(self) -> None:
        """Forget the message begun."""
        self._draft = Draft()

    def close(self) -> None:
        """Drop the connection to the mail service."""
        if self._sender is not None:
            self._sender.relay.close()


def _login_reply(problem: Exception) -> str:
    if not isinstance(problem, smtplib.SMTPResponseException):
        return GONE
    code = problem.smtp_code
    if code == 504:
        return "504 5.7.4 Unrecognized authentication type"
    if code == 421:
        return GONE
    return "535 5.7.8 Authentication credentials invalid"
