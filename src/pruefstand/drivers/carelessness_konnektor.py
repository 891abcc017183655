"""The carelessnesses of the practice at its Konnektor, as data."""

from __future__ import annotations

from pruefstand.model.fault import Fault

NO_REVOCATION_INFO = "sperrauskunft_nicht_verlangt"
COMFORT_OFF_FIRST = "komfort_vorher_ausgeschaltet"
COMFORT_OTHER_USER = "komfort_andere_userid"
SEALED_INSTEAD = "signiert_ersatzweise_mit_praxiskarte"
OTHER_CERTIFICATE = "anderes_kartenzertifikat_gelesen"
SHORT_DIGEST = "kurzer_hashwert_signiert"

FOREIGN_SYSTEM = "fremdes_clientsystem"
OTHER_WORKPLACE = "kontext_eines_anderen_arbeitsplatzes"
FOREIGN_CARD = "karte_eines_anderen_arbeitsplatzes"
PLAIN_CALL = "konnektor_erst_ohne_tls"
GUESSED_ENDPOINT = "endpunkt_geraten"
OLD_DIRECTORY = "dienstverzeichnis_nie_neu_gelesen"
OTHER_ENCODING = "soap_nicht_in_utf8"
MALFORMED = "anfrage_falsch_aufgebaut"
OLD_VERSION = "signaturdienst_in_alter_fassung"
UNSUBSCRIBED = "ereignisse_wieder_abbestellt"

JOB_REUSED = "jobnummer_wiederholt"
STACK_SPLIT = "stapel_einzeln_gesendet"
ALWAYS_CMS = "signaturart_immer_cms"
MODE_UNASKED = "signaturmodus_nicht_gefragt"
PIN_UNASKED = "pin_status_nicht_gefragt"
ALWAYS_NEW_PIN = "entsperrt_immer_mit_neuer_pin"
NEVER_NEW_PIN = "entsperrt_nie_mit_neuer_pin"
SIGNATURE_UNASKED = "signatur_ungeprueft_geglaubt"
CERTIFICATE_UNASKED = "zertifikat_ungeprueft_geglaubt"

NO_ONLINE_CHECK = "ohne_onlinepruefung_gelesen"
ALWAYS_ONLINE = "jedes_mal_online_geprueft"
NO_PROOF = "pruefungsnachweis_nicht_verlangt"
ONE_READING = "karten_nur_nacheinander_gelesen"
BROKEN_DATA = "beschaedigte_versichertendaten_hingenommen"

PIN_PAD_GIVEN_UP = "pinpad_nicht_abgewartet"
DISPLAY_GIVEN_UP = "display_nicht_abgewartet"
CARD_GIVEN_UP = "belegte_karte_nicht_abgewartet"
TERMINAL_GIVEN_UP = "kartenterminal_nicht_nachgesehen"
SILENT_CARD_GIVEN_UP = "stumme_karte_nicht_neu_gesteckt"
NO_PIN_PAD_INSISTED = "ohne_pinpad_beharrt"
REMOTE_PIN_INSISTED = "auf_remote_pin_beharrt"
BROKEN_CARD_INSISTED = "auf_kartenfehler_beharrt"
INTERNAL_ERROR_INSISTED = "auf_internem_fehler_beharrt"

_QES = ("A_19281-03", "P4-01", "P4-01/AK3a")
_COMFORT = ("A_19134", "A_19135", "A_19136")

_CONNECTION = (
    Fault(FOREIGN_SYSTEM, "fragt zuerst als fremdes Clientsystem", ("TIP1-A_4959-01",)),
    Fault(
        OTHER_WORKPLACE, "ruft überall mit dem Kontext eines Arbeitsplatzes auf", ("TIP1-A_4960",)
    ),
    Fault(
        FOREIGN_CARD, "signiert zuerst mit der Karte eines anderen Arbeitsplatzes", ("TIP1-A_4961",)
    ),
    Fault(PLAIN_CALL, "ruft zuerst ohne TLS auf", ("TIP1-A_4962", "TIP1-A_4967")),
    Fault(GUESSED_ENDPOINT, "rät den Endpunkt eines Dienstes", ("TIP1-A_4967",)),
    Fault(OLD_DIRECTORY, "liest das Dienstverzeichnis nach Ausfall nicht neu", ("TIP1-A_4967",)),
    Fault(OTHER_ENCODING, "schickt SOAP in ISO-8859-1", ("TIP1-A_4964", "VSDM-A_2658")),
    Fault(
        MALFORMED, "schickt zuerst eine falsch aufgebaute Anfrage", ("TIP1-A_4965", "VSDM-A_2703")
    ),
    Fault(OLD_VERSION, "prüft Signaturen zuerst mit der Fassung 7.4", ("TIP1-A_4966",)),
    Fault(UNSUBSCRIBED, "bestellt Ereignisse gleich wieder ab", ("TIP1-A_4969",)),
)
_CARDS = (
    Fault(NO_REVOCATION_INFO, "verlangt vom Konnektor keine Sperrauskunft in der Signatur", _QES),
    Fault(COMFORT_OFF_FIRST, "schaltet die Komfortsignatur vor jedem Einschalten aus", _COMFORT),
    Fault(
        COMFORT_OTHER_USER,
        "signiert unter einer anderen UserId als eingeschaltet",
        ("A_19259-02", "A_19100-01"),
    ),
    Fault(
        SEALED_INSTEAD,
        "signiert mit der Praxiskarte, wenn der Heilberufsausweis nicht will",
        ("P4-01", "A_19100-01", "A_21528", "A_13524"),
        "konnektor/ressource_belegt",
    ),
    Fault(OTHER_CERTIFICATE, "liest auch ein anderes Kartenzertifikat", ("A_20666-02",)),
    Fault(
        SHORT_DIGEST,
        "lässt einen Hashwert von 20 Oktetten signieren",
        ("A_20665-02", "A_20667-03"),
        "konnektor/hashwert_jeder_laenge",
    ),
    Fault(JOB_REUSED, "schickt einen Stapel unter derselben Jobnummer erneut", ("A_13525",)),
    Fault(STACK_SPLIT, "schickt einen Stapel als einzelne Aufträge", ("A_13527",)),
    Fault(
        ALWAYS_CMS,
        "verlangt für jede Dokumentart eine CMS-Signatur",
        ("A_13528", "A_13530", "A_13531"),
    ),
    Fault(MODE_UNASKED, "fragt nicht nach dem Signaturmodus", (*_COMFORT, "A_21529")),
    Fault(PIN_UNASKED, "fragt beim Heilberufsausweis nicht nach dem PIN-Status", ("A_21228-01",)),
    Fault(ALWAYS_NEW_PIN, "verlangt bei jedem Entsperren eine neue PIN", ("TIP1-A_6461",)),
    Fault(NEVER_NEW_PIN, "setzt beim Entsperren nie eine neue PIN", ("TIP1-A_6460",)),
    Fault(SIGNATURE_UNASKED, "hält jede Signatur ungeprüft für gültig", ("A_13532", "TIP1-A_4965")),
    Fault(
        CERTIFICATE_UNASKED,
        "hält Zertifikate ungeprüft für gültig",
        ("A_13535", "TIP1-A_4965", "A_20764", "A_20769", "A_20675-01"),
    ),
)
_INSURED = (
    Fault(
        NO_ONLINE_CHECK,
        "liest Karten ohne Onlineprüfung und ohne Nachweis",
        ("VSDM-A_2535", "VSDM-A_2631", "VSDM-A_2682"),
    ),
    Fault(ALWAYS_ONLINE, "prüft bei jedem Besuch online", ("VSDM-A_2535",)),
    Fault(
        NO_PROOF,
        "verlangt keinen Prüfungsnachweis",
        ("VSDM-A_2535", "VSDM-A_2873", "VSDM-A_2631", "VSDM-A_2682"),
    ),
    Fault(ONE_READING, "liest Karten nur nacheinander", ("VSDM-A_2633",)),
    Fault(
        BROKEN_DATA,
        "nimmt beschädigte Versichertendaten hin",
        ("VSDM-A_2535",),
        "konnektor/vsd_gzip_defekt",
    ),
)
_REFUSALS = (
    Fault(
        PIN_PAD_GIVEN_UP,
        "gibt auf, wenn das PIN-Pad belegt ist",
        ("A_21228-01",),
        "konnektor/pinpad_belegt",
    ),
    Fault(
        DISPLAY_GIVEN_UP,
        "gibt auf, wenn die Anzeige des Kartenterminals belegt ist",
        ("A_21528",),
        "konnektor/display_belegt",
    ),
    Fault(
        CARD_GIVEN_UP,
        "gibt auf, wenn eine andere Sitzung die Karte hält",
        ("A_13534",),
        "konnektor/karte_exklusiv_belegt",
    ),
    Fault(
        TERMINAL_GIVEN_UP,
        "sieht nach einer Störung des Kartenterminals nicht nach ihm",
        ("A_21228-01",),
        "konnektor/kartenterminal_gestoert",
    ),
    Fault(
        SILENT_CARD_GIVEN_UP,
        "lässt eine Karte, die nicht antwortet, nicht neu stecken",
        ("A_13524",),
        "konnektor/karte_antwortet_nicht",
    ),
    Fault(
        NO_PIN_PAD_INSISTED,
        "verlangt die PIN am Kartenterminal ohne PIN-Pad immer wieder",
        ("A_21228-01",),
        "konnektor/kein_pinpad",
    ),
    Fault(
        REMOTE_PIN_INSISTED,
        "verlangt die PIN an einem gestörten Remote-PIN-Kartenterminal immer wieder",
        ("A_21228-01",),
        "konnektor/remote_pin_gestoert",
    ),
    Fault(
        BROKEN_CARD_INSISTED,
        "stellt den Auftrag nach einem Kartenfehler immer wieder",
        ("A_13524",),
        "konnektor/kartenfehler",
    ),
    Fault(
        INTERNAL_ERROR_INSISTED,
        "stellt den Auftrag nach einem internen Fehler immer wieder",
        ("A_13524",),
        "konnektor/interner_fehler",
    ),
)
KONNEKTOR = (*_CONNECTION, *_CARDS, *_INSURED, *_REFUSALS)
