"""Sending: one SMTP session with the client module, every command recorded."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pruefstand.clients.kim.account import KimAccount
from pruefstand.clients.kim.refusal import smtp_refusal
from pruefstand.model.closing import Closing
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.mail import MalformedMail, parse_mail
from pruefstand.transport import TransportFailure
from pruefstand.transport.recorder import Timer
from pruefstand.transport.stream import Stream, StreamTransport

PEER = "kim_clientmodul"
NOTIFY = "SUCCESS,FAILURE"


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail the client module took; `refused` are recipients it did not take, with reply."""

    message_id: str
    reply: str
    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)


class KimOutbox(Closing):
    """One session; leave the context to end it with QUIT."""

    def __init__(
        self, transport: StreamTransport, account: KimAccount, *, peer: str = PEER
    ) -> None:
        self._transport, self._account, self._peer = transport, account, peer
        stream = transport.open(*account.smtp, peer=peer)
        try:
            self._smtp = _RecordedSmtp(transport, stream, peer)
        except (OSError, smtplib.SMTPException) as error:
            raise TransportFailure(f"{peer} antwortet nicht: {error}") from error

    def close(self) -> None:
        """End the session in order, as far as the other side still listens."""
        try:
            self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def log_in(self, mechanism: str = "PLAIN") -> None:
        """Greet and log in with the complete user name; raises KimRefusal."""
        self._smtp.ehlo("pvs")
        self._smtp.user, self._smtp.password = self._account.smtp_user, self._account.password
        answers = {"PLAIN": self._smtp.auth_plain, "LOGIN": self._smtp.auth_login}
        try:
            self._smtp.auth(mechanism, answers[mechanism])
        except smtplib.SMTPAuthenticationError as error:
            raise smtp_refusal("AUTH", error.smtp_code, _text(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise TransportFailure(f"{self._peer}: Anmeldung abgebrochen: {error}") from error

    def send(
        self,
        mail: bytes,
        recipients: Sequence[str],
        *,
        sender: str | None = None,
        notify: str = NOTIFY,
    ) -> SentMail:
        """Hand over a mail; an empty `notify` asks for no receipt. Raises KimRefusal."""
        try:
            return self._send(mail, recipients, sender or self._account.address, notify)
        except (OSError, smtplib.SMTPException) as error:
            raise TransportFailure(f"{self._peer}: Versand abgebrochen: {error}") from error

    def _send(self, mail: bytes, recipients: Sequence[str], sender: str, notify: str) -> SentMail:
        smtp = self._smtp
        options = [f"SIZE={len(mail)}", *(["RET=HDRS"] if notify else [])]
        code, text = smtp.mail(sender, options)
        if code != 250:
            smtp.rset()
            raise smtp_refusal("MAIL", code, _text(text))
        refused: dict[str, tuple[int, str]] = {}
        for address in recipients:
            code, text = smtp.rcpt(address, [f"NOTIFY={notify}"] if notify else [])
            if code not in (250, 251):
                refused[address] = code, _text(text)
        if len(refused) == len(recipients):
            smtp.rset()
            raise smtp_refusal("RCPT", *next(iter(refused.values()), (503, "no recipient")))
        code, text = smtp.transmit(mail)
        if code != 250:
            raise smtp_refusal("DATA", code, _text(text))
        return SentMail(message_id(mail), _text(text), refused)


def message_id(mail: bytes) -> str:
    """Return the Message-ID of a mail without brackets, empty when there is none."""
    try:
        return (parse_mail(mail).get("Message-ID") or "").strip("<> ")
    except MalformedMail:
        return ""


class _RecordedSmtp(smtplib.SMTP):
    """smtplib over a given connection; what it says and hears becomes exchanges."""

    def __init__(self, transport: StreamTransport, stream: Stream, peer: str) -> None:
        self._transport, self._stream, self._peer = transport, stream, peer
        self._said = ""
        self._timer = Timer()
        self._user = ""
        super().__init__(local_hostname="pvs")
        self._host = peer
        code, text = self.connect("localhost", 1)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._stream.socket

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Remember the line for the record; credentials stay out of it."""
        self._timer = Timer()
        self._said = f"{cmd.upper()} {args}".strip()
        if cmd.upper() == "AUTH":
            self._said = f"AUTH {args.split(' ')[0]}"
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply and record it with the line it answers."""
        reply = super().getreply()
        said, self._said = self._said, ""
        if said != "DATA" or reply[0] != 354:
            self._record(said, reply)
        return reply

    def transmit(self, mail: bytes) -> tuple[int, bytes]:
        """Send the mail with DATA and record it as it is, before dot-stuffing."""
        timer = Timer()
        self.putcmd("DATA")
        reply = self.getreply()
        if reply[0] != 354:
            return reply
        octets = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
        stuffed = (b"\r\n" + octets).replace(b"\r\n.", b"\r\n..")[2:]
        self.send(stuffed + b".\r\n")
        code, text = super().getreply()
        carrier = self._add("DATA", "DATA", (code, text), timer.seconds)
        self._transport.recorder.add(
            Layer.MIME,
            actor=self._transport.actor,
            peer=self._peer,
            operation="Nachricht",
            request=_mail_message(mail),
            response=None,
            duration=timer.seconds,
            parent=carrier,
            facts={"richtung": "gesendet", "status": str(code)},
        )
        return code, text

    def _record(self, said: str, reply: tuple[int, bytes]) -> None:
        operation = said.split(" ")[0] or ("AUTH" if reply[0] in (235, 334, 535) else "CONNECT")
        self._add(operation, said, reply, self._timer.seconds)

    def _add(self, operation: str, said: str, reply: tuple[int, bytes], seconds: float) -> str:
        code, text = reply
        facts = {"user": str(self.user)} if operation == "AUTH" else {}
        return self._transport.recorder.add(
            Layer.SMTP,
            actor=self._transport.actor,
            peer=self._peer,
            operation=operation,
            request=Message(said),
            response=Message(f"{code} {_text(text)}", status=code),
            duration=seconds,
            parent=self._stream.exchange_id,
            facts=facts,
        )


def _mail_message(mail: bytes) -> Message:
    try:
        parsed = parse_mail(mail)
    except MalformedMail:
        return Message(body=mail)
    return Message(headers=tuple((item.name, item.value) for item in parsed.fields), body=mail)


def _text(octets: bytes | str) -> str:
    return octets.decode("utf-8", "replace") if isinstance(octets, bytes) else octets
