"""More carelessnesses around the E-Rezept, as data.

What is trusted unseen, how a login is prepared, what documents and prints say, retries and probes.
"""

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

NOT_CANONICAL = "dokument_nicht_kanonisch"
OTHER_DOSAGE_TEXT = "dosierungstext_von_hand"
LOOSE_DOSAGE = "dosierung_ausserhalb_des_profils"
STRENGTH_WITHOUT_UNIT = "wirkstaerke_ohne_einheit"
RENAMED_PRODUCT = "praeparat_umbenannt"
NO_RESPONSIBLE = "ohne_verantwortliche_person"
WRONG_PAYER = "arbeitsunfall_zu_lasten_der_kasse"
LONG_SUPPLY = "t_rezept_reicht_zu_lange"
T_BY_PRACTICE = "t_rezept_mit_praxiskarte"
PZN_FIRST = "ausdruck_pzn_vor_dem_namen"
TIGHT_CODE = "ausdruck_code_ohne_ruhezone"

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
    Fault(NOT_CANONICAL, "signiert zuerst eine nicht kanonische Form", ("A_19559",)),
    Fault(OTHER_DOSAGE_TEXT, "schreibt den Dosierungstext zuerst von Hand", ("P36-04",)),
    Fault(
        LOOSE_DOSAGE,
        "gibt in der Dosierung mehr an, als ihr Profil erlaubt",
        ("P36-43", "P36-04"),
    ),
    Fault(STRENGTH_WITHOUT_UNIT, "lässt die Einheit der Wirkstärke weg", ("P36-41", "P36-22")),
    Fault(RENAMED_PRODUCT, "ändert den Handelsnamen aus den Stammdaten", ("P36-22", "P6-27")),
    Fault(NO_RESPONSIBLE, "lässt die verantwortliche Person weg", ("P36-34",)),
    Fault(WRONG_PAYER, "verordnet nach dem Arbeitsunfall zu Lasten der Kasse", ("P36-38",)),
    Fault(LONG_SUPPLY, "verordnet ein T-Rezept für 40 Wochen", ("A_27835",)),
    Fault(T_BY_PRACTICE, "signiert ein T-Rezept mit der Praxiskarte", ("A_27834",)),
    Fault(PZN_FIRST, "druckt die PZN vor dem Handelsnamen", ("P6-27",)),
    Fault(TIGHT_CODE, "druckt Codes fast ohne Ruhezone", ("P6-31",)),
)
AVS = (
    Fault(
        UNVERIFIED_PRESCRIPTION,
        "beliefert, ohne die Signatur der Verordnung zu prüfen",
        ("A_19294", "A_19745"),
    ),
)
