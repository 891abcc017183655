"""What an insurer must not do: each fault is noticed on the practice's side."""

from __future__ import annotations

from pruefstand.mockkit import Fault

WRONG_KENNUNG = "fehler_mit_falscher_dienstkennung"
WRONG_SUBJECT = "fehler_mit_falschem_betreff"
WITHOUT_REFERENCE = "fehler_ohne_bezug"
DOCUMENT_INSTEAD_OF_MAIL = "fehler_mit_dokument_statt_mail"
ANSWERS_POSITIVELY = "antwortet_positiv"
REPORTS_DUPLICATES = "meldet_dubletten"
IGNORES_REPLY_TO = "antwortet_an_from"
SENDS_READ_RECEIPT = "schickt_lesebestaetigung"
STRICT_KENNUNG = "weist_alte_dienstkennung_ab"
WANTS_FIRST_NOTE = "verlangt_erstbescheinigung"

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(WRONG_KENNUNG, "Fehlernachricht mit der Dienstkennung der eAU", ("KP5-05",)),
        Fault(WRONG_SUBJECT, "Fehlernachricht mit freiem Betreff", ("KP5-05",)),
        Fault(WITHOUT_REFERENCE, "Fehler ohne Bezug auf die Sendung", ("KP310-13", "KP310-13/AK5")),
        Fault(
            DOCUMENT_INSTEAD_OF_MAIL,
            "nennt bei KIM-Fehlern nicht die Message-ID",
            ("KP310-13/AK5",),
        ),
        Fault(ANSWERS_POSITIVELY, "bestätigt fehlerfreie eAUs", ("KP5-05/AK6",)),
        Fault(REPORTS_DUPLICATES, "meldet fehlerfreie Dubletten als Fehler", ("KP5-06",)),
        Fault(IGNORES_REPLY_TO, "antwortet an From statt an Reply-To", ("KP5-05/AK5",)),
        Fault(SENDS_READ_RECEIPT, "schickt eine Lesebestätigung", ("KP5-09",)),
        Fault(STRICT_KENNUNG, "weist alte Dienstkennungen ab", ("P5-08/AK2a",)),
        Fault(WANTS_FIRST_NOTE, "weist Folge- vor Erstbescheinigungen ab", ("KP5-05/AK6",)),
    )
}
