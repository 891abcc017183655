"""X-KIM-Dienstkennung: application, procedure and version, joined by semicolons."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = "X-KIM-Dienstkennung"


@dataclass(frozen=True, slots=True)
class Dienstkennung:
    """What a message is about."""

    application: str
    procedure: str
    version: str

    def __str__(self) -> str:
        return f"{self.application};{self.procedure};{self.version}"

    @classmethod
    def parse(cls, text: str) -> Dienstkennung:
        """Read the header's value; raises ValueError."""
        parts = [part.strip() for part in text.split(";")]
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{text!r} ist keine Dienstkennung Anwendung;Verfahren;Version")
        return cls(*parts)


DEFAULT = Dienstkennung("KIM-Mail", "Default", "V1.0")
EARZTBRIEF = Dienstkennung("Arztbrief", "VHitG-Versand", "V1.2")
EREZEPT_MESSAGE = Dienstkennung("eRezept", "Kommunikation", "V1.0")
BILLING = Dienstkennung("1ClickAbrechnung", "Lieferung", "V2.0")
BILLING_RECEIVED = Dienstkennung("1ClickAbrechnung", "Eingangsbestaetigung", "V2.0")
