"""The deliberate misbehaviours of the mock Konnektor."""

from __future__ import annotations

from pruefstand.mockkit import Fault

OCSP_UNREACHABLE = "ocsp_nicht_erreichbar"
OCSP_MISSING = "ocsp_fehlt"
SIGNATURE_BROKEN = "signatur_defekt"
RESOURCE_BUSY = "ressource_belegt"
PIN_LOST = "pin_verloren"
COMFORT_BROKEN = "komfortsignatur_gestoert"

# The requirement catalogue holds no row that a Konnektor alone can break, so `breaks` is empty:
# these faults show how the calling system copes.
FAULTS = {
    fault.name: fault
    for fault in (
        Fault(OCSP_UNREACHABLE, "signiert ohne OCSP-Antwort und warnt mit 4261", ()),
        Fault(OCSP_MISSING, "signiert ohne die verlangte OCSP-Antwort und meldet OK", ()),
        Fault(SIGNATURE_BROKEN, "liefert eine Signatur, die nicht zum Dokument passt", ()),
        Fault(RESOURCE_BUSY, "lehnt Signaturen mit 4060 ab", ()),
        Fault(COMFORT_BROKEN, "lehnt die Steuerung der Komfortsignatur mit 4267 bis 4269 ab", ()),
        Fault(PIN_LOST, "vergisst jede PIN-Eingabe sofort", ()),
    )
}
