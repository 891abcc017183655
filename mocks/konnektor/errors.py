"""The Konnektor's error codes as data (gemSpec_Kon, error tables of the operations)."""

from __future__ import annotations

from typing import Final

from pruefstand.soap.fault import TelematikError

_TECHNICAL, _SECURITY = "Technical", "Security"
_ERROR, _WARNING = "Error", "Warning"

TABLE: Final[dict[int, tuple[str, str, str]]] = {
    4000: (_TECHNICAL, _ERROR, "Syntaxfehler"),
    4001: (_TECHNICAL, _ERROR, "interner Fehler"),
    4003: (_TECHNICAL, _ERROR, "Keine User-ID angegeben"),
    4007: (_TECHNICAL, _ERROR, "Kartenterminal unbekannt"),
    4008: (_TECHNICAL, _ERROR, "Karte nicht als gesteckt identifiziert"),
    4013: (_SECURITY, _ERROR, "SM-B nicht dem Mandanten zugeordnet"),
    4014: (_SECURITY, _ERROR, "Arbeitsplatz und Clientsystem im Mandanten nicht verknüpft"),
    4015: (_SECURITY, _ERROR, "Kartenterminal vom Arbeitsplatz nicht erreichbar"),
    4018: (_SECURITY, _ERROR, "HBA hat eine Kartensitzung eines anderen Benutzers"),
    4021: (_TECHNICAL, _ERROR, "Es sind nicht alle Pflichtparameter gefüllt oder bekannt"),
    4022: (_SECURITY, _ERROR, "XML-Dokument nicht wohlgeformt"),
    4043: (_TECHNICAL, _WARNING, "Timeout bei der PIN-Eingabe"),
    4049: (_TECHNICAL, _ERROR, "Abbruch durch den Benutzer"),
    4058: (_SECURITY, _ERROR, "Aufruf nicht zulässig"),
    4060: (_TECHNICAL, _ERROR, "Ressource belegt"),
    4063: (_SECURITY, _ERROR, "PIN bereits gesperrt"),
    4065: (_TECHNICAL, _WARNING, "PIN ist transportgeschützt, Änderung erforderlich"),
    4072: (_TECHNICAL, _ERROR, "ungültige PIN-Referenz"),
    4085: (_SECURITY, _ERROR, "Zugriffsbedingungen nicht erfüllt"),
    4090: (_SECURITY, _ERROR, "Zugriff auf eGK nicht gestattet"),
    4097: (_TECHNICAL, _ERROR, "ungültige Kartenslot-ID"),
    4101: (_TECHNICAL, _ERROR, "Karten-Handle ungültig"),
    4110: (_TECHNICAL, _ERROR, "ungültiges Dokumentformat"),
    4111: (_TECHNICAL, _ERROR, "ungültiger Signaturtyp"),
    4118: (_TECHNICAL, _ERROR, "Stapelsignatur nur mit HBA möglich"),
    4123: (_SECURITY, _ERROR, "Fehler bei der Signaturerstellung"),
    4126: (_SECURITY, _ERROR, "Kartentyp nicht zulässig für Signatur"),
    4147: (_TECHNICAL, _ERROR, "Zertifikat nicht vorhanden"),
    4149: (_TECHNICAL, _ERROR, "ungültige Zertifikatsreferenz"),
    4204: (_SECURITY, _ERROR, "Clientsystem konnte nicht authentifiziert werden"),
    4252: (_TECHNICAL, _ERROR, "Jobnummer wurde in den letzten 1000 Aufrufen verwendet"),
    4261: (_TECHNICAL, _WARNING, "Sperrinformation konnte nicht eingebettet werden"),
    4283: (_TECHNICAL, _ERROR, "Dokument zu groß"),
}


def telematik_error(code: int, detail: str = "") -> TelematikError:
    """Return table row `code` as the error element's content."""
    error_type, severity, text = TABLE[code]
    return TelematikError(code, text, error_type, severity, detail=detail)


class KonnektorError(Exception):
    """Ends an operation with fault `code`; `faultcode` is the local name in SOAP's namespace."""

    def __init__(self, code: int, detail: str = "", *, faultcode: str = "Server") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.error = telematik_error(code, detail)
        self.faultcode = faultcode
