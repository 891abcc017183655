"""The directory as a practice system asks it: LDAP search for addresses and versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pruefstand.clients.backoff import Backoff
from pruefstand.clock import Clock
from pruefstand.errors import ServiceRefusal
from pruefstand.ldap.filters import escape, parse_filter
from pruefstand.ldap.messages import Entry, Operation, Result, ResultCode, Search
from pruefstand.ldap.session import LdapSession
from pruefstand.model.exchange import Layer, Message
from pruefstand.transport import TransportFailure
from pruefstand.transport.recorder import Timer
from pruefstand.transport.stream import Stream, StreamTransport

BASE = "dc=data,dc=vzd"
INSURER = "5"
"""entryType of an insurer."""

CACHED = timedelta(minutes=5)
"""How long an answer may be used again (A_27753)."""

OLDEST_VERSION = "1.0"
PEER, PROXY = "vzd", "konnektor"
"""Who answers, and whose LDAP proxy stands in between."""

_ATTRIBUTES = (
    "telematikID",
    "displayName",
    "mail",
    "komLeData",
    "kimData",
    "domainID",
    "entryType",
)


class DirectoryRefusal(ServiceRefusal):
    """The directory did not answer a search with hits; `status` is its result code."""


@dataclass(frozen=True, slots=True)
class KimContact:
    """A directory entry as a practice needs it: addresses with the version they receive."""

    telematik_id: str
    name: str
    versions: tuple[tuple[str, str], ...]
    """(address, version); without statement 1.0."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The KIM addresses."""
        return tuple(address for address, _ in self.versions)

    def receives_large(self, address: str) -> bool:
        """Tell whether mail above 15 MiB reaches the address."""
        return dict(self.versions).get(address.lower()) == "1.5+"


class DirectoryClient:
    """Searches over LDAPS; each search has its own short connection (A_27744)."""

    def __init__(
        self,
        transport: StreamTransport,
        address: tuple[str, int],
        clock: Clock,
        *,
        peer: str = PEER,
        via: str = PROXY,
    ) -> None:
        """`via` is the role that listens at `address`: it leads to `peer`."""
        self._transport, self._address, self._clock = transport, address, clock
        self._peer, self._via = peer, via
        self._backoff = Backoff()
        self._cache: dict[str, tuple[datetime, tuple[KimContact, ...]]] = {}

    def insurer(self, iknr: str) -> tuple[KimContact, ...]:
        """Return the insurers responsible for an IK; domainID alone would hit others too."""
        return self.find(f"(&(domainID={escape(iknr)})(entryType={INSURER}))")

    def by_name(self, name: str) -> tuple[KimContact, ...]:
        """Return entries whose name holds `name`."""
        return self.find(f"(displayName=*{escape(name)}*)")

    def by_address(self, address: str) -> tuple[KimContact, ...]:
        """Return the entry that holds a KIM address."""
        return self.find(f"(mail={escape(address)})")

    def find(self, wanted: str) -> tuple[KimContact, ...]:
        """Return the hits of a filter text, from the cache when asked within five minutes.

        Raises DirectoryRefusal, TransportFailure, LdapProblem.
        """
        known = self.known(wanted)
        if known is not None:
            return known
        hits = tuple(map(contact, self.search(wanted, _ATTRIBUTES)))
        self._cache[wanted] = self._clock.now(), hits
        return hits

    def known(self, wanted: str) -> tuple[KimContact, ...] | None:
        """Return what the cache still holds for a filter text."""
        asked, hits = self._cache.get(wanted, (None, ()))
        fresh = asked is not None and timedelta() <= self._clock.now() - asked <= CACHED
        return hits if fresh else None

    def search(self, wanted: str, attributes: tuple[str, ...] = ()) -> list[Entry]:
        """Return the entries of a filter text; raises as `find`."""
        question = Question(wanted, attributes)
        stream = self._connection()
        session = LdapSession.over(stream.socket)
        talk = Talk(session, self._transport, self._peer, stream.exchange_id)
        try:
            with stream.socket:
                entries, result = self.converse(talk, question)
        except OSError as error:
            raise TransportFailure(f"{self._peer}: Suche abgebrochen: {error}") from error
        if result.code not in (ResultCode.SUCCESS, ResultCode.SIZE_LIMIT_EXCEEDED):
            raise DirectoryRefusal(
                f"Verzeichnis: {result.code.name} {result.text}",
                status=int(result.code),
                text=result.text,
                hint="später erneut suchen",
            )
        return entries

    def may_connect(self) -> bool:
        """Tell whether enough time has passed since connections failed (A_27744)."""
        return self._backoff.due(self._clock.now())

    def _connection(self) -> Stream:
        if not self.may_connect():
            raise TransportFailure(
                f"{self._peer}: nach gescheiterten Verbindungen wird gewartet",
                hint="später erneut suchen",
            )
        try:
            stream = self._transport.open(*self._address, peer=self._via)
        except TransportFailure:
            self._backoff.failed(self._clock.now())
            raise
        self._backoff.succeeded()
        return stream

    def converse(self, talk: Talk, question: Question) -> tuple[list[Entry], Result]:
        """Do on one connection what is to be done there."""
        talk.bind()
        found = talk.search(question)
        talk.unbind()
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched below the base."""

    wanted: str
    attributes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{BASE}?{','.join(self.attributes)}?sub?{self.wanted}"


@dataclass(slots=True)
class Talk:
    """One connection; every operation is recorded."""

    session: LdapSession
    transport: StreamTransport
    peer: str
    carrier: str

    def bind(self) -> None:
        """Bind without name."""
        timer = Timer()
        self._record("Bind", "", self.session.bind(), timer)

    def search(self, question: Question) -> tuple[list[Entry], Result]:
        """Return hits and result; raises LdapProblem."""
        timer = Timer()
        search = Search(BASE, parse_filter(question.wanted), attributes=question.attributes)
        entries, result = self.session.search(search)
        self._record("Search", str(question), result, timer, {"hits": str(len(entries))})
        return entries, result

    def perform(self, name: str, operation: Operation) -> None:
        """Ask for another operation; raises LdapProblem."""
        timer = Timer()
        self._record(name, "", self.session.perform(operation), timer)

    def unbind(self) -> None:
        """End the connection in order."""
        timer = Timer()
        self.session.unbind()
        self._record("Unbind", "", None, timer)

    def _record(
        self,
        operation: str,
        asked: str,
        result: Result | None,
        timer: Timer,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        answer = None
        if result is not None:
            body = bytes(self.session.received)
            answer = Message(
                f"{int(result.code)} {result.code.name}", body=body, status=result.code
            )
        self.transport.recorder.add(
            Layer.LDAP,
            actor=self.transport.actor,
            peer=self.peer,
            operation=operation,
            request=Message(asked, body=bytes(self.session.sent)),
            response=answer,
            duration=timer.seconds,
            parent=self.carrier,
            facts=dict(facts or {}),
        )
        self.session.sent.clear()
        self.session.received.clear()


def contact(entry: Entry) -> KimContact:
    """Return the contact in a directory entry."""
    stated: dict[str, str] = {}
    for text in entry.texts("komLeData"):
        version, _, mail = text.partition(",")
        stated[mail.lower()] = version
    for text in entry.texts("kimData"):
        mail, version, *_ = [*text.split(","), ""]
        stated[mail.lower()] = version or stated.get(mail.lower(), "")
    versions = tuple(
        (mail.lower(), stated.get(mail.lower()) or OLDEST_VERSION) for mail in entry.texts("mail")
    )
    number = next(iter(entry.texts("telematikID")), "")
    return KimContact(number, next(iter(entry.texts("displayName")), ""), versions)
