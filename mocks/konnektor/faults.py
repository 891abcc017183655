"""The deliberate misbehaviours of the mock Konnektor."""

from __future__ import annotations

from collections.abc import Mapping

from pruefstand.mockkit import Fault
from pruefstand.mockkit.faults import FaultSet

OCSP_UNREACHABLE = "ocsp_nicht_erreichbar"
OCSP_MISSING = "ocsp_fehlt"
SIGNATURE_BROKEN = "signatur_defekt"
PIN_LOST = "pin_verloren"
REMOTE_PIN_BROKEN = "remote_pin_gestoert"
RESOURCE_BUSY = "ressource_belegt"
ALWAYS_VALID = "pruefung_immer_gueltig"
SAME_HANDLE = "handle_bleibt"
PIN_NOT_CHANGED = "pin_nicht_geaendert"
ANY_DIGEST = "hashwert_jeder_laenge"
NO_PIN_ASKED = "anmeldung_ohne_pin"
DATA_IN_UTF8 = "vsd_in_utf8"
DATA_DAMAGED = "vsd_gzip_defekt"
PROOF_WITHOUT_CODE = "nachweis_ohne_fehlercode"
HEADER_REFUSED = "kopfelement_abgelehnt"
SYNTAX_AS_INTERNAL = "syntaxfehler_als_interner_fehler"
STACK_TRACE = "fehler_mit_aufrufstapel"
MODULES_WITHOUT_TLS = "fachmodule_ohne_tls"

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
    Fault(
        OCSP_UNREACHABLE,
        "erreicht die OCSP-Responder der Karten nicht: signiert ohne Auskunft (4261), prüft nichts",
        ("A_19281-03", "P4-01", "P4-01/AK3a", "A_13532"),
    ),
    Fault(
        OCSP_MISSING,
        "signiert ohne die verlangte OCSP-Antwort und meldet OK",
        ("A_19281-03", "P4-01", "P4-01/AK3a"),
    ),
    Fault(SIGNATURE_BROKEN, "liefert eine Signatur, die nicht zum Dokument passt"),
    Fault(RESOURCE_BUSY, "lehnt Signaturen mit dem HBA mit 4060 ab"),
    Fault(ALWAYS_VALID, "nennt jede Signatur gültig", ("A_13532",)),
    Fault(SAME_HANDLE, "gibt einer neu gesteckten Karte das alte Handle", ("A_21528", "A_13524")),
    Fault(PIN_NOT_CHANGED, "meldet eine geänderte PIN als abgelehnt", ("TIP1-A_4972",)),
    Fault(ANY_DIGEST, "signiert bei der Anmeldung Hashwerte jeder Länge"),
    Fault(PIN_LOST, "vergisst jede PIN-Eingabe sofort"),
    Fault(NO_PIN_ASKED, "meldet auch ohne PIN-Eingabe an", ("A_21228-01",)),
    Fault(REMOTE_PIN_BROKEN, "erreicht das Remote-PIN-Kartenterminal nicht (4053)"),
    Fault(DATA_IN_UTF8, "liefert Versichertendaten in UTF-8", ("VSDM-A_2691", "VSDM-A_2647")),
    Fault(DATA_DAMAGED, "liefert Versichertendaten, deren Kompression abbricht"),
    Fault(PROOF_WITHOUT_CODE, "nennt im Prüfungsnachweis keinen Fehlercode", ("VSDM-A_2631",)),
    Fault(HEADER_REFUSED, "lehnt Anfragen mit einem Kopfelement ab", ("VSDM-A_2676",)),
    Fault(
        SYNTAX_AS_INTERNAL,
        "nennt einen Syntaxfehler einen internen Fehler (4001)",
        ("VSDM-A_2675", "VSDM-A_2689"),
    ),
    Fault(STACK_TRACE, "zeigt in Fehlern des Fachmoduls VSDM den Aufrufstapel", ("VSDM-A_2682",)),
    Fault(
        MODULES_WITHOUT_TLS,
        "bietet das Lesen der Versichertenkarten nur ohne TLS an",
        ("VSDM-A_2596", "VSDM-A_2608", "VSDM-A_2678"),
    ),
)

_BREAKS = {"komfortsignatur_gestoert": ("A_19135", "A_19259-02", "A_19100-01")}
"""What refusals turn red; the others are lures, which the practice system must cope with."""

FAULTS = {fault.name: fault for fault in _FURTHER} | {
    name: Fault(name, row[0], _BREAKS.get(name, ())) for name, row in REFUSALS.items()
}


def refusal(operation: str, faults: FaultSet) -> int:
    """Return the code with which a switched-on fault refuses `operation`, 0 without one."""
    for name, (_, codes) in REFUSALS.items():
        if operation in codes and name in faults:
            return codes[operation]
    return 0
