"""Faults of the Konnektor, each with the next step for a person in the practice."""

from __future__ import annotations

from pruefstand.errors import ServiceRefusal
from pruefstand.soap.fault import SoapFault, TelematikError

HINTS: dict[int, str] = {
    106: "Karte gilt nicht als Versicherungsnachweis; Versicherte an die Krankenkasse verweisen.",
    107: "Karte gilt nicht als Versicherungsnachweis; Versicherte an die Krankenkasse verweisen.",
    113: "Die Karte ist veraltet und gilt nicht; Versicherte an die Krankenkasse verweisen.",
    114: "Die Karte ist gesperrt und gilt nicht; Versicherte an die Krankenkasse verweisen.",
    3001: "Karte noch einmal online prüfen; bleibt der Fehler, an die Krankenkasse verweisen.",
    3011: "Einlesen wiederholen; bleibt der Fehler, Ersatzverfahren anwenden.",
    3020: "KVK neu stecken und reinigen; bleibt sie unlesbar, Ersatzverfahren anwenden.",
    3021: "Daten der KVK nicht übernehmen; Ersatzverfahren anwenden.",
    3039: "Mit PerformOnlineCheck=true lesen; der alte Nachweis ist der einer anderen Praxis.",
    3040: "Mit PerformOnlineCheck=true lesen; die Karte trägt noch keinen Prüfungsnachweis.",
    3041: "PIN.SMC der SMC-B mit VerifyPin freischalten und die eGK erneut lesen.",
    3042: "PIN.CH des HBA mit VerifyPin freischalten und die eGK erneut lesen.",
    4000: "Anfrage mit dem Schema des Dienstes vergleichen; oft fehlt ein Element oder die Folge.",
    4001: "Protokoll des Konnektors lesen; hilft das nicht, den Konnektor neu starten.",
    4002: "Betriebszustand in der Oberfläche des Konnektors prüfen, Hersteller ansprechen.",
    4003: "Im Kontext eine UserId angeben; Aufrufe an den HBA brauchen sie.",
    4007: "Kennung des Kartenterminals mit GetCardTerminals prüfen.",
    4008: "Karte stecken und das neue Handle mit GetCards lesen.",
    4009: "SMC-B im Infomodell des Konnektors als verwaltete Karte eintragen.",
    4010: "Im Infomodell das Clientsystem dem Mandanten zuordnen.",
    4011: "Im Infomodell den Arbeitsplatz dem Mandanten zuordnen.",
    4012: "Im Infomodell das Kartenterminal dem Mandanten zuordnen.",
    4013: "SMC-B im Infomodell des Konnektors dem Mandanten zuordnen.",
    4014: "Im Infomodell Clientsystem und Arbeitsplatz des Mandanten verknüpfen.",
    4015: "Im Infomodell das Kartenterminal dem Arbeitsplatz zuordnen.",
    4016: "eGK in ein Kartenterminal stecken, das am eigenen Arbeitsplatz steht.",
    4017: "eGK ziehen und am eigenen Arbeitsplatz neu stecken.",
    4018: "Dieselbe UserId wie bei der PIN-Eingabe verwenden oder den HBA neu stecken.",
    4020: "Im Infomodell das Kartenterminal einem Arbeitsplatz des Clientsystems zuordnen.",
    4021: "MandantId, ClientSystemId und WorkplaceId mit dem Infomodell vergleichen.",
    4022: "XML des Dokuments auf Wohlgeformtheit prüfen.",
    4026: "Verschlüsselte Nachricht unverändert übergeben; sonst beim Absender neu anfordern.",
    4039: "Kurz warten und wiederholen; das Kartenterminal zeigt gerade etwas anderes an.",
    4043: "PIN-Eingabe wiederholen und am Kartenterminal innerhalb der Frist bestätigen.",
    4044: "Verbindung und Strom des Kartenterminals prüfen, dann die Karten neu lesen.",
    4048: "Beide Karten neu stecken und wiederholen.",
    4049: "Vorgang erneut starten; die PIN-Eingabe wurde am Kartenterminal abgebrochen.",
    4051: "Die Karte im Slot ist von anderer Art; richtige Karte stecken.",
    4053: "Remote-PIN-Kartenterminal des Arbeitsplatzes und seine Verbindung prüfen.",
    4056: "SMC-B oder HBA neu stecken und freischalten; sonst die Karte tauschen.",
    4057: "eGK neu stecken; bleibt der Fehler, Ersatzverfahren anwenden.",
    4058: "Karte und Operation passen nicht zusammen: Handle und Kartentyp prüfen.",
    4060: "Kurz warten und wiederholen; Karte oder Kartenterminal sind beschäftigt.",
    4063: "PIN mit der PUK entsperren.",
    4064: "Die PUK ist verbraucht; beim Herausgeber eine neue Karte bestellen.",
    4065: "Transport-PIN der Karte durch eine eigene PIN ersetzen.",
    4066: "Kartenterminal mit PIN-Pad verwenden.",
    4067: "Neue PIN zweimal gleich eingeben.",
    4068: "Neue PIN mit 6 bis 8 Ziffern wählen.",
    4072: "PIN-Art der Karte wählen: PIN.SMC für SMC-B, PIN.CH und PIN.QES für HBA.",
    4085: "PIN der Karte mit VerifyPin freischalten: PIN.SMC für SMC-B, PIN.CH für HBA.",
    4090: "Mit dem Handle einer SMC-B oder eines HBA aufrufen, nicht mit dem der eGK.",
    4092: "Im Infomodell ein Remote-PIN-Kartenterminal für den Arbeitsplatz festlegen.",
    4093: "Kurz warten und wiederholen; eine andere Kartensitzung hält die Karte.",
    4094: "Karte neu stecken; antwortet sie weiter nicht, die Karte tauschen.",
    4095: "XPath-Ausdruck im Filter der Anmeldung berichtigen.",
    4097: "Slots des Kartenterminals mit GetCardTerminals lesen.",
    4098: "Karte in den Slot stecken.",
    4099: "Karte stecken; die ICCSN mit GetCards vergleichen.",
    4101: "Karten neu mit GetCards lesen; die Karte wurde gezogen oder neu gesteckt.",
    4102: "Für Ereignisse neu anmelden (Subscribe); die alte Anmeldung ist abgelaufen.",
    4110: "MimeType prüfen: für E-Rezepte text/plain; charset=utf-8.",
    4111: "SignatureType urn:ietf:rfc:5652 mit IncludeEContent=true anfordern.",
    4112: "Dokument in der Form übergeben, die sein MimeType verspricht.",
    4115: "Signatur unverändert übergeben: CMS in DER, base64 in dss:Base64Signature.",
    4118: "Mit der SMC-B nur ein Dokument je Aufruf signieren.",
    4120: "Karte neu stecken, Handle mit GetCards lesen und den Auftrag neu stellen.",
    4123: "Zertifikat des HBA auf Sperrung und Ablauf prüfen und Crypt=ECC anfordern.",
    4124: "Dokument in der Form übergeben, die sein MimeType verspricht: PDF/A, TIFF oder UTF-8.",
    4126: "Mit HBA (QES) oder SMC-B signieren; die eGK ist nicht zulässig.",
    4147: "Crypt=ECC anfordern; die Karte hat kein Zertifikat der verlangten Art.",
    4149: "C.AUT, C.ENC, C.SIG (SMC-B) oder C.QES (HBA) anfordern.",
    4197: "SignaturePlacement weglassen; für diese Signaturart wird es nicht benutzt.",
    4202: "Karte stecken und die Anforderung wiederholen.",
    4203: "Karte aus dem Kartenterminal nehmen.",
    4204: "TLS-Clientzertifikat im Konnektor dem Clientsystem des Kontexts zuordnen.",
    4209: "Nur MRPINs einer eGK lassen sich ein- und ausschalten.",
    4221: "Kartenterminal in der Oberfläche des Konnektors aktivieren.",
    4222: "Netz und Strom des Kartenterminals prüfen; danach die Karten neu lesen.",
    4243: "Die Signatur ist schon fertig oder die Jobnummer stammt von einem anderen Konnektor.",
    4252: "Mit GetJobNumber eine neue Jobnummer holen.",
    4253: "Signatur in dss:SignatureObject mitgeben.",
    4257: "Karte gegen eine der Generation 2.1 tauschen; sie hat keine ECC-Zertifikate.",
    4258: "Crypt=RSA_ECC anfordern oder die Karte gegen eine mit ECC-Schlüsseln tauschen.",
    4261: "TI nicht erreichbar; die Sperrauskunft später mit VerifyDocument ergänzen.",
    4263: "Komfortsignatur in der Oberfläche des Konnektors einschalten.",
    4265: "Karten mit GetCards lesen; mit dem Ziehen endet die Komfortsignatur von selbst.",
    4266: "Nichts zu tun: für diese Karte war keine Komfortsignatur eingeschaltet.",
    4267: "Protokoll des Konnektors lesen und die Aktivierung mit neuer UserId wiederholen.",
    4268: "Karte ziehen und neu stecken; das beendet die Komfortsignatur sicher.",
    4269: "Kurz warten und wiederholen; sonst Protokoll des Konnektors lesen.",
    4270: "Je Aktivierung der Komfortsignatur eine neue UserId (UUID) erzeugen.",
    4271: "Komfortsignatur mit neuer UserId wieder aktivieren.",
    4272: "Als UserId eine UUID nach RFC 4122 verwenden.",
    4274: "Komfortsignatur mit dem Handle eines HBA aktivieren.",
    4275: "PIN.QES des HBA mit der PUK entsperren.",
    4276: "Aktivierung mit neuer UserId wiederholen und die PIN.QES richtig eingeben.",
    4278: "Eine andere Komfortsignatur-Sitzung des HBA beenden.",
    4279: "Statt S/MIME die CMS-Signatur urn:ietf:rfc:5652 anfordern.",
    4283: "Dokument verkleinern; die Grenze liegt bei 25 MB.",
}

_ANY = "Fehlercode im Handbuch des Konnektors nachschlagen."


class KonnektorFault(ServiceRefusal):
    """A SOAP fault; `code` is the gematik number, 0 when the fault carries none."""

    def __init__(self, operation: str, fault: SoapFault, *, status: int) -> None:
        error = fault.error or TelematikError(0, fault.faultstring)
        detail = f" ({error.detail})" if error.detail else ""
        super().__init__(
            f"Konnektor lehnt {operation} ab: {error.code} {error.text}{detail}",
            status=status,
            text=error.text,
            hint=HINTS.get(error.code, _ANY),
        )
        self.operation = operation
        self.code = error.code
        self.error = error
        self.faultcode = fault.faultcode
