"""Select KIM traffic: mail commands, mails as sent, as the mail service holds them, as received."""

from __future__ import annotations

from pruefstand.checks.check import Exchanges
from pruefstand.kim.receipt import ERROR_HEADER
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

MODULE, SERVICE = "kim_clientmodul", "kim_fachdienst"
_RESULTS = (("X-KIM-DecryptionResult", "00"), ("X-KIM-IntegrityCheckResult", "01"))
_VERSION_UNKNOWN = "4008"
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


def is_opened(mail: RawMail) -> bool:
    """Tell whether a mail as delivered shows its content: decrypted, intact, of a known version."""
    sealed = (mail.get("Content-Type") or "").lower().startswith("application/pkcs7-mime")
    good = all(value == fine for name, fine in _RESULTS for value in mail.all(name))
    return good and not sealed and mail.get(ERROR_HEADER) != _VERSION_UNKNOWN


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
