"""What a client module refuses, with the words a practice system must show."""

from __future__ import annotations

from pruefstand.errors import ServiceRefusal

NOTHING_SENT = (
    "Die Nachricht konnte nicht gesendet werden, weil für keinen Empfänger gültige"
    " Verschlüsselungszertifikate ermittelt werden konnten."
)
"""The fixed text for 451 (KIM guide for practice systems)."""


class KimRefusal(ServiceRefusal):
    """SMTP: `status` is the reply code. POP3: `status` is 0, `text` the words after -ERR."""


def smtp_refusal(operation: str, code: int, text: str) -> KimRefusal:
    """Return the refusal of an SMTP command."""
    shown = NOTHING_SENT if code == 451 and operation == "DATA" else f"{operation}: {code} {text}"
    return KimRefusal(shown, status=code, text=text, hint="Empfänger und Karten prüfen")


def pop3_refusal(operation: str, text: str) -> KimRefusal:
    """Return the refusal of a POP3 command."""
    return KimRefusal(f"{operation}: -ERR {text}", status=0, text=text)
