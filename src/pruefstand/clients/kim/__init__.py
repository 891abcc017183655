"""KIM as a practice system speaks it: SMTP and POP3 with its client module."""

from __future__ import annotations

from pruefstand.clients.kim.account import KimAccount
from pruefstand.clients.kim.client import KimClient
from pruefstand.clients.kim.mailbox import FetchedMail, KimMailbox
from pruefstand.clients.kim.outbox import KimOutbox, SentMail
from pruefstand.clients.kim.refusal import KimRefusal

__all__ = [
    "FetchedMail",
    "KimAccount",
    "KimClient",
    "KimMailbox",
    "KimOutbox",
    "KimRefusal",
    "SentMail",
]
