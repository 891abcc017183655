"""The directory as a practice system asks it: LDAP search for addresses and versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pruefstand.clock import Clock
from pruefstand.errors import ServiceRefusal
from pruefstand.ldap.filters import escape, parse_filter
from pruefstand.ldap.messages import Entry, Result, ResultCode, Search
from pruefstand.ldap.session import LdapSession
from pruefstand.model.exchange import Layer, Message
from pruefstand.transport import TransportFailure
from pruefstand.transport.recorder import Timer
from pruefstand.transport.stream import StreamTransport

BASE = "dc=data,dc=vzd"
INSURER = "5"
"""entryType of an insurer."""

CACHED = timedelta(minutes=5)
"""How long an answer may be used again (A_27753)."""

OLDEST_VERSION = "1.0"
PEER = "vzd"
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
    ) -> None:
        self._transport, self._address, self._clock = transport, address, clock
        self._peer = peer
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
        now = self._clock.now()
        known = self._cache.get(wanted)
        if known is not None and timedelta() <= now - known[0] <= CACHED:
            return known[1]
        hits = tuple(map(contact, self.search(wanted, _ATTRIBUTES)))
        self._cache[wanted] = now, hits
        return hits

    def search(self, wanted: str, attributes: tuple[str, ...] = ()) -> list[Entry]:
        """Return the entries of a filter text; raises as `find`."""
        search = Search(BASE, parse_filter(wanted), attributes=attributes)
        timer = Timer()
        stream = self._transport.open(*self._address, peer=self._peer)
        session = LdapSession.over(stream.socket)
        try:
            with stream.socket:
                bound = session.bind()
                self._record("Bind", "", bound, [], session, stream.exchange_id, timer.seconds)
                entries, result = session.search(search)
                asked = f"{BASE}?{','.join(attributes)}?sub?{wanted}"
                self._record(
                    "Search", asked, result, entries, session, stream.exchange_id, timer.seconds
                )
                session.unbind()
                self._record("Unbind", "", None, [], session, stream.exchange_id, timer.seconds)
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

    def _record(
        self,
        operation: str,
        asked: str,
        result: Result | None,
        entries: list[Entry],
        session: LdapSession,
        carrier: str,
        seconds: float,
    ) -> None:
        answer = None
        if result is not None:
            body = bytes(session.received)
            answer = Message(
                f"{int(result.code)} {result.code.name}", body=body, status=result.code
            )
        self._transport.recorder.add(
            Layer.LDAP,
            actor=self._transport.actor,
            peer=self._peer,
            operation=operation,
            request=Message(asked, body=bytes(session.sent)),
            response=answer,
            duration=seconds,
            parent=carrier,
            facts={"hits": str(len(entries))} if operation == "Search" else {},
        )
        session.sent.clear()
        session.received.clear()


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
