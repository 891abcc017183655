"""The deliberate misbehaviours of the mock Konnektor."""

from __future__ import annotations

from collections.abc import Mapping

from pruefstand.mockkit import Fault

OCSP_UNREACHABLE = "ocsp_nicht_erreichbar"
OCSP_MISSING = "ocsp_fehlt"
SIGNATURE_BROKEN = "signatur_defekt"
PIN_LOST = "pin_verloren"
REMOTE_PIN_BROKEN = "remote_pin_gestoert"

_PIN_ENTRY = ("VerifyPin", "ChangePin", "UnblockPin", "EnablePin", "DisablePin")
_CARD_USE = (
    *_PIN_ENTRY,
    "GetPinStatus",
    "SignDocument",
    "ExternalAuthenticate",
    "ReadCardCertificate",
    "DecryptDocument",
    "ReadVSD",
    "ReadKVK",
)
_SIGNING = ("SignDocument", "ExternalAuthenticate")

REFUSALS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "ressource_belegt": ("lehnt Signaturen mit 4060 ab", {"SignDocument": 4060}),
    "pinpad_belegt": ("lehnt PIN-Eingaben mit 4060 ab", dict.fromkeys(_PIN_ENTRY, 4060)),
    "display_belegt": (
        "lehnt das Stecken und Auswerfen von Karten mit 4039 ab",
        {"RequestCard": 4039, "EjectCard": 4039},
    ),
    "karte_exklusiv_belegt": (
        "meldet jede Karte als von einer anderen Sitzung belegt (4093)",
        dict.fromkeys(_CARD_USE, 4093),
    ),
    "karte_antwortet_nicht": ("meldet für jede Karte 4094", dict.fromkeys(_CARD_USE, 4094)),
    "kartenterminal_gestoert": (
        "meldet Fehler beim Zugriff auf das Kartenterminal (4044)",
        dict.fromkeys((*_PIN_ENTRY, "RequestCard", "EjectCard"), 4044),
    ),
    "kein_pinpad": ("meldet das Fehlen des PIN-Pads (4066)", dict.fromkeys(_PIN_ENTRY, 4066)),
    "kartenfehler": ("bricht Signaturen mit 4120 ab", dict.fromkeys(_SIGNING, 4120)),
    "interner_fehler": (
        "antwortet auf Signaturen und Prüfungen mit 4001",
        dict.fromkeys((*_SIGNING, "VerifyDocument", "VerifyCertificate"), 4001),
    ),
    "komfortsignatur_gestoert": (
        "lehnt die Steuerung der Komfortsignatur mit 4267 bis 4269 ab",
        {
            "ActivateComfortSignature": 4267,
            "DeactivateComfortSignature": 4268,
            "GetSignatureMode": 4269,
        },
    ),
}
"""Fault → its text, and the code with which it refuses an operation."""

_FURTHER = (
    (OCSP_UNREACHABLE, "signiert ohne OCSP-Antwort und warnt mit 4261"),
    (OCSP_MISSING, "signiert ohne die verlangte OCSP-Antwort und meldet OK"),
    (SIGNATURE_BROKEN, "liefert eine Signatur, die nicht zum Dokument passt"),
    (PIN_LOST, "vergisst jede PIN-Eingabe sofort"),
    (REMOTE_PIN_BROKEN, "erreicht das Remote-PIN-Kartenterminal nicht (4053)"),
)

FAULTS = {
    name: Fault(name, text, ())
    for name, text in (*_FURTHER, *((name, row[0]) for name, row in REFUSALS.items()))
}


def refusal(operation: str, active: set[str]) -> int:
    """Return the code with which a switched-on fault refuses `operation`, 0 without one."""
    for name in sorted(active & REFUSALS.keys()):
        code = REFUSALS[name][1].get(operation)
        if code is not None:
            return code
    return 0
