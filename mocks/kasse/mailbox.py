"""The insurer's own client module: fetch by POP3, send by SMTP, ask the directory."""

from __future__ import annotations

import poplib
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from pruefstand.kim.username import UserName
from pruefstand.ldap.filters import Compare, Relation
from pruefstand.ldap.messages import Search
from pruefstand.ldap.session import LdapSession
from pruefstand.mockkit import Neighbours
from pruefstand.testdata.kim_participants import Participant

MODULE, SERVICE = "kim_clientmodul", "kim_fachdienst"
CLIENT_SYSTEM, WORKPLACE = "CS1", "WP1"
SECONDS = 30.0
_LINE = 1024 * 1024
_BASE = "dc=data,dc=vzd"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One insurer's account."""

    neighbours: Neighbours
    owner: Participant

    @property
    def address(self) -> str:
        """The KIM address."""
        return self.owner.addresses[0]

    @contextmanager
    def session(self) -> Iterator[poplib.POP3_SSL]:
        """Log in to fetch; raises OSError or poplib.error_proto."""
        host, port = self.neighbours.address(MODULE, "pop3s")
        context = self.neighbours.client_tls(CLIENT_SYSTEM)
        box = poplib.POP3_SSL(host, port, timeout=SECONDS, context=context)
        try:
            box.user(self._user("pop3s").pop3())
            box.pass_(self.owner.password)
            yield box
            # Only QUIT makes deletions real: a mail not answered for stays where it is.
            box.quit()
        finally:
            box.close()

    @contextmanager
    def post(self) -> Iterator[Post]:
        """Yield what answers mails; its session begins with the first answer."""
        post = Post(self)
        try:
            yield post
        finally:
            post.close()

    def relay(self) -> smtplib.SMTP_SSL:
        """Log in to send; raises OSError or SMTPException."""
        host, port = self.neighbours.address(MODULE, "smtps")
        context = self.neighbours.client_tls(CLIENT_SYSTEM)
        relay = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
        relay.login(self._user("smtps").smtp(), self.owner.password)
        return relay

    def is_listed(self, address: str) -> bool:
        """Return whether the directory holds a KIM address; raises OSError or LdapProblem."""
        host, port = self.neighbours.address("vzd", "ldaps")
        context = self.neighbours.client_tls(CLIENT_SYSTEM)
        wanted = Compare("mail", Relation.EQUAL, address.encode())
        with (
            socket.create_connection((host, port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
            secure.makefile("rb") as stream,
        ):
            session = LdapSession(secure.sendall, stream.read)
            session.bind()
            entries, _ = session.search(Search(_BASE, wanted, attributes=("mail",)))
            session.unbind()
        return bool(entries)

    def _user(self, listener: str) -> UserName:
        server = self.neighbours.address(SERVICE, listener)
        mandant = self.owner.row.mandant
        return UserName(self.address, server, mandant, CLIENT_SYSTEM, WORKPLACE)


@dataclass(slots=True)
class Post:
    """The answers of one look: one SMTP session, and each address asked for once."""

    box: Mailbox
    _relay: smtplib.SMTP_SSL | None = None
    _listed: dict[str, bool] = field(default_factory=dict)

    def send(self, mail: bytes, recipient: str) -> None:
        """Send without asking for a receipt; raises OSError or SMTPException."""
        self._relay = self._relay or self.box.relay()
        self._relay.sendmail(self.box.address, [recipient], mail)

    def is_listed(self, address: str) -> bool:
        """Return whether the directory holds a KIM address; raises OSError or LdapProblem."""
        if address not in self._listed:
            self._listed[address] = self.box.is_listed(address)
        return self._listed[address]

    def close(self) -> None:
        """End the session, as far as the other side still listens."""
        if self._relay is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._relay.quit()
            self._relay.close()


def fetch(box: poplib.POP3_SSL, number: int) -> bytes:
    """Return a mail; raises poplib.error_proto."""
    return b"\r\n".join(box.retr(number)[1]) + b"\r\n"
