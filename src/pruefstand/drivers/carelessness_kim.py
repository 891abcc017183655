"""What a practice might do wrong with KIM, the directory and sick notes, as data."""

from __future__ import annotations

from pruefstand.model.fault import Fault

NOTHING_NAMED = "kim_ohne_produkt_und_support"
HTML = "kim_nachricht_in_html"
OTHER_KENNUNG = "kim_andere_dienstkennung"
RAW_NAMES = "kim_anhangsname_unkodiert"
TELLING_ID = "kim_message_id_verraet"
RECEIPT_ALWAYS = "kim_zustellbestaetigung_immer"
IN_CLEAR = "kim_erst_unverschluesselt"
PAST_MODULE = "kim_am_clientmodul_vorbei"
SHORT_NAME = "kim_benutzername_unvollstaendig"
NO_QUIT = "kim_ohne_quit"
FETCHES_AGAIN = "kim_alles_erneut_geholt"
NO_USER_ID = "kim_ohne_userid"
NO_STAR = "kim_benutzername_ohne_stern"

LETTER_KENNUNG = "earztbrief_alte_dienstkennung"
LETTER_PARTS = "earztbrief_anhang_unbeschrieben"
LETTER_TEXT = "earztbrief_text_medizinisch"
LETTER_NO_ARCHIVE = "earztbrief_kein_pdfa"
LETTER_NO_PEOPLE = "earztbrief_pdf_ohne_angaben"
LETTER_OTHER_PATIENT = "earztbrief_xml_anderer_patient"
LETTER_NO_CDA = "earztbrief_xml_kein_cda"
LETTER_BARE_HEADER = "earztbrief_kopf_unvollstaendig"
LETTER_OTHER_OID = "earztbrief_fremde_oid"
LETTER_UNSIGNED = "earztbrief_unsigniert"
LETTER_XML_TWICE = "earztbrief_zwei_xml"
LETTER_HALF_RECEIPT = "earztbrief_lesebestaetigung_halb"

LDAP_IN_CLEAR = "vzd_erst_unverschluesselt"
MODIFIES = "vzd_will_aendern"
CONNECTIONS = "vzd_verbindungen_bleiben_offen"
NO_CACHE = "vzd_fragt_jedes_mal"
OLD_CACHE = "vzd_fragt_nie_wieder"
PAST_PROXY = "vzd_am_konnektor_vorbei"
IMPATIENT = "vzd_ohne_wartezeit"
READS_ALL = "vzd_wird_ausgelesen"
ANY_ENTRY = "vzd_kasse_ohne_entrytype"
SEARCHES_ALL = "vzd_fhir_ungezielt"
FOLLOWS_EACH = "vzd_fhir_folgeabfragen"

NOTE_SUBJECT = "eau_freier_betreff"
NOTE_KENNUNG = "eau_alte_dienstkennung"
NOTE_TWICE = "eau_zwei_anhaenge"
NOTE_PART = "eau_anhang_unbeschrieben"
NOTE_COPY = "eau_mit_kopie"
NOTE_REPLY = "eau_zwei_antwortadressen"
NOTE_NAME = "eau_dateiname_fremd"
NOTE_ENDING = "eau_datei_nicht_p7s"
NOTE_UNSIGNED = "eau_ohne_signatur"
NOTE_ABROAD = "eau_testdatei_in_den_betrieb"
NOTE_NO_RECEIPT = "eau_ohne_zustellbestaetigung"

_NOTE, _STORNO = "P5-02", "P5-03"
KIM = (
    Fault(NOTHING_NAMED, "nennt weder Produkt noch Support", ("KIM-PS-12", "KIM-PS-13")),
    Fault(HTML, "schreibt in HTML", ("KIM-PS-22",)),
    Fault(OTHER_KENNUNG, "sendet unter einer anderen Dienstkennung", ("KIM-PS-07",)),
    Fault(RAW_NAMES, "schreibt Umlaute unkodiert in Anhangsnamen", ("KIM-PS-06",)),
    Fault(TELLING_ID, "nennt in der Message-ID seinen Rechner", ("KIM-PS-05",)),
    Fault(RECEIPT_ALWAYS, "verlangt immer eine Zustellbestätigung", ("KIM-PS-14",)),
    Fault(IN_CLEAR, "versucht es zuerst ohne TLS", ("KOM-LE-A_2066", "KOM-LE-A_2067")),
    Fault(PAST_MODULE, "wendet sich unmittelbar an den Fachdienst", ("KIM-PS-08",)),
    Fault(SHORT_NAME, "meldet sich zuerst ohne Arbeitsplatz an", ("KIM-PS-09",)),
    Fault(NO_QUIT, "trennt die Verbindung ohne QUIT", ("KIM-PS-11",)),
    Fault(FETCHES_AGAIN, "holt bekannte Nachrichten erneut", ("KIM-PS-18",)),
    Fault(NO_USER_ID, "nennt beim Abruf keine UserId", ("KIM-PS-19",)),
    Fault(NO_STAR, "lässt übersprungene Teile des Benutzernamens weg", ("KIM-PS-10",)),
    Fault(LETTER_KENNUNG, "sendet eArztbriefe unter alter Dienstkennung", ("P43-03/AK2",)),
    Fault(
        LETTER_PARTS,
        "beschreibt einen Anhang des eArztbriefs frei",
        ("P43-03/AK4", "P41-03/Anhang"),
    ),
    Fault(LETTER_TEXT, "schreibt Diagnosen in den Text der Mail", ("P43-03/AK5",)),
    Fault(
        LETTER_NO_ARCHIVE,
        "schreibt eArztbriefe als gewöhnliches PDF",
        ("P41-01", "P41-03", "P43-01"),
    ),
    Fault(LETTER_NO_PEOPLE, "nennt im PDF weder Patient noch Absender", ("P41-01", "P41-03")),
    Fault(LETTER_OTHER_PATIENT, "legt das XML eines anderen bei", ("P41-01", "P41-03")),
    Fault(LETTER_NO_CDA, "legt ein XML bei, das kein CDA ist", ("P41-02",)),
    Fault(LETTER_BARE_HEADER, "nennt im XML weder PLZ noch Versichertenart", ("P41-02/AK3",)),
    Fault(LETTER_OTHER_OID, "nennt Nummern im XML unter eigener OID", ("P41-02/AK4",)),
    Fault(LETTER_UNSIGNED, "sendet eArztbriefe unsigniert", ("P41-03", "P43-01")),
    Fault(
        LETTER_XML_TWICE,
        "hängt das XML zweimal an",
        ("P41-03", "P43-03/AK4", "P41-03/Anhang"),
    ),
    Fault(LETTER_HALF_RECEIPT, "will Lesebestätigungen ohne Return-Path", ("P43-03/AK3",)),
    Fault(LDAP_IN_CLEAR, "fragt zuerst ohne TLS", ("VZD-PS-02", "A_21223-01")),
    Fault(MODIFIES, "will im Verzeichnis ändern", ("VZD-PS-03",)),
    Fault(
        CONNECTIONS,
        "öffnet Verbindungen auf Vorrat und schließt sie spät",
        ("A_27744", "A_27744/parallel", "A_27744/Schluss"),
    ),
    Fault(NO_CACHE, "fragt jedes Mal neu", ("A_27744/Leerabfrage", "A_27751", "A_27753")),
    Fault(OLD_CACHE, "verwendet Antworten auch nach Tagen noch", ("A_27753", "KIM-PS-04")),
    Fault(PAST_PROXY, "fragt das Verzeichnis am Konnektor vorbei", ("VZD-PS-01",)),
    Fault(IMPATIENT, "versucht nach Fehlschlägen sofort wieder", ("A_27744/Wartezeit",)),
    Fault(READS_ALL, "liest das Verzeichnis nach Anfangsbuchstaben aus", ("A_27752",)),
    Fault(
        ANY_ENTRY,
        "sucht Krankenkassen ohne entryType",
        (f"{_NOTE}/AK4a", f"{_NOTE}/AK4b", f"{_STORNO}/AK4"),
    ),
    Fault(SEARCHES_ALL, "sucht zuerst nach allen Einrichtungen (FHIR)", ("A_27754",)),
    Fault(FOLLOWS_EACH, "fragt jeden FHIR-Verweis einzeln ab", ("A_27754",)),
    Fault(
        NOTE_SUBJECT,
        "schreibt eAUs mit freiem Betreff",
        (_NOTE, f"{_NOTE}/AK1a", _STORNO, f"{_STORNO}/AK1a"),
    ),
    Fault(
        NOTE_KENNUNG,
        "sendet eAUs unter alter Dienstkennung",
        (_NOTE, f"{_NOTE}/AK1b", _STORNO, f"{_STORNO}/AK1b"),
    ),
    Fault(
        NOTE_TWICE,
        "hängt zwei Dateien an",
        (_NOTE, f"{_NOTE}/AK2a", _STORNO, f"{_STORNO}/AK2"),
    ),
    Fault(
        NOTE_PART,
        "beschreibt den Anhang frei",
        (_NOTE, f"{_NOTE}/AK2b", _STORNO, f"{_STORNO}/AK2"),
    ),
    Fault(
        NOTE_COPY,
        "nimmt sich selbst in Cc",
        (_NOTE, f"{_NOTE}/AK3a", _STORNO, f"{_STORNO}/AK3"),
    ),
    Fault(
        NOTE_REPLY,
        "nennt zwei Adressen für Antworten",
        (_NOTE, f"{_NOTE}/AK3b", _STORNO, f"{_STORNO}/AK3"),
    ),
    Fault(
        NOTE_NAME,
        "benennt Datei und Mail nach einem anderen Dokument",
        ("P310-14/AK2", "P310-10/AK3"),
    ),
    Fault(NOTE_ENDING, "lässt den Dateinamen auf p7m enden", ("P4-01/AK4a",)),
    Fault(NOTE_UNSIGNED, "hängt das Dokument unsigniert an", ("P4-01", "P4-01/AK3a", "P4-01/AK4")),
    Fault(NOTE_ABROAD, "sendet Testdateien auch in den Betrieb", ("P310-14/AK2-T",)),
    Fault(NOTE_NO_RECEIPT, "verlangt für eAUs keine Zustellbestätigung", ("P5-07/AK1",)),
)
