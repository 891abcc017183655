"""More carelessnesses around the E-Rezept: what is trusted unseen, and how a login is prepared."""

from __future__ import annotations

from pruefstand.model.fault import Fault

VAU_CERTIFICATE = "vau_zertifikat_ungeprueft"
TOKEN_CERTIFICATE = "token_zertifikat_ungeprueft"  # noqa: S105 - a fault's name
SAME_VERIFIER = "code_verifier_wiederholt"
SAME_TOKEN_KEY = "token_key_wiederholt"  # noqa: S105 - a fault's name
UNVERIFIED_PRESCRIPTION = "verordnung_ungeprueft_beliefert"

PVS = (
    Fault(
        VAU_CERTIFICATE,
        "fragt den Konnektor nicht nach dem VAU-Zertifikat",
        ("A_20764", "A_20769"),
    ),
    Fault(
        TOKEN_CERTIFICATE,
        "fragt den Konnektor nicht nach dem Zertifikat der Token",
        ("A_20675-01",),
    ),
    Fault(SAME_VERIFIER, "benutzt bei jeder Anmeldung denselben code_verifier", ("A_20659-01",)),
    Fault(SAME_TOKEN_KEY, "benutzt bei jeder Anmeldung denselben token_key", ("A_21333-01",)),
)
AVS = (
    Fault(
        UNVERIFIED_PRESCRIPTION,
        "beliefert, ohne die Signatur der Verordnung zu prüfen",
        ("A_19294", "A_19745"),
    ),
)
