"""The insurer's own client module: fetch by POP3, send by SMTP, ask the directory."""

from __future__ import annotations

import poplib
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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

    def send(self, mail: bytes, recipient: str) -> None:
        """Send without asking for a receipt; raises OSError or SMTPException."""
        host, port = self.neighbours.address(MODULE, "smtps")
        context = self.neighbours.client_tls(CLIENT_SYSTEM)
        with smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context) as relay:
            relay.login(self._user("smtps").smtp(), self.owner.password)
            relay.sendmail(self.address, [recipient], mail)

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


def fetch(box: poplib.POP3_SSL, number: int) -> bytes:
    """Return a mail; raises poplib.error_proto."""
    return b"\r\n".join(box.retr(number)[1]) + b"\r\n"
