"""The carelessnesses of the simulated actors, as data: what a product might do wrong.

Each names the requirement ids it must turn red. The practice is `pvs`, the pharmacy `avs`, the
app of the insured person `versicherte`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pruefstand.drivers import carelessness_erezept as erezept
from pruefstand.drivers.carelessness_eau import EAU
from pruefstand.drivers.carelessness_kim import KIM
from pruefstand.drivers.carelessness_konnektor import KONNEKTOR
from pruefstand.model.fault import Fault, FaultSet

DISCOVERY_SIGNATURE = "discovery_signatur_ungeprueft"
DISCOVERY_ROLE = "discovery_rolle_ungeprueft"
CHALLENGE_SIGNATURE = "challenge_signatur_ungeprueft"
TOKEN_SIGNATURE = "token_signatur_ungeprueft"  # noqa: S105 - a fault's name
ACCESS_TOKEN_KEY = "access_token_unentschluesselt_benutzt"  # noqa: S105 - a fault's name
ID_TOKEN_KEY = "id_token_unlesbar_hingenommen"  # noqa: S105 - a fault's name
EXPIRED_TOKEN = "token_ablauf_ungeprueft"  # noqa: S105 - a fault's name
LOGIN_EACH_TIME = "token_nicht_behalten"

PLAIN_TEXT = "erst_unverschluesselt"
USER_AGENT = "user_agent_unvollstaendig"
USER_KIND = "x_erp_user_falsch"
OUTSIDE_VAU = "ausserhalb_der_vau"
SENT_TWICE = "vau_anfrage_wiederholt"
PSEUDONYM = "nutzerpseudonym_ignoriert"

NO_FLOW_TYPE = "create_ohne_workflow"
NO_CODE_AT_ACTIVATE = "activate_ohne_accesscode"
NO_CODE_AT_ABORT = "abort_ohne_accesscode"
WRONG_SECRET_AT_CLOSE = "close_mit_falschem_geheimnis"  # noqa: S105 - a fault's name
WRONG_SECRET_AT_REJECT = "reject_mit_falschem_geheimnis"  # noqa: S105 - a fault's name

FOREIGN_ID = "fremde_rezept_id"
BACKDATED = "rueckdatiert"
NO_PROFILE = "ohne_profilangabe"
WRONG_MEDICATION = "arzneimittelprofil_falsch"


NO_SCOPE = "anmeldung_ohne_scope"
PLAIN_CHALLENGE = "code_challenge_ohne_hash"
FIXED_ADDRESS = "anmeldung_vor_discovery"
OPEN_KEY = "key_verifier_unverschluesselt"
WRONG_INTENT = "auftrag_nur_geplant"

POLLS_TWICE = "nachrichten_doppelt_abgefragt"
FOREIGN_REPLY = "antwort_zu_fremdem_rezept"
LOOSE_REPLY = "antwort_ohne_struktur"
FOREIGN_MESSAGE = "fremde_nachricht_geloescht"
SUBSCRIBES_TWICE = "doppelt_abonniert"
LOOSE_ORDER = "zuweisung_ohne_struktur"

SPOILED_CODE = "ausdruck_code_beschaedigt"
NO_DETAILS = "ausdruck_ohne_angaben"
BARE_HEADING = "ausdruck_ueberschrift_ohne_art"
RESOURCE_HEADER = "x_erp_resource_falsch"
NO_SECRET_AT_ABORT = "loeschen_ohne_geheimnis"  # noqa: S105 - a fault's name
NO_SECRET_AT_RECEIPT = "quittung_mit_falschem_geheimnis"  # noqa: S105 - a fault's name

PVS = (
    Fault(NO_SCOPE, "beginnt die Anmeldung ohne scope", ("A_20661-01", "A_20654-01", "A_20662-01")),
    Fault(PLAIN_CHALLENGE, "nennt die code_challenge ungehasht", ("A_20660-01", "A_20662-01")),
    Fault(FIXED_ADDRESS, "meldet sich an, bevor es das Discovery Document liest", ("A_20655-01",)),
    Fault(OPEN_KEY, "sendet den Code mit offenem key_verifier", ("A_20671-02", "A_21334-01")),
    Fault(WRONG_INTENT, "stellt zuerst einen nur geplanten Auftrag ein", ("P36-26",)),
    Fault(
        DISCOVERY_SIGNATURE,
        "prüft die Signatur des Discovery Document nicht",
        ("A_20656-02",),
        "idp/discovery_signatur_falsch",
    ),
    Fault(
        DISCOVERY_ROLE,
        "prüft die Rolle des IDP-Zertifikats nicht",
        ("A_20657-01",),
        "idp/discovery_rolle_falsch",
    ),
    Fault(
        CHALLENGE_SIGNATURE,
        "prüft die Signatur der Challenge nicht",
        ("A_20663-02",),
        "idp/challenge_signatur_falsch",
    ),
    Fault(
        TOKEN_SIGNATURE,
        "prüft die Signatur der Token nicht",
        ("A_20674-01",),
        "idp/token_signatur_falsch",
    ),
    Fault(
        ACCESS_TOKEN_KEY,
        "benutzt ein Zugriffstoken, das es nicht entschlüsseln kann",
        ("A_20673-02",),
        "idp/access_token_fremd_verschluesselt",
    ),
    Fault(
        ID_TOKEN_KEY,
        "nimmt ein ID-Token hin, das es nicht entschlüsseln kann",
        ("A_20672-02",),
        "idp/id_token_fremd_verschluesselt",
    ),
    Fault(
        EXPIRED_TOKEN,
        "benutzt ein abgelaufenes Zugriffstoken",
        ("A_21337-01",),
        "idp/token_bereits_abgelaufen",
    ),
    Fault(LOGIN_EACH_TIME, "meldet sich für jeden Aufruf neu an", ("A_20667-03",)),
    Fault(PLAIN_TEXT, "versucht es zuerst ohne TLS", ("A_19234-01",)),
    Fault(USER_AGENT, "nennt im User-Agent nur das Produkt", ("A_20015-02",)),
    Fault(USER_KIND, "gibt sich als Versicherter aus (X-erp-user: v)", ("A_21568-02",)),
    Fault(
        OUTSIDE_VAU, "fragt Rezepte auch außerhalb der VAU ab", ("A_19741-01", "A_23215", "A_23218")
    ),
    Fault(SENT_TWICE, "sendet eine verschlüsselte Anfrage unverändert erneut", ("A_20161-01",)),
    Fault(PSEUDONYM, "benutzt das Nutzerpseudonym nicht", ("A_20175",)),
    Fault(NO_FLOW_TYPE, "legt zuerst ohne Workflow an", ("A_19276",)),
    Fault(NO_CODE_AT_ACTIVATE, "stellt zuerst ohne AccessCode ein", ("A_19273-01",)),
    Fault(NO_CODE_AT_ABORT, "löscht zuerst ohne AccessCode", ("A_19239-01", "A_19238")),
    Fault(
        FOREIGN_ID, "stellt zuerst ein Dokument mit fremder Rezept-ID ein", ("A_19275", "P36-37")
    ),
    Fault(BACKDATED, "stellt zuerst ein rückdatiertes Dokument ein", ("A_22893", "P36-39")),
    Fault(NO_PROFILE, "stellt zuerst ein Dokument ohne Profilangabe ein", ("P36-21",)),
    Fault(
        WRONG_MEDICATION,
        "stellt das Arzneimittel zuerst in einem fremden Profil ein",
        ("P36-31", "K36-23", "P36-25", "K36-24"),
    ),
    Fault(
        SPOILED_CODE,
        "druckt einen Code, den kein Leser mehr entziffert",
        ("A_19543", "A_19280", "A_19279", "A_19554", "A_19553-01", "P6-311"),
    ),
    Fault(
        NO_DETAILS,
        "druckt die Angaben zu Person und Praxis nicht",
        ("P6-24", "P6-241", "P6-242", "P6-25", "P6-26"),
    ),
    Fault(BARE_HEADING, "nennt in der Überschrift keine Art der Verordnung", ("P6-243",)),
    Fault(RESOURCE_HEADER, "schreibt die Ressource außen klein, innen groß", ("A_21569-01",)),
    *KONNEKTOR,
)
AVS = (
    Fault(POLLS_TWICE, "fragt Nachrichten zweimal ab", ("A_19329-01", "A_21556")),
    Fault(FOREIGN_REPLY, "antwortet zuerst zu einem fremden Rezept", ("A_19333-01", "A_19334")),
    Fault(LOOSE_REPLY, "antwortet zuerst mit bloßem Text", ("A_23877-01",)),
    Fault(FOREIGN_MESSAGE, "löscht zuerst eine fremde Nachricht", ("A_21489",)),
    Fault(SUBSCRIBES_TWICE, "abonniert zweimal", ("A_22375", "A_22426")),
    Fault(WRONG_SECRET_AT_CLOSE, "quittiert zuerst mit falschem Geheimnis", ("A_19289", "A_19901")),
    Fault(WRONG_SECRET_AT_REJECT, "gibt zuerst mit falschem Geheimnis zurück", ("A_19250",)),
    Fault(NO_SECRET_AT_ABORT, "löscht zuerst ohne Geheimnis", ("A_19244",)),
    Fault(NO_SECRET_AT_RECEIPT, "holt die Quittung zuerst mit falschem Geheimnis", ("A_19292",)),
)
INSURED = (Fault(LOOSE_ORDER, "weist zuerst mit bloßem Text zu", ("A_23876-01",)),)
CARELESSNESS: Mapping[str, Mapping[str, Fault]] = {
    role: {fault.name: fault for fault in faults}
    for role, faults in (
        ("pvs", (*PVS, *KIM, *EAU, *erezept.PVS)),
        ("avs", (*AVS, *erezept.AVS)),
        ("versicherte", INSURED),
    )
}


def careful(role: str) -> FaultSet:
    """Return the fault set of an actor, nothing switched on."""
    return FaultSet(CARELESSNESS[role])
