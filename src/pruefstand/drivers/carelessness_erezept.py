"""More carelessnesses around the E-Rezept: what is trusted unseen, and how a login is prepared."""

from __future__ import annotations

from pruefstand.model.fault import Fault

VAU_CERTIFICATE = "vau_zertifikat_ungeprueft"
TOKEN_CERTIFICATE = "token_zertifikat_ungeprueft"  # noqa: S105 - a fault's name
SAME_VERIFIER = "code_verifier_wiederholt"
SAME_TOKEN_KEY = "token_key_wiederholt"  # noqa: S105 - a fault's name
UNVERIFIED_PRESCRIPTION = "verordnung_ungeprueft_beliefert"

IMPATIENT = "wiederholt_ohne_zu_warten"
STUBBORN = "wiederholt_endgueltig_abgelehntes"
PROBES_SOON = "prueft_jede_minute"
PROBES_ELSEWHERE = "prueft_auch_andere_pfade"
PROBES_BY_REFUSAL = "prueft_mit_erwarteter_ablehnung"
PROBES_BY_TIMER = "prueft_erweitert_im_takt"
BY_NUMBER = "fachdienst_unter_ip_adresse"

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
    Fault(IMPATIENT, "wartet vor jedem Versuch gleich kurz", ("A_25460", "A_20884")),
    Fault(STUBBORN, "versucht auch endgültig Abgelehntes erneut", ("A_25460",)),
    Fault(PROBES_SOON, "prüft die Erreichbarkeit jede Minute", ("A_23214", "A_23219", "A_23217")),
    Fault(PROBES_ELSEWHERE, "prüft die Erreichbarkeit auch an anderen Pfaden", ("A_23218",)),
    Fault(
        PROBES_BY_REFUSAL,
        "prüft durch die VAU mit einem Aufruf, der abgelehnt werden muss",
        ("A_23215", "A_23216", "A_23223"),
    ),
    Fault(PROBES_BY_TIMER, "prüft bei jeder Gelegenheit auch durch die VAU", ("A_23217",)),
    Fault(BY_NUMBER, "spricht den Fachdienst unter seiner IP-Adresse an", ("A_19451-02",)),
)
AVS = (
    Fault(
        UNVERIFIED_PRESCRIPTION,
        "beliefert, ohne die Signatur der Verordnung zu prüfen",
        ("A_19294", "A_19745"),
    ),
)
