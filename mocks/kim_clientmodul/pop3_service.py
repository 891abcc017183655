"""POP3 for practice systems: commands go through, mails come back decrypted and verified."""

from __future__ import annotations

from mocks.kim_clientmodul import spoiling
from mocks.kim_clientmodul.receiving import Receiver
from mocks.kim_clientmodul.state import ClientModule, UnknownContext
from mocks.kim_clientmodul.upstream import Pop3Link, Unreachable
from pruefstand.kim.username import IncompleteUserName, UserName, parse_pop3
from pruefstand.mockkit.conversation import Peer
from pruefstand.mockkit.pop3 import Maildrop, Pop3Refusal, Pop3Reply

GREETING = "KOM-LE Clientmodul POP3"
CAPABILITIES = ("TOP", "USER", "SASL PLAIN", "UIDL")

_RELAYED = frozenset({"STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "NOOP", "QUIT"})


def check_user(module: ClientModule, user: str) -> UserName:
    """Return the parts of a user name; raises Pop3Refusal for an incomplete one (A_21518-02)."""
    try:
        name = parse_pop3(user)
        module.check_context(name)
    except IncompleteUserName as problem:
        raise Pop3Refusal(f"user name is incomplete: {problem}") from problem
    except UnknownContext as problem:
        raise Pop3Refusal(f"Konnektor knows no such context ({problem})") from problem
    return name


def open_maildrop(module: ClientModule, peer: Peer, user: str, password: str) -> Maildrop:
    """Log in at the mail service; raises Pop3Refusal."""
    if not (peer.tls or module.behaviour.same_host):
        raise Pop3Refusal("TLS required")
    name = check_user(module, user)
    if "\r" in password or "\n" in password:
        raise Pop3Refusal("syntax")
    try:
        link = Pop3Link(module, name)
        for command in (f"USER {name.address}", f"PASS {password}"):
            line = link.ask(command)
            if not line.startswith("+OK"):
                link.close()
                raise Pop3Refusal(line.removeprefix("-ERR").strip() or "authentication failed")
    except TimeoutError as problem:
        raise Pop3Refusal("timeout") from problem
    except (Unreachable, OSError) as problem:
        raise Pop3Refusal("mail service not reached") from problem
    return _Relay(link, Receiver(module, name))


class _Relay:
    """An open maildrop at the mail service."""

    def __init__(self, link: Pop3Link, receiver: Receiver) -> None:
        self._link, self._receiver = link, receiver

    def command(self, verb: str, arguments: tuple[str, ...]) -> Pop3Reply:
        """Relay a command; raises Pop3Refusal."""
        if verb not in _RELAYED:
            raise Pop3Refusal("unknown command")
        if verb == "TOP" and len(arguments) == 2:
            arguments = (arguments[0], spoiling.top_lines(self._receiver.module))
        try:
            line = self._link.ask(" ".join((verb, *arguments)))
            return self._reply(verb, arguments, line)
        except TimeoutError as problem:
            raise Pop3Refusal("timeout") from problem
        except (Unreachable, OSError) as problem:
            raise Pop3Refusal("mail service not reached") from problem

    def close(self) -> None:
        """Drop the connection to the mail service."""
        self._link.close()

    def _reply(self, verb: str, arguments: tuple[str, ...], line: str) -> Pop3Reply:
        if verb == "QUIT":
            return Pop3Reply(line, close=True)
        several = verb in ("RETR", "TOP") or (verb in ("LIST", "UIDL") and not arguments)
        if not several or not line.startswith("+OK"):
            return Pop3Reply(line)
        content = self._link.content()
        if verb != "RETR":
            return Pop3Reply(line, content)
        mail = self._receiver.transform(content)
        return Pop3Reply(f"+OK {len(mail)} octets", mail)
