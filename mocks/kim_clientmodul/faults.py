"""The client module's deliberate misbehaviour: each breaks what a receiver or observer checks."""

from __future__ import annotations

from pruefstand.mockkit import Fault

SENDER_NOT_ENCRYPTED_FOR = "absender_ohne_schluessel"
SUBJECT_REVEALED = "betreff_offen"
VERSION_HEADER_MISSING = "version_fehlt"
ATTRIBUTES_MISSING = "empfaengerattribut_fehlt"
EXPIRES_WRONG = "ablauf_falsch"
MESSAGE_ID_CHANGED = "message_id_neu"
ADDRESSES_KEPT = "empfaenger_bleiben"
UNSIGNED = "ohne_signatur"
SIGNATURE_BROKEN = "signatur_defekt"
OUTER_FROM_CHANGED = "absender_aussen_anders"
VERSION_FOREIGN = "version_fremd"
OTHER_RECIPIENT_SIGNED = "empfaenger_anders_signiert"
RESULT_MISSING = "ergebnis_fehlt"
CODE_BLURRED = "fehlercode_pauschal"
LOGIN_BLURRED = "anmeldung_pauschal_abgewiesen"
GREETING_SHORT = "begruessung_unvollstaendig"
POP3_NO = "abruf_mit_no_abgewiesen"
BODY_SHOWN = "top_mit_rumpf"
NO_DEFAULT = "standardwert_fehlt"
HEADERS_ODD = "kopfzeilen_der_huelle_falsch"
ENVELOPE_ODD = "huelle_mit_fremden_teilen"
INTEGRITY_IGNORED = "pruefergebnis_uebergangen"
STATUS_CONTRADICTS = "statuscode_widerspricht"
SERVER_IGNORED = "server_ignoriert"
KONNEKTOR_IGNORED = "konnektorid_ignoriert"
REPLY_REWRITTEN = "antwort_umgeschrieben"
DIRECTORY_OUTDATED = "verzeichnis_veraltet"
FOREIGN_CERTIFICATE = "fremdes_zertifikat_am_fachdienst"
CERTIFICATE_DEMANDED = "clientzertifikat_verlangt"

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            SENDER_NOT_ENCRYPTED_FOR,
            "verschlüsselt nicht für den Absender",
            ("KOM-LE-A_2022", "KOM-LE-A_2111-01", "KOM-LE-A_2128"),
        ),
        Fault(SUBJECT_REVEALED, "lässt den Betreff außen stehen", ("KOM-LE-A_2102",)),
        Fault(
            VERSION_HEADER_MISSING,
            "schreibt kein X-KOM-LE-Version",
            (
                "KOM-LE-A_2045",
                "KOM-LE-A_2099",
                "KOM-LE-A_2100-02",
                "KOM-LE-A_2179-02",
                "A_23165",
                "KOM-LE-A_2046",
                "KOM-LE-A_2047-02",
                "KOM-LE-A_2048-01",
            ),
        ),
        Fault(
            ATTRIBUTES_MISSING,
            "lässt recipient-emails in der Hülle weg",
            (
                "KOM-LE-A_2179-02",
                "KOM-LE-A_2048-01",
                "KOM-LE-A_2107",
                "KOM-LE-A_2114-01",
                "KOM-LE-A_2115-02",
                "KOM-LE-A_2127",
            ),
        ),
        Fault(EXPIRES_WRONG, "rechnet Expires mit 30 Tagen", ("A_22417",)),
        Fault(
            MESSAGE_ID_CHANGED,
            "vergibt außen eine neue Message-ID",
            ("KOM-LE-A_2147", "KOM-LE-A_2101-01", "KOM-LE-A_2098-03", "A_21390"),
        ),
        Fault(
            ADDRESSES_KEPT,
            "lässt abgelehnte Empfänger in den Kopfzeilen",
            ("KOM-LE-A_2178", "A_23174", "KOM-LE-A_2028", "A_19356-06"),
        ),
        # What a manipulated message does to its receiver: the receiver must notice.
        Fault(
            UNSIGNED,
            "verschlüsselt ohne zu signieren",
            (
                "KOM-LE-A_2179-02",
                "KOM-LE-A_2095",
                "KOM-LE-A_2103",
                "KOM-LE-A_2020",
                "KOM-LE-A_2048-01",
                "KOM-LE-A_2118",
                "KOM-LE-A_2122",
                "KOM-LE-A_2123",
                "KOM-LE-A_2126",
                "KOM-LE-A_2127",
                "KOM-LE-A_2129",
            ),
        ),
        Fault(SIGNATURE_BROKEN, "signiert mit falschem Hashwert", ()),
        Fault(OUTER_FROM_CHANGED, "schreibt außen einen anderen Empfänger in To", ()),
        Fault(
            VERSION_FOREIGN,
            "nennt außen die Version 9.9",
            (
                "KOM-LE-A_2045",
                "KOM-LE-A_2100-02",
                "KOM-LE-A_2179-02",
                "A_23165",
                "KOM-LE-A_2047-02",
                "KOM-LE-A_2048-01",
            ),
        ),
        Fault(
            OTHER_RECIPIENT_SIGNED,
            "signiert andere recipient-emails, als in der Hülle stehen",
            ("KOM-LE-A_2179-02", "KOM-LE-A_2048-01", "KOM-LE-A_2127"),
        ),
        Fault(
            RESULT_MISSING,
            "schreibt beim Abruf keine Prüfergebnisse",
            ("KOM-LE-A_2179-02", "KOM-LE-A_2048-01"),
        ),
        Fault(
            STATUS_CONTRADICTS,
            "beantwortet MAIL mit einem erweiterten Statuscode anderer Klasse",
            ("KOM-LE-A_2006",),
        ),
        Fault(
            SERVER_IGNORED,
            "verbindet sich nicht mit dem Server aus dem Benutzernamen",
            ("KOM-LE-A_2010",),
        ),
        Fault(
            KONNEKTOR_IGNORED,
            "nimmt immer denselben Konnektor, was der Benutzername auch nennt",
            ("A_21457",),
        ),
        Fault(
            REPLY_REWRITTEN,
            "ersetzt den Text einer Ablehnung des Fachdienstes durch eigenen",
            ("KOM-LE-A_2018",),
        ),
        Fault(
            DIRECTORY_OUTDATED,
            "fragt das Verzeichnis zu einer Adresse nur ein einziges Mal",
            ("KOM-LE-A_2023",),
        ),
        Fault(
            FOREIGN_CERTIFICATE,
            "zeigt dem Fachdienst das Zertifikat des Praxissystems",
            ("KOM-LE-A_2074",),
        ),
        Fault(
            CERTIFICATE_DEMANDED,
            "lässt nur Praxissysteme mit Clientzertifikat senden",
            ("KOM-LE-A_2181",),
        ),
        Fault(
            CODE_BLURRED,
            "antwortet auf jeden gescheiterten Versand mit 554",
            ("KOM-LE-A_2021", "KOM-LE-A_2025", "A_19355-01", "A_22341", "A_22419-01", "A_21457"),
        ),
        Fault(
            LOGIN_BLURRED,
            "nennt jede gescheiterte Anmeldung ein falsches Passwort",
            ("A_21519-02", "KOM-LE-A_2015-01", "KOM-LE-A_2075-01"),
        ),
        Fault(
            GREETING_SHORT,
            "meldet sich ohne ESMTP und bietet nur PLAIN an",
            ("KOM-LE-A_2007", "KOM-LE-A_2009"),
        ),
        Fault(
            POP3_NO,
            "weist einen Abruf mit NO statt mit -ERR ab",
            ("A_21518-02", "KOM-LE-A_2037-01"),
        ),
        Fault(BODY_SHOWN, "gibt auf TOP auch den Rumpf heraus", ("KOM-LE-A_2041",)),
        Fault(NO_DEFAULT, "ergänzt keine Dienstkennung", ("A_19488-02",)),
        Fault(
            HEADERS_ODD,
            "nennt die Hülle enveloped-data und keine Version",
            ("KOM-LE-A_2104", "A_21388-01"),
        ),
        Fault(
            ENVELOPE_ODD,
            "legt der Hülle originatorInfo und einen Empfänger mit Passwort bei",
            ("KOM-LE-A_2106", "KOM-LE-A_2108"),
        ),
        Fault(
            INTEGRITY_IGNORED,
            "zeigt auch, was seine Prüfung nicht besteht",
            ("KOM-LE-A_2048-01", "A_23165"),
        ),
    )
}
