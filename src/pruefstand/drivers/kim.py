"""A member of KIM who acts: a practice, a KV, an insurer, each with its client module."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from pruefstand.clients.kim import FetchedMail, KimAccount, KimClient, SentMail
from pruefstand.clients.kim.account_manager import Absence, AccountManagerClient
from pruefstand.clients.kim.outbox import NOTIFY
from pruefstand.clients.vzd import PEER, PROXY, DirectoryClient
from pruefstand.clock import Clock
from pruefstand.crypto.smime_kim import DecryptionFailure, Recipient, Sealed, seal, unseal
from pruefstand.crypto.smime_kim.layers import unwrap_sealed
from pruefstand.drivers.careless_kim import (
    SERVICE,
    CarelessClient,
    CarelessDirectory,
    Elsewhere,
    Wait,
    clear_directory,
)
from pruefstand.drivers.carelessness_kim import FETCHES_AGAIN
from pruefstand.errors import HarnessError
from pruefstand.flows import kim_nachricht
from pruefstand.flows.kim_nachricht import Collected
from pruefstand.kim.dienstkennung import DEFAULT, Dienstkennung
from pruefstand.kim.large import KasReference, with_reference
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.kim.outer import ModuleStamp, outer_mail
from pruefstand.kim.username import UserName
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.fault import FaultSet
from pruefstand.model.mail import MalformedMail, parse_mail
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import Participant
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder
from pruefstand.transport.stream import StreamTransport

CLIENT_SYSTEM, WORKPLACE = "CS1", "WP1"
MODULE = "kim_clientmodul"
CLOSED_PORT = 1
USER_ID = "0d3a4b1e-6a0f-4b53-9a59-7a1f7c0f9b11"
"""Needed where a person's card decrypts."""


class MailEndpoints(Protocol):
    """Where the mail and directory ports of a profile are."""

    def base_url(self, role: str) -> str:
        """Return the HTTP address of `role`."""
        ...

    def address(self, role: str, listener: str) -> tuple[str, int]:
        """Return host and port of a listener of `role`."""
        ...

    def client_tls(self, name: str) -> ssl.SSLContext:
        """Return a TLS context that shows the client certificate `name`."""
        ...


class KimMember:
    """One participant at one address; `actor` is its name in the record."""

    def __init__(
        self,
        endpoints: MailEndpoints,
        participant: Participant,
        recorder: Recorder,
        clock: Clock,
        rng: Rng,
        *,
        address: str | None = None,
        actor: str | None = None,
        faults: FaultSet | None = None,
        wait: Wait = lambda _: None,
    ) -> None:
        """`faults` are its carelessnesses; `wait` lets time pass."""
        self.participant = participant
        self.address = address or participant.addresses[0]
        self.clock, self._rng = clock, rng
        self.endpoints = endpoints
        self._recorder = recorder
        self.actor = actor or participant.row.key
        self.transport = self.transport_with(CLIENT_SYSTEM)
        self.faults = FaultSet() if faults is None else faults
        self.client: KimClient = self._client(self.account_with())
        self._wait = wait
        self.directory = self.directory_at(endpoints.address(PROXY, "ldaps"))
        self._known: frozenset[str] = frozenset()

    def directory_at(self, place: tuple[str, int]) -> CarelessDirectory:
        """Return a client of the directory that connects to `place`."""
        found, transport, clock = self.endpoints.address, self.transport, self.clock
        return CarelessDirectory(transport, place, clock).careless(
            self.faults,
            self._wait,
            clear=clear_directory(transport, found(PROXY, "ldap"), clock),
            direct=DirectoryClient(transport, found(PEER, "ldaps"), clock, via=PEER),
        )

    def block_directory(self) -> None:
        """Let the way to the directory lead to a port where nobody listens."""
        self.directory = self.directory_at(("localhost", CLOSED_PORT))

    def transport_with(self, certificate: str) -> StreamTransport:
        """Return a transport that shows this client certificate, or none for an empty name."""
        return StreamTransport(
            self._recorder,
            actor=self.actor,
            tls=self.endpoints.client_tls(certificate),
            certificate=certificate,
        )

    def log_in_with(
        self,
        *,
        password: str | None = None,
        user_id: str | None = None,
        konnektor_id: str = "",
    ) -> None:
        """Use another password, UserId or Konnektor from now on; without any, the usual ones."""
        account = self.account_with(password=password, user_id=user_id, konnektor_id=konnektor_id)
        self.client = self._client(account)

    def _client(self, account: KimAccount) -> KimClient:
        place = self.endpoints.address
        clear = replace(account, smtp=place(MODULE, "smtp"), pop3=place(MODULE, "pop3"))
        return CarelessClient(
            self.transport,
            account,
            faults=self.faults,
            elsewhere=Elsewhere(clear, self._service_account()),
        )

    def account_with(
        self,
        *,
        password: str | None = None,
        user_id: str | None = None,
        konnektor_id: str = "",
    ) -> KimAccount:
        """Return the account, with another password, UserId or Konnektor where given."""
        row = self.participant.row
        person = USER_ID if row.person else ""
        user = UserName(
            self.address,
            None,
            row.mandant,
            CLIENT_SYSTEM,
            WORKPLACE,
            person if user_id is None else user_id,
            konnektor_id,
        )
        place = self.endpoints.address
        return KimAccount.of(
            user,
            password or self.participant.password,
            smtp=place(MODULE, "smtps"),
            pop3=place(MODULE, "pop3s"),
            smtp_server=place("kim_fachdienst", "smtps"),
            pop3_server=place("kim_fachdienst", "pop3s"),
        )

    def write(
        self,
        to: Sequence[str],
        subject: str,
        text: str,
        *,
        attachments: Sequence[Attachment] = (),
        dienstkennung: Dienstkennung | None = DEFAULT,
        in_reply_to: str = "",
        cc: Sequence[str] = (),
        reply_to: str | None = None,
        further: Sequence[tuple[str, str]] = (),
    ) -> KimMail:
        """Return a mail from this member with a fresh Message-ID that tells nothing."""
        return KimMail(
            self.address,
            tuple(to),
            subject,
            text,
            f"{self._rng.uuid()}@pruefstand",
            self.clock.now(),
            dienstkennung,
            cc=tuple(cc),
            reply_to=self.address if reply_to is None else reply_to,
            in_reply_to=in_reply_to,
            attachments=tuple(attachments),
            further=tuple(further),
        )

    def send(self, mail: KimMail, *, notify: str = NOTIFY) -> SentMail:
        """Send a mail; raises KimRefusal, TransportFailure."""
        return kim_nachricht.send(self.client, mail, notify=notify)

    @contextmanager
    def sending(self) -> Iterator[Callable[[KimMail], SentMail]]:
        """Log in once and yield what sends a mail; raises KimRefusal, TransportFailure."""
        with self.client.outbox() as outbox:
            outbox.log_in()
            yield lambda mail: outbox.send(mail.to_bytes(), list(mail.recipients))

    def send_octets(self, octets: bytes, recipients: Sequence[str]) -> SentMail:
        """Send what another product might have written; raises KimRefusal, TransportFailure."""
        return kim_nachricht.send_octets(self.client, octets, recipients)

    def collect(self, *, dienstkennung: str | None = None) -> Collected:
        """Fetch what came since the last look; raises KimRefusal, TransportFailure."""
        known = self._known
        if known and FETCHES_AGAIN in self.faults:
            known = frozenset()
        found = kim_nachricht.collect(self.client, known, dienstkennung=dienstkennung)
        self._known = found.uids
        return found

    def empty(self) -> None:
        """Delete everything in the mailbox, without fetching it."""
        with self.client.mailbox() as mailbox:
            mailbox.log_in()
            for number in mailbox.uids().values():
                mailbox.delete(number)

    def forget(self) -> None:
        """Know no message any more: the next look fetches all of them again."""
        self._known = frozenset()

    def forge_large(self, receiver: KimMember) -> None:
        """Deliver a reference to the store past this member's client module, which would refuse."""
        reference = KasReference("https://kas.invalid/x", bytes(32), bytes(32), 1)
        mail = parse_mail(self.write([receiver.address], "Aufnahme", "x").to_bytes())
        inner = with_reference(mail, reference)
        holders = [
            Recipient(member.address, certificate)
            for member in (self, receiver)
            for certificate in member.participant.certificates
        ]
        signer = self.participant.osig
        if signer is None:
            raise HarnessError(f"{self.address} signs no KIM mail")
        now = self.clock.now()
        sealed = seal(inner.to_bytes(), signer=signer, recipients=holders, at=now)
        stamp = ModuleStamp("PRUEF_1.0.0-1", "1.5.5-0", "")
        outer = outer_mail(inner, sealed, stamp, at=now, days_to_live=90, kas_size=1)
        self.hand_to_service(outer.to_bytes(), receiver.address)

    def hand_to_service(self, outer: bytes, recipient: str) -> None:
        """Deliver an outer mail past this member's client module."""
        with KimClient(self.transport, self._service_account(), SERVICE).outbox() as outbox:
            outbox.log_in()
            outbox.send(outer, [recipient], notify="")

    def announce_absence(self, start: datetime, end: datetime, message: str) -> None:
        """Switch the absence note of this account on, with the card's signature."""
        with HttpTransport(
            self._recorder,
            actor=self.transport.actor,
            tls=self.endpoints.client_tls(CLIENT_SYSTEM),
        ) as transport:
            manager = AccountManagerClient(
                transport,
                self.endpoints.base_url(SERVICE),
                self.participant.card.aut,
                self.clock,
            )
            manager.set_absence(
                self.address, self.participant.password, Absence(start, end, message)
            )

    def _service_account(self) -> KimAccount:
        """Return the account as a client module uses it at the mail service."""
        return KimAccount(
            self.address,
            self.participant.password,
            self.endpoints.address(SERVICE, "smtps"),
            self.endpoints.address(SERVICE, "pop3s"),
            self.address,
            self.address,
        )

    def observe(self) -> list[FetchedMail]:
        """Return the mails as the mail service holds them, encrypted."""
        with KimClient(self.transport, self._service_account(), SERVICE).mailbox() as mailbox:
            mailbox.log_in()
            found = mailbox.fetch_new()
        for mail in found:
            self._record_opened(mail)
        return found

    def _record_opened(self, mail: FetchedMail) -> None:
        """Record envelope and content of a message this member's card opens."""
        try:
            sealed = unwrap_sealed(mail.parsed())
            message = Sealed.parse(sealed)
        except (MalformedMail, DecryptionFailure):
            return
        for key in self.participant.keys:
            with suppress(DecryptionFailure):
                self._recorder.add(
                    Layer.CMS,
                    actor=self.transport.actor,
                    peer=SERVICE,
                    operation="AuthEnvelopedData",
                    request=Message(body=sealed),
                    response=Message(body=unseal(message, key)),
                )
                return
