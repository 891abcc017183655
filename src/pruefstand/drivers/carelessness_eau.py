"""What a practice might do wrong at its desk for sick notes, as data."""

from __future__ import annotations

from pruefstand.model.fault import Fault

PROFILES = "eau_falsches_profil"
CHARSET = "eau_mit_bom"
RANDOM_ID = "eau_kennung_zufaellig"
REFERENCES = "eau_verweise_unvollstaendig"
PERSONS = "eau_personen_unvollstaendig"
TRAINEE = "eau_ohne_verantwortliche_person"
FINDINGS = "eau_befund_widerspruechlich"
STORNO_PARTS = "eau_storno_unvollstaendig"
STORNO_FOREIGN = "eau_storno_nennt_andere"

SENDS_ALL = "eau_sendet_was_zu_drucken_ist"
KEPT = "eau_bleibt_einen_tag_liegen"
POLLS_RARELY = "eau_sieht_selten_nach"
GIVES_UP = "eau_versucht_es_einmal"
KEEPS_BACKLOG = "eau_rueckstand_bleibt_liegen"
SAME_ID = "eau_kennung_wiederverwendet"
SAME_FILE = "eau_abgewiesenes_unveraendert"
SAME_MAIL = "eau_message_id_wiederverwendet"
CANCELS_UNSENT = "eau_storno_vor_versand"
CANCELS_REJECTED = "eau_storno_nach_fehler"
CANCELS_LATE = "eau_storno_nach_frist"
CALENDAR_DAYS = "eau_frist_in_kalendertagen"

UNCHECKED = "eau_ungeprueft_signiert"

EAU = (
    Fault(UNCHECKED, "signiert und versendet, was dem Profil widerspricht", ("P6-01",)),
    Fault(PROFILES, "nennt ein altes Profil", ("P310-01", "P310-14", "P5-08")),
    Fault(CHARSET, "stellt ein Byte Order Mark voran", ("P310-01/AK4", "DiMus:4.2")),
    Fault(RANDOM_ID, "vergibt zufällige Dokumenten-IDs", ("P310-14/AK7",)),
    Fault(
        REFERENCES,
        "schreibt eine lückenhafte Composition",
        ("P310-14/AK4", "P310-08", "P310-08/AK3"),
    ),
    Fault(
        PERSONS,
        "schreibt Personen, Praxis und Versicherung unvollständig",
        (
            "DiMus:P4-01",
            "DiMus:P4-02",
            "DiMus:P4-03",
            "DiMus:P4-04",
            "DiMus:P4-05",
            "P310-09/AK1b",
        ),
    ),
    Fault(TRAINEE, "lässt in Weiterbildung niemanden verantworten", ("P310-09/AK1c",)),
    Fault(
        FINDINGS,
        "schreibt Zeitraum, Diagnosen und Maßnahmen widersprüchlich",
        (
            "P310-04",
            "P310-04/AK1-PKV",
            "P310-04/AK4",
            "P310-05",
            "P310-05/AK3a",
            "P310-05/AK3d",
            "P310-06/AK3",
            "P310-07",
            "P310-07/AK3",
            "P310-08/AK3",
            "P310-14/AK5",
            "P6-01/AK2",
        ),
    ),
    Fault(STORNO_PARTS, "schreibt Stornos nach eigenem Muster", ("P310-10", "P310-12")),
    Fault(STORNO_FOREIGN, "nennt im Storno eine nie gesendete eAU", ("P310-11",)),
    Fault(SENDS_ALL, "sendet auch, was zu drucken ist", ("P6-03/AK5", "P6-03/AK6", "P6-03/AK7")),
    Fault(KEPT, "sendet erst am nächsten Tag", ("P6-03/Tagesversand",)),
    Fault(POLLS_RARELY, "sieht alle 15 Minuten nach", ("P5-04/AK1a",)),
    Fault(GIVES_UP, "versucht es nach einem KIM-Fehler nicht wieder", ("P5-04/AK15a",)),
    Fault(KEEPS_BACKLOG, "lässt nach einer Störung den Rückstand liegen", ("P6-05/AK3b",)),
    Fault(SAME_ID, "verwendet Dokumenten-IDs wieder", ("P310-14/AK8", "P310-10/AK4")),
    Fault(SAME_FILE, "sendet eine abgewiesene Datei unverändert", ("P5-04/AK14b",)),
    Fault(SAME_MAIL, "sendet erneut unter derselben Message-ID", ("P5-04/AK14c",)),
    Fault(CANCELS_UNSENT, "storniert, was nicht versendet ist", ("P6-04/AK2",)),
    Fault(CANCELS_REJECTED, "storniert, was abgewiesen wurde", ("P6-04/AK3",)),
    Fault(CANCELS_LATE, "storniert auch nach 120 Werktagen", ("P6-04/AK5",)),
    Fault(CALENDAR_DAYS, "zählt Kalendertage statt Werktage", ("P6-04/AK5",)),
)
