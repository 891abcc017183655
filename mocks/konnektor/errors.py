"""The Konnektor's error codes as data (gemSpec_Kon, error tables of the operations)."""

from __future__ import annotations

from typing import Final

from pruefstand.soap.fault import TelematikError

_TECHNICAL, _SECURITY = "Technical", "Security"
_ERROR, _WARNING, _FATAL = "Error", "Warning", "Fatal"
VSDM = "FM_VSDM"
"""The component that reads insurance cards."""

_FIRST_OF_KONNEKTOR = 4000
"""Lower codes are those of the Fachmodul VSDM."""

TABLE: Final[dict[int, tuple[str, str, str]]] = {
    106: (_SECURITY, _ERROR, "Zertifikat der eGK ungültig"),
    107: (_SECURITY, _ERROR, "Zertifikat der eGK ungültig (ohne Onlineprüfung)"),
    113: (_TECHNICAL, _ERROR, "Leseversuch von veralteter eGK"),
    114: (_SECURITY, _ERROR, "Gesundheitsanwendung auf der eGK gesperrt"),
    3001: (_TECHNICAL, _ERROR, "VSD nicht konsistent"),
    3011: (_TECHNICAL, _ERROR, "Verarbeitung der VSD fehlgeschlagen"),
    3020: (_TECHNICAL, _ERROR, "KVK nicht lesbar"),
    3021: (_TECHNICAL, _ERROR, "Prüfsumme der KVK falsch"),
    3039: (_TECHNICAL, _ERROR, "Prüfungsnachweis nicht entschlüsselbar"),
    3040: (_TECHNICAL, _ERROR, "Kein Prüfungsnachweis auf der eGK"),
    3041: (_SECURITY, _ERROR, "SMC-B nicht freigeschaltet"),
    3042: (_SECURITY, _ERROR, "HBA nicht freigeschaltet"),
    4000: (_TECHNICAL, _ERROR, "Syntaxfehler"),
    4001: (_TECHNICAL, _ERROR, "interner Fehler"),
    4002: (_SECURITY, _FATAL, "Der Konnektor befindet sich in einem kritischen Betriebszustand"),
    4003: (_TECHNICAL, _ERROR, "Keine User-ID angegeben"),
    4007: (_TECHNICAL, _ERROR, "Kartenterminal unbekannt"),
    4008: (_TECHNICAL, _ERROR, "Karte nicht als gesteckt identifiziert"),
    4009: (_SECURITY, _ERROR, "SM-B nicht verwaltet"),
    4010: (_SECURITY, _ERROR, "Clientsystem nicht dem Mandanten zugeordnet"),
    4011: (_SECURITY, _ERROR, "Arbeitsplatz nicht dem Mandanten zugeordnet"),
    4012: (_SECURITY, _ERROR, "Kartenterminal nicht dem Mandanten zugeordnet"),
    4013: (_SECURITY, _ERROR, "SM-B nicht dem Mandanten zugeordnet"),
    4014: (_SECURITY, _ERROR, "Arbeitsplatz und Clientsystem im Mandanten nicht verknüpft"),
    4015: (_SECURITY, _ERROR, "Kartenterminal vom Arbeitsplatz nicht erreichbar"),
    4016: (_SECURITY, _ERROR, "Kartenterminal der eGK steht nicht am Arbeitsplatz"),
    4017: (_SECURITY, _ERROR, "eGK hat bereits eine Kartensitzung eines anderen Arbeitsplatzes"),
    4018: (_SECURITY, _ERROR, "HBA hat eine Kartensitzung eines anderen Benutzers"),
    4020: (_SECURITY, _ERROR, "Kartenterminal von keinem Arbeitsplatz erreichbar"),
    4021: (_TECHNICAL, _ERROR, "Es sind nicht alle Pflichtparameter gefüllt oder bekannt"),
    4022: (_SECURITY, _ERROR, "XML-Dokument nicht wohlgeformt"),
    4026: (_SECURITY, _ERROR, "Formatvalidierung fehlgeschlagen (CMS)"),
    4039: (_TECHNICAL, _ERROR, "Kartenterminal durch andere Nutzung belegt"),
    4043: (_TECHNICAL, _WARNING, "Timeout bei der PIN-Eingabe"),
    4044: (_TECHNICAL, _ERROR, "Fehler beim Zugriff auf das Kartenterminal"),
    4048: (_TECHNICAL, _ERROR, "Fehler bei der C2C-Authentisierung"),
    4049: (_TECHNICAL, _ERROR, "Abbruch durch den Benutzer"),
    4051: (_TECHNICAL, _ERROR, "falscher Kartentyp"),
    4053: (_SECURITY, _ERROR, "Remote-PIN nicht möglich"),
    4056: (_TECHNICAL, _ERROR, "Fehler bei der C2C-Authentisierung, Quellkarte"),
    4057: (_TECHNICAL, _ERROR, "Fehler bei der C2C-Authentisierung, Zielkarte"),
    4058: (_SECURITY, _ERROR, "Aufruf nicht zulässig"),
    4060: (_TECHNICAL, _ERROR, "Ressource belegt"),
    4063: (_SECURITY, _ERROR, "PIN bereits gesperrt"),
    4064: (_SECURITY, _ERROR, "PUK bereits gesperrt"),
    4065: (_TECHNICAL, _WARNING, "PIN ist transportgeschützt, Änderung erforderlich"),
    4066: (_TECHNICAL, _ERROR, "PIN-Pad nicht verfügbar"),
    4067: (_SECURITY, _ERROR, "neue PIN nicht identisch"),
    4068: (_SECURITY, _ERROR, "Länge der neuen PIN falsch"),
    4072: (_TECHNICAL, _ERROR, "ungültige PIN-Referenz"),
    4085: (_SECURITY, _ERROR, "Zugriffsbedingungen nicht erfüllt"),
    4090: (_SECURITY, _ERROR, "Zugriff auf eGK nicht gestattet"),
    4092: (_TECHNICAL, _ERROR, "Remote-PIN-Kartenterminal nicht definiert"),
    4093: (_TECHNICAL, _ERROR, "Karte wird in einer anderen Kartensitzung exklusiv verwendet"),
    4094: (_TECHNICAL, _ERROR, "Timeout beim Kartenzugriff"),
    4095: (_TECHNICAL, _ERROR, "XPath-Ausdruck fehlerhaft"),
    4097: (_TECHNICAL, _ERROR, "ungültige Kartenslot-ID"),
    4098: (_TECHNICAL, _ERROR, "Keine Karte im angegebenen Slot gefunden"),
    4099: (_TECHNICAL, _ERROR, "Keine Karte zur ICCSN gefunden"),
    4101: (_TECHNICAL, _ERROR, "Karten-Handle ungültig"),
    4102: (_TECHNICAL, _ERROR, "ungültige SubscriptionId"),
    4110: (_TECHNICAL, _ERROR, "ungültiges Dokumentformat"),
    4111: (_TECHNICAL, _ERROR, "ungültiger Signaturtyp"),
    4112: (_TECHNICAL, _ERROR, "Dokument nicht konform zu den Regeln für nonQES"),
    4115: (_SECURITY, _ERROR, "Signatur ungültig"),
    4118: (_TECHNICAL, _ERROR, "Stapelsignatur nur mit HBA möglich"),
    4120: (_SECURITY, _ERROR, "Kartenfehler"),
    4123: (_SECURITY, _ERROR, "Fehler bei der Signaturerstellung"),
    4124: (_TECHNICAL, _ERROR, "Dokument nicht konform zu den Regeln für QES"),
    4126: (_SECURITY, _ERROR, "Kartentyp nicht zulässig für Signatur"),
    4147: (_TECHNICAL, _ERROR, "Zertifikat nicht vorhanden"),
    4149: (_TECHNICAL, _ERROR, "ungültige Zertifikatsreferenz"),
    4197: (_TECHNICAL, _WARNING, "Parameter SignaturePlacement wurde ignoriert"),
    4202: (_TECHNICAL, _ERROR, "Timeout, keine Karte gesteckt"),
    4203: (_TECHNICAL, _ERROR, "Karte wurde nicht entnommen"),
    4204: (_SECURITY, _ERROR, "Clientsystem konnte nicht authentifiziert werden"),
    4209: (_TECHNICAL, _ERROR, "Kartentyp wird durch diese Operation nicht unterstützt"),
    4221: (_TECHNICAL, _ERROR, "Kartenterminal nicht aktiv"),
    4222: (_TECHNICAL, _ERROR, "Kartenterminal nicht verbunden"),
    4243: (_TECHNICAL, _ERROR, "Jobnummer unbekannt"),
    4252: (_TECHNICAL, _ERROR, "Jobnummer wurde in den letzten 1000 Aufrufen verwendet"),
    4253: (_TECHNICAL, _ERROR, "Keine Signatur im Aufruf"),
    4257: (_TECHNICAL, _WARNING, "ECC-Zertifikate nicht vorhanden auf Karte"),
    4258: (_TECHNICAL, _ERROR, "ECC-Zertifikate nicht vorhanden auf Karte"),
    4261: (_TECHNICAL, _WARNING, "Sperrinformation konnte nicht eingebettet werden"),
    4263: (_TECHNICAL, _ERROR, "Komfortsignatur ist nicht eingeschaltet"),
    4265: (_TECHNICAL, _WARNING, "Karten-Handle ungültig, Komfortsignatur nicht beendet"),
    4266: (_TECHNICAL, _WARNING, "Karte ohne Komfortsignatur-Sitzung"),
    4267: (_TECHNICAL, _ERROR, "Komfortsignatur konnte nicht eingeschaltet werden"),
    4268: (_TECHNICAL, _ERROR, "Komfortsignatur konnte nicht ausgeschaltet werden"),
    4269: (_TECHNICAL, _ERROR, "Signaturmodus konnte nicht ermittelt werden"),
    4270: (_SECURITY, _ERROR, "UserId wurde in den letzten 1000 Aktivierungen verwendet"),
    4271: (_SECURITY, _ERROR, "Grenze der Komfortsignatur erreicht"),
    4272: (_TECHNICAL, _ERROR, "UserId ist keine UUID"),
    4274: (_TECHNICAL, _ERROR, "Komfortsignatur nur mit HBA möglich"),
    4275: (_SECURITY, _ERROR, "PIN.QES jetzt gesperrt"),
    4276: (_SECURITY, _ERROR, "PIN.QES falsch"),
    4278: (_TECHNICAL, _ERROR, "keine weitere Komfortsignatur-Sitzung frei"),
    4279: (_TECHNICAL, _ERROR, "S/MIME wird nicht unterstützt"),
    4283: (_TECHNICAL, _ERROR, "Dokument zu groß"),
}


def telematik_error(code: int, detail: str = "") -> TelematikError:
    """Return table row `code` as the error element's content."""
    error_type, severity, text = TABLE[code]
    component = "Konnektor" if code >= _FIRST_OF_KONNEKTOR else VSDM
    return TelematikError(code, text, error_type, severity, component, detail)


class KonnektorError(Exception):
    """Ends an operation with fault `code`; `faultcode` is the local name in SOAP's namespace."""

    def __init__(
        self, code: int, detail: str = "", *, faultcode: str = "Server", cause: int = 0
    ) -> None:
        """Take the code that is told; `cause` is what the card itself said before."""
        super().__init__(f"{code} {detail}".strip())
        self.error = telematik_error(code, detail)
        self.cause = telematik_error(cause) if cause else None
        self.faultcode = faultcode
