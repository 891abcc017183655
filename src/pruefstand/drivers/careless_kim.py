"""A mail and a directory client that are careless about sessions, logins and what they know.

With an empty fault set they behave exactly as the clients they extend. The names stand in
`carelessness_kim`, the slips over the mail itself in `careless_mail`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pruefstand.clients.kim import (
    KimAccount,
    KimClient,
    KimMailbox,
    KimOutbox,
    KimRefusal,
    SentMail,
)
from pruefstand.clients.kim.outbox import NOTIFY
from pruefstand.clients.vzd import DirectoryClient, KimContact, Question, Talk
from pruefstand.clock import Clock
from pruefstand.drivers import carelessness_kim as named
from pruefstand.drivers.careless_mail import asks_for_receipt, kind_of, rewritten
from pruefstand.errors import ServiceRefusal
from pruefstand.kim.username import SKIPPED
from pruefstand.ldap.filters import escape
from pruefstand.ldap.messages import Entry, Result, Unknown
from pruefstand.ldap.problem import LdapProblem
from pruefstand.ldap.session import LdapSession
from pruefstand.model.fault import FaultSet
from pruefstand.transport import TransportFailure
from pruefstand.transport.stream import StreamTransport

SERVICE = "kim_fachdienst"
MODIFY = 0x66
COMPLETE = 5
"""Parts of a user name up to the Arbeitsplatz, with the server."""

LINGERS = timedelta(seconds=20)
Wait = Callable[[timedelta], None]
_IN_VAIN = (ServiceRefusal, TransportFailure, LdapProblem)


class CarelessOutbox(KimOutbox):
    """Logs in with half a name first, rewrites mails, leaves without a word."""

    faults: FaultSet

    def log_in(self, mechanism: str = "PLAIN") -> None:
        """Log in; raises KimRefusal."""
        if named.SHORT_NAME in self.faults:
            right = self._account
            parts = right.smtp_user.split("#")[:COMPLETE]
            self._account = replace(right, smtp_user="#".join(parts[:-1]))
            with suppress(KimRefusal):
                super().log_in(mechanism)
            self._account = right
        super().log_in(mechanism)

    def send(
        self,
        mail: bytes,
        recipients: Sequence[str],
        *,
        sender: str | None = None,
        notify: str = NOTIFY,
    ) -> SentMail:
        """Hand over what has become of a mail; raises KimRefusal."""
        # A large mail is read only where that may matter.
        if not self.faults.is_idle:
            kind = kind_of(mail)
            notify = asks_for_receipt(kind, notify, self.faults)
            mail = rewritten(mail, kind, self.faults)
        return super().send(mail, recipients, sender=sender, notify=notify)

    def close(self) -> None:
        """End the session, or just the connection."""
        if named.NO_QUIT in self.faults:
            self._smtp.close()
        else:
            super().close()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a practice must not speak: the ports without TLS, and the service behind the module."""

    clear: KimAccount
    service: KimAccount


@dataclass(frozen=True, slots=True)
class CarelessClient(KimClient):
    """Opens careless sessions."""

    faults: FaultSet = field(default_factory=FaultSet)
    elsewhere: Elsewhere | None = None

    def outbox(self) -> KimOutbox:
        """Open a session for sending; raises TransportFailure."""
        if self.elsewhere is not None and named.IN_CLEAR in self.faults:
            with (
                suppress(*_IN_VAIN),
                KimOutbox(_clear(self.transport), self.elsewhere.clear) as box,
            ):
                box.log_in()
        if self.elsewhere is not None and named.PAST_MODULE in self.faults:
            with suppress(*_IN_VAIN):
                KimOutbox(self.transport, self.elsewhere.service, peer=SERVICE).close()
        box = CarelessOutbox(self.transport, self.account, peer=self.peer)
        box.faults = self.faults
        return box

    def mailbox(self) -> KimMailbox:
        """Open a session for fetching; raises TransportFailure."""
        if self.elsewhere is not None and named.IN_CLEAR in self.faults:
            with (
                suppress(*_IN_VAIN),
                KimMailbox(_clear(self.transport), self.elsewhere.clear) as box,
            ):
                box.log_in()
        return KimMailbox(self.transport, self._fetching(), peer=self.peer)

    def _fetching(self) -> KimAccount:
        """Return the account, without its UserId where that does not matter to this practice."""
        parts = self.account.pop3_user.split("#")
        wrong = parts
        if parts[COMPLETE : COMPLETE + 1] == [SKIPPED]:
            if named.NO_STAR in self.faults:
                wrong = [part for part in parts if part != SKIPPED]
        elif parts[COMPLETE:] and named.NO_USER_ID in self.faults:
            wrong = parts[:COMPLETE]
        return replace(self.account, pop3_user="#".join(wrong))


class CarelessDirectory(DirectoryClient):
    """Asks too often or never again, and keeps connections as it likes."""

    faults: FaultSet
    wait: Wait
    clear: DirectoryClient
    direct: DirectoryClient

    def careless(
        self, faults: FaultSet, wait: Wait, *, clear: DirectoryClient, direct: DirectoryClient
    ) -> CarelessDirectory:
        """Let `faults` decide, and return the client.

        `clear` asks without TLS, `direct` past the Konnektor.
        """
        self.faults, self.wait, self.clear, self.direct = faults, wait, clear, direct
        return self

    def may_connect(self) -> bool:
        """Tell whether to try again, which the impatient always does."""
        return super().may_connect() or named.IMPATIENT in self.faults

    def insurer(self, iknr: str) -> tuple[KimContact, ...]:
        """Return entries for an IK, of whatever kind; raises as `find`."""
        if named.ANY_ENTRY in self.faults:
            return self.find(f"(domainID={escape(iknr)})")
        return super().insurer(iknr)

    def known(self, wanted: str) -> tuple[KimContact, ...] | None:
        """Return what is remembered, forgotten at once or never."""
        held = self._cache.get(wanted)
        if held is not None and named.NO_CACHE in self.faults:
            return None
        if held is not None and named.OLD_CACHE in self.faults:
            return held[1]
        return super().known(wanted)

    def search(self, wanted: str, attributes: tuple[str, ...] = ()) -> list[Entry]:
        """Return the hits; raises as `find`."""
        if named.LDAP_IN_CLEAR in self.faults:
            with suppress(*_IN_VAIN):
                self.clear.search(wanted, attributes)
        if named.PAST_PROXY in self.faults:
            with suppress(*_IN_VAIN):
                # Another question than the right one, so that nothing is asked twice.
                self.direct.search(f"(&{wanted}(objectClass=*))", attributes)
        if named.READS_ALL in self.faults:
            for letter in "abc":
                super().search(f"(displayName={letter}*)", attributes)
        return super().search(wanted, attributes)

    def converse(self, talk: Talk, question: Question) -> tuple[list[Entry], Result]:
        """Do more on the connection than search."""
        talk.bind()
        if named.MODIFIES in self.faults:
            talk.perform("Modify", Unknown(MODIFY))
        if named.CONNECTIONS not in self.faults:
            found = talk.search(question)
        else:
            self._idle()
            found = talk.search(question)
            self.wait(LINGERS)
        talk.unbind()
        return found

    def _idle(self) -> None:
        """Open a connection nothing is asked on."""
        stream = self._transport.open(*self._address, peer=self._via)
        session = LdapSession.over(stream.socket)
        with stream.socket:
            Talk(session, self._transport, self._peer, stream.exchange_id).bind()


def clear_directory(
    transport: StreamTransport, address: tuple[str, int], clock: Clock
) -> DirectoryClient:
    """Return a client that asks without TLS."""
    return DirectoryClient(_clear(transport), address, clock)


def _clear(transport: StreamTransport) -> StreamTransport:
    return StreamTransport(transport.recorder, actor=transport.actor, tls=None)
