"""The mail service's deliberate misbehaviour."""

from __future__ import annotations

from pruefstand.mockkit import Fault

RECEIPT_MISSING = "dsn_fehlt"
RECEIPT_OTHER_MESSAGE = "dsn_falsche_nachricht"
RECEIPT_TWICE = "dsn_doppelt"
SENDER_UNCHECKED = "absender_ungeprueft"
HEADERS_UNCHECKED = "kopfzeilen_ungeprueft"
RELAY_DOWN = "mta_nicht_bereit"
STORE_FULL = "kas_voll"
STORE_REFUSES = "kas_lehnt_ab"
STORE_THROTTLES = "kas_drosselt"
STORE_LOSES = "kas_verliert"

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(RECEIPT_MISSING, "schreibt keine Zustellbestätigung", ("KOM-LE-A_2147", "A_21390")),
        Fault(
            RECEIPT_OTHER_MESSAGE,
            "nennt in der Zustellbestätigung eine andere Nachricht",
            ("KOM-LE-A_2147", "A_21390"),
        ),
        Fault(SENDER_UNCHECKED, "nimmt jede Adresse in MAIL FROM an", ("A_23421",)),
        Fault(HEADERS_UNCHECKED, "prüft From, Sender und Reply-To nicht", ("A_23422",)),
        Fault(
            RECEIPT_TWICE,
            "schreibt jede Zustellbestätigung zweimal",
            ("KOM-LE-A_2147", "A_21390"),
        ),
        # How client module and practice system cope with these is their own requirement.
        Fault(RELAY_DOWN, "antwortet auf jede Anmeldung mit 421", ()),
        Fault(STORE_FULL, "lehnt Uploads in den Anhangspeicher mit 507 ab", ()),
        Fault(
            STORE_REFUSES,
            "lehnt Uploads in den Anhangspeicher mit 500 ab",
            ("A_19357-02", "A_23467", "KOM-LE-A_2100-02"),
        ),
        Fault(
            STORE_THROTTLES, "antwortet auf Abrufe aus dem Anhangspeicher mit 429", ("A_19357-02",)
        ),
        Fault(STORE_LOSES, "findet abgelegte Anhänge nicht mehr (404)", ("A_19357-02",)),
    )
}
