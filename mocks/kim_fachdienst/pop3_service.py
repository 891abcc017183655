"""Mailboxes over POP3 (RFC 1939)."""

from __future__ import annotations

from mocks.kim_fachdienst.state import Account, MailService, StoredMail
from pruefstand.mockkit.conversation import Peer
from pruefstand.mockkit.pop3 import Maildrop, Pop3Refusal, Pop3Reply

CAPABILITIES = ("TOP", "USER", "SASL PLAIN", "UIDL", "RESP-CODES")


def open_maildrop(service: MailService, _: Peer, user: str, password: str) -> Maildrop:
    """Return the maildrop of `user`; raises Pop3Refusal."""
    account = service.log_in(user, password)
    if account is None:
        raise Pop3Refusal("[AUTH] authentication failed")
    return _Maildrop(service, account)


class _Maildrop:
    """The mails as they were at login; deletions take effect at QUIT."""

    def __init__(self, service: MailService, account: Account) -> None:
        self._service, self._account = service, account
        with service.lock:
            if account.open_by is not None:
                raise Pop3Refusal("[IN-USE] maildrop already locked")
            account.open_by = self
        self._mails = service.maildrop(account)
        self._deleted: set[int] = set()

    def command(self, verb: str, arguments: tuple[str, ...]) -> Pop3Reply:
        """Answer a command; raises Pop3Refusal."""
        handler = {
            "STAT": self._stat,
            "LIST": self._list,
            "UIDL": self._uidl,
            "RETR": self._retr,
            "TOP": self._top,
            "DELE": self._dele,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }.get(verb)
        if handler is None:
            raise Pop3Refusal("unknown command")
        return handler(arguments)

    def close(self) -> None:
        """Release the maildrop."""
        with self._service.lock:
            if self._account.open_by is self:
                self._account.open_by = None

    def _kept(self) -> list[tuple[int, StoredMail]]:
        numbered = enumerate(self._mails, 1)
        return [(n, mail) for n, mail in numbered if n not in self._deleted]

    def _chosen(self, arguments: tuple[str, ...], count: int) -> tuple[int, StoredMail]:
        if len(arguments) != count or not all(a.isascii() and a.isdigit() for a in arguments):
            raise Pop3Refusal("syntax")
        number = int(arguments[0][:12])
        if not 1 <= number <= len(self._mails) or number in self._deleted:
            raise Pop3Refusal("no such message")
        return number, self._mails[number - 1]

    def _stat(self, _: tuple[str, ...]) -> Pop3Reply:
        kept = self._kept()
        return Pop3Reply(f"+OK {len(kept)} {sum(len(mail.content) for _, mail in kept)}")

    def _list(self, arguments: tuple[str, ...]) -> Pop3Reply:
        if arguments:
            number, mail = self._chosen(arguments, 1)
            return Pop3Reply(f"+OK {number} {len(mail.content)}")
        lines = "".join([f"{n} {len(mail.content)}\r\n" for n, mail in self._kept()])
        return Pop3Reply("+OK", lines.encode("ascii"))

    def _uidl(self, arguments: tuple[str, ...]) -> Pop3Reply:
        if arguments:
            number, mail = self._chosen(arguments, 1)
            return Pop3Reply(f"+OK {number} {mail.uid}")
        lines = "".join([f"{n} {mail.uid}\r\n" for n, mail in self._kept()])
        return Pop3Reply("+OK", lines.encode("ascii"))

    def _retr(self, arguments: tuple[str, ...]) -> Pop3Reply:
        _, mail = self._chosen(arguments, 1)
        return Pop3Reply(f"+OK {len(mail.content)} octets", mail.content)

    def _top(self, arguments: tuple[str, ...]) -> Pop3Reply:
        _, mail = self._chosen(arguments, 2)
        head, _, body = mail.content.partition(b"\r\n\r\n")
        lines = body.split(b"\r\n")[: int(arguments[1][:9])]
        return Pop3Reply("+OK", head + b"\r\n\r\n" + b"".join(line + b"\r\n" for line in lines))

    def _dele(self, arguments: tuple[str, ...]) -> Pop3Reply:
        number, _ = self._chosen(arguments, 1)
        self._deleted.add(number)
        return Pop3Reply("+OK")

    def _rset(self, _: tuple[str, ...]) -> Pop3Reply:
        self._deleted.clear()
        return Pop3Reply("+OK")

    def _noop(self, _: tuple[str, ...]) -> Pop3Reply:
        return Pop3Reply("+OK")

    def _quit(self, _: tuple[str, ...]) -> Pop3Reply:
        self._service.remove(
            self._account, (self._mails[number - 1].uid for number in self._deleted)
        )
        self.close()
        return Pop3Reply("+OK", close=True)
