"""Accounts, mailboxes and stored attachments of the mail service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from pruefstand.mockkit import MockContext
from pruefstand.testdata.kim_participants import participants

MAX_MAIL_SIZE = 734_003_200
"""Octets a KIM mail may have (I_AccountManager_Service)."""

DAYS_TO_LIVE = 90
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail in a mailbox."""

    uid: str
    content: bytes
    arrived: datetime


@dataclass(slots=True)
class Absence:
    """An out-of-office note; `told` are the senders who have read it."""

    start: datetime
    end: datetime
    message: str
    active: bool
    told: set[str] = field(default_factory=set)

    def covers(self, instant: datetime) -> bool:
        """Tell whether the note is sent at `instant`."""
        return self.active and self.start <= instant <= self.end


@dataclass(slots=True)
class Account:
    """One address with its mailbox."""

    address: str
    password: str
    telematik_id: str
    kim_version: str = "1.5+"
    reference_id: str = ""
    days_to_live: int = DAYS_TO_LIVE
    quota: int = UNLIMITED
    listed: bool = True
    """Whether the directory shows the address."""
    deregistered: datetime | None = None
    one_time_password: tuple[str, datetime] | None = None
    absence: Absence | None = None
    mails: dict[str, StoredMail] = field(default_factory=dict)
    open_by: object | None = None
    """The POP3 session that holds the maildrop."""

    @property
    def used(self) -> int:
        """Octets in the mailbox."""
        return sum(len(mail.content) for mail in self.mails.values())


@dataclass(frozen=True, slots=True)
class StoredData:
    """Encrypted mail data in the attachment store."""

    owner: str
    recipients: frozenset[str]
    expires: datetime
    content: bytes


@dataclass(slots=True)
class MailService:
    """Everything that outlives a connection; every method may be called from any thread."""

    ctx: MockContext
    accounts: dict[str, Account] = field(default_factory=dict)
    store: dict[str, StoredData] = field(default_factory=dict)
    _serial: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def from_context(cls, ctx: MockContext) -> Self:
        """Return the service with the accounts of every participant."""
        service = cls(ctx)
        for one in participants(ctx.pki):
            for address in one.addresses:
                service.accounts[address] = Account(
                    address, one.password, one.telematik_id, one.row.version
                )
        return service

    def account(self, address: str) -> Account | None:
        """Return the account of an address."""
        with self.lock:
            return self.accounts.get(address.lower())

    def log_in(self, address: str, password: str) -> Account | None:
        """Return the account when the password is right; until the end of deregistration."""
        account = self.account(address)
        if account is None or account.password != password or self.is_gone(account):
            return None
        return account

    def is_gone(self, account: Account) -> bool:
        """Tell whether the deregistration of an account has taken effect."""
        return account.deregistered is not None and account.deregistered <= self.ctx.clock.now()

    def put(self, account: Account, content: bytes) -> StoredMail:
        """Store a mail in a mailbox."""
        with self.lock:
            self._serial += 1
            mail = StoredMail(f"{self._serial:010x}", content, self.ctx.clock.now())
            account.mails[mail.uid] = mail
            return mail

    def maildrop(self, account: Account) -> list[StoredMail]:
        """Return what is in a mailbox; mails past their time to live are gone."""
        with self.lock:
            oldest = self.ctx.clock.now() - timedelta(days=account.days_to_live)
            expired = [uid for uid, mail in account.mails.items() if mail.arrived < oldest]
            for uid in expired:
                del account.mails[uid]
            return list(account.mails.values())

    def remove(self, account: Account, uids: Iterator[str]) -> None:
        """Delete mails from a mailbox."""
        with self.lock:
            for uid in uids:
                account.mails.pop(uid, None)

    @property
    def max_mail_size(self) -> int:
        """Octets of the largest mail; the profile may lower it."""
        size = self.ctx.settings.get("max_mail_size", MAX_MAIL_SIZE)
        return size if isinstance(size, int) else MAX_MAIL_SIZE
