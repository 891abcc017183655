"""The deliberate misbehaviours of the mock Konnektor."""

from __future__ import annotations

from pruefstand.mockkit import Fault

OCSP_UNREACHABLE = "ocsp_nicht_erreichbar"
OCSP_MISSING = "ocsp_fehlt"
SIGNATURE_BROKEN = "signatur_defekt"
RESOURCE_BUSY = "ressource_belegt"
PIN_LOST = "pin_verloren"
COMFORT_BROKEN = "komfortsignatur_gestoert"
ALWAYS_VALID = "pruefung_immer_gueltig"
SAME_HANDLE = "handle_bleibt"
PIN_NOT_CHANGED = "pin_nicht_geaendert"
NO_PIN_ASKED = "anmeldung_ohne_pin"

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            OCSP_UNREACHABLE,
            "erreicht keinen OCSP-Responder: signiert ohne Auskunft (4261), prüft nichts",
            ("A_19281-03", "P4-01", "A_13532"),
        ),
        Fault(
            OCSP_MISSING,
            "signiert ohne die verlangte OCSP-Antwort und meldet OK",
            ("A_19281-03", "P4-01"),
        ),
        Fault(SIGNATURE_BROKEN, "liefert eine Signatur, die nicht zum Dokument passt"),
        Fault(RESOURCE_BUSY, "lehnt Signaturen mit dem HBA mit 4060 ab"),
        Fault(
            COMFORT_BROKEN,
            "lehnt die Steuerung der Komfortsignatur mit 4267 bis 4269 ab",
            ("A_19135", "A_19259-02", "A_19100-01"),
        ),
        Fault(ALWAYS_VALID, "nennt jede Signatur gültig", ("A_13532",)),
        Fault(SAME_HANDLE, "gibt einer neu gesteckten Karte das alte Handle", ("A_21528",)),
        Fault(PIN_NOT_CHANGED, "meldet eine geänderte PIN als abgelehnt", ("TIP1-A_4972",)),
        Fault(PIN_LOST, "vergisst jede PIN-Eingabe sofort"),
        Fault(NO_PIN_ASKED, "meldet auch ohne PIN-Eingabe an", ("A_21228-01",)),
    )
}
