"""KIM traffic made without a socket: a message from A to B, which a test may spoil piecewise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.smime_kim import Recipient, Sealed, seal, unseal
from pruefstand.kim.dienstkennung import EARZTBRIEF
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.kim.outer import ModuleStamp, outer_mail
from pruefstand.kim.receipt import Action, Fate, ReceiptDraft
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.http import Headers
from pruefstand.model.mail import RawMail, parse_mail

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
A, B, C = (f"{name}@x.kim.telematik-test" for name in "abc")
PKI = Pki("kim-traffic", VirtualClock(NOW))
SENDER, RECEIVER = PKI.smcb("Praxis A"), PKI.smcb("Praxis B")
STAMP = ModuleStamp("PRUEF_1.0.0-1", "1.5.5-0", "")
LETTER = KimMail(A, (B,), "Befund", "Guten Tag", "0a1b@pruefstand", NOW)


def exchange(
    layer: Layer,
    operation: str,
    *,
    peer: str = "kim_clientmodul",
    asked: str = "",
    answered: str | None = None,
    status: int | None = None,
    sent: bytes = b"",
    got: bytes = b"",
    facts: dict[str, str] | None = None,
    number: int = 1,
    parent: str | None = "tls",
) -> Exchange:
    """Return one recorded exchange."""
    answer = None if answered is None else Message(answered, body=got, status=status)
    headers: Headers = ()
    return Exchange(
        f"x{number}",
        parent,
        layer,
        Side.CLIENT,
        "praxis",
        peer,
        operation,
        NOW,
        0.0,
        Message(asked, headers, sent),
        answer,
        facts or {},
    )


def tls(version: str = "TLSv1.3", name: str = "tls") -> Exchange:
    """Return the connection that carries the others."""
    found = exchange(Layer.TLS, "TLS", facts={"version": version}, parent=None)
    return replace(found, id=name)


def smtp(operation: str, asked: str, answer: str, **facts: str) -> Exchange:
    """Return one SMTP command."""
    status = int(answer.split(" ")[0])
    return exchange(Layer.SMTP, operation, asked=asked, answered=answer, status=status, facts=facts)


def pop3(operation: str, asked: str, answer: str, content: bytes = b"") -> Exchange:
    """Return one POP3 command."""
    return exchange(Layer.POP3, operation, asked=asked, answered=answer, got=content)


def sent(mail: bytes) -> Exchange:
    """Return a mail handed over."""
    return exchange(Layer.MIME, "Nachricht", sent=mail, facts={"richtung": "gesendet"})


def received(mail: bytes, peer: str = "kim_clientmodul") -> Exchange:
    """Return a mail fetched."""
    facts = {"richtung": "empfangen"}
    return exchange(Layer.MIME, "Nachricht", peer=peer, answered="", got=mail, facts=facts)


def session(*more: Exchange) -> list[Exchange]:
    """Return a complete SMTP session with one mail."""
    return [
        tls(),
        smtp("CONNECT", "", "220 KOM-LE-Clientmodul ESMTP"),
        smtp("EHLO", "EHLO pvs", "250 KOM-LE-Clientmodul\nSIZE 1\nAUTH LOGIN PLAIN\nDSN"),
        smtp("AUTH", "AUTH PLAIN", "235 2.7.0 ok", user=f"{A}#M1#CS1#WP1"),
        smtp("MAIL", f"MAIL FROM:<{A}>", "250 ok"),
        smtp("RCPT", f"RCPT TO:<{B}> NOTIFY=SUCCESS,FAILURE", "250 ok"),
        smtp("DATA", "DATA", "250 ok"),
        sent(LETTER.to_bytes()),
        smtp("QUIT", "QUIT", "221 Bye"),
        *more,
    ]


@dataclass(frozen=True)
class Sealing:
    """A message on its way; `recipients` are those it is encrypted for."""

    letter: KimMail = LETTER
    recipients: tuple[Recipient, ...] = field(
        default=(Recipient(A, SENDER.enc.der), Recipient(B, RECEIVER.enc.der))
    )

    @property
    def sealed(self) -> bytes:
        """The envelope."""
        return seal(self.letter.to_bytes(), signer=SENDER.osig, recipients=self.recipients, at=NOW)

    def outer(self) -> RawMail:
        """Return the outer mail."""
        inner = parse_mail(self.letter.to_bytes())
        return outer_mail(inner, self.sealed, STAMP, at=NOW, days_to_live=90)

    def cms(self) -> Exchange:
        """Return envelope and content, as an observer with the receiver's card sees them."""
        sealed = self.sealed
        part = unseal(Sealed.parse(sealed), RECEIVER.enc)
        return cms_exchange(sealed, part)


def cms_exchange(sealed: bytes, part: bytes) -> Exchange:
    """Return the record of an opened envelope."""
    return exchange(Layer.CMS, "AuthEnvelopedData", sent=sealed, answered="", got=part)


def observed(outer: RawMail) -> list[Exchange]:
    """Return a mail handed over and the same one at the mail service."""
    return [sent(LETTER.to_bytes()), received(outer.to_bytes(), "kim_fachdienst")]


def receipt(about: str, action: Action, *addresses: str) -> bytes:
    """Return a notification."""
    return ReceiptDraft(
        "r@x", "mds@x", A, "s", "t", about, NOW, NOW, "x", [Fate(a, action) for a in addresses]
    ).to_bytes()


def eab(**change: object) -> bytes:
    """Return a mail with an eArztbrief."""
    parts = [
        Attachment("b.pdf", b"%PDF", "application/pdf", "eAB-PDF-signed"),
        Attachment("b.xml", b"<a/>", "application/xml", "eAB-XML"),
        Attachment("c.pdf", b"%PDF", "application/pdf", "eAB-Anhang-01"),
    ]
    good = replace(
        LETTER, attachments=parts, dienstkennung=EARZTBRIEF, text="Ein eArztbrief liegt bei."
    )
    return replace(good, **change).to_bytes()  # type: ignore[arg-type]
