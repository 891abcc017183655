"""Select KIM traffic: mail commands, mails as sent, as the mail service holds them, as received."""

from __future__ import annotations

from pruefstand.checks.check import Exchanges
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

MODULE, SERVICE = "kim_clientmodul", "kim_fachdienst"
_NOTHING = RawMail((), b"")


def commands(exchanges: Exchanges, layer: Layer, operation: str = "") -> list[Exchange]:
    """Return the SMTP or POP3 commands with the client module, all or those of `operation`."""
    return [
        exchange
        for exchange in exchanges
        if exchange.layer is layer
        and exchange.peer == MODULE
        and (not operation or exchange.operation == operation)
    ]


def sent(exchanges: Exchanges) -> list[Exchange]:
    """Return the mails handed over to a client module."""
    return [e for e in _mails(exchanges) if e.facts.get("richtung") == "gesendet"]


def received(exchanges: Exchanges) -> list[Exchange]:
    """Return the mails a client module delivered."""
    mails = _mails(exchanges)
    return [e for e in mails if e.peer == MODULE and e.facts.get("richtung") == "empfangen"]


def observed(exchanges: Exchanges) -> list[Exchange]:
    """Return the KIM messages seen at the mail service, encrypted."""
    mails = [e for e in _mails(exchanges) if e.peer == SERVICE]
    return [e for e in mails if "pkcs7-mime" in (mail_of(e).get("Content-Type") or "")]


def mail_of(exchange: Exchange) -> RawMail:
    """Return the mail in an exchange; what is none is empty."""
    answer = exchange.response.body if exchange.response else b""
    try:
        return parse_mail(exchange.request.body or answer)
    except MalformedMail:
        return _NOTHING


def _mails(exchanges: Exchanges) -> list[Exchange]:
    return [exchange for exchange in exchanges if exchange.layer is Layer.MIME]
