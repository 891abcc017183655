"""Deliberate misbehaviours of the Fachdienst; each names the requirement ids it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pruefstand.mockkit.faults import Fault

SHORT_ACCESS_CODE = "accesscode_kurz"
CREATED_READY = "create_ready"
STAYS_DRAFT = "activate_bleibt_draft"
BAD_CHECK_NUMBER = "rezept_id_pruefziffer"
UNCHECKED_SIGNATURE = "signatur_ungeprueft"
NO_NUMBER_WARNING = "arztnummer_ohne_warnung"
LATE_DEADLINES = "fristen_einen_tag_spaeter"
SPOILED_DOCUMENT = "accept_verfaelscht"
FOREIGN_DIGEST = "quittung_fremder_hashwert"
WRONG_TOTAL = "treffer_falsch_gezaehlt"
WRONG_STATUS = "dispense_antwortet_200"
VAU_ROLE = "vau_zertifikat_falsche_rolle"
VAU_ERROR = "vau_fehler_500"
OWN_TASK_UNNAMED = "accept_verschweigt_eigenen_task"
FILLED_LIST = "zertifikatsliste_mit_inhalt"

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            Fault(SHORT_ACCESS_CODE, "Der AccessCode hat nur 128 Bit.", ("A_19021-02",)),
            Fault(CREATED_READY, "Ein neuer Task meldet den Zustand ready.", ("A_19114",)),
            Fault(
                STAYS_DRAFT,
                "Die Antwort auf $activate meldet noch draft.",
                ("A_19128", "A_19272", "A_19274"),
            ),
            Fault(BAD_CHECK_NUMBER, "Die Prüfnummer der Rezept-ID ist falsch.", ("A_19217-01",)),
            Fault(
                UNCHECKED_SIGNATURE,
                "Eine falsche Signatur wird angenommen.",
                ("A_19025-03", "P6-01"),
            ),
            Fault(NO_NUMBER_WARNING, "Vor einer falschen LANR wird nicht gewarnt.", ("A_23891",)),
            Fault(LATE_DEADLINES, "ExpiryDate und AcceptDate sind zu spät.", ("A_19128",)),
            Fault(SPOILED_DOCUMENT, "$accept liefert eine verfälschte Signatur.", ("A_19900",)),
            Fault(FOREIGN_DIGEST, "Die Quittung nennt einen fremden Hashwert.", ("A_20766",)),
            Fault(WRONG_TOTAL, "Eine Suche nennt einen Treffer zu viel.", ("A_19514-03",)),
            Fault(WRONG_STATUS, "$dispense antwortet mit 200 statt 204.", ("A_19514-03",)),
            Fault(VAU_ERROR, "Was die VAU nicht öffnen kann, ist ein 500.", ("A_19514-03",)),
            Fault(
                OWN_TASK_UNNAMED,
                "Wer schon angenommen hat, erfährt nicht, dass er es war.",
                ("A_19514-03",),
            ),
            Fault(FILLED_LIST, "Die abgelösten Listen haben einen Inhalt.", ("A_19514-03",)),
            Fault(VAU_ROLE, "Das VAU-Zertifikat trägt die Rolle eines anderen Dienstes."),
        )
    }
)
