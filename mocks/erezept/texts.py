"""The error table of the Fachdienst (release 1.22): one row per refusal, to the letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

BRUTE_FORCE = "brute_force"
INVALID_PRESCRIPTION = "invalid_prescription"
INVALID_DISPENSE = "invalid_dispense"

_REALM = "Bearer realm='prescriptionserver.telematik'"
INVALID_TOKEN = f"{_REALM}, error='invalACCESS_TOKEN'"
"""The misspelling is the original's."""


@dataclass(frozen=True, slots=True)
class Row:
    """One refusal; `text` may hold `{name}` gaps."""

    status: int
    text: str
    vau_code: str | None = None
    authenticate: str | None = None
    code: str | None = None
    """details.coding.code; today's service gives none."""


def _prescription(text: str) -> Row:
    return Row(400, text, INVALID_PRESCRIPTION)


def _token(text: str, authenticate: str = INVALID_TOKEN) -> Row:
    return Row(401, text, authenticate=authenticate)


_REQUEST = {
    "authorization-missing": Row(400, "Authorization header is missing"),
    "authorization-not-bearer": Row(400, "invalid Authorization Bearer header field"),
    "authorization-differs": Row(400, "Authorization header is invalid"),
    "no-handler": Row(405, "no matching handler found."),
    "rate-limit": Row(429, "Token with given sub used too often within certain timespan."),
    "role": Row(403, "endpoint is forbidden for professionOID {oid}"),
    "path-id": Row(404, "Failed to parse prescription ID from URL parameter"),
    "inner-http": Row(400, "Failed to parse inner request"),
    "internal": Row(500, "Internal server error."),
    "bom-request": Row(400, "illegal BOM before inner request body"),
    "bom-xml": Row(400, "illegal BOM before XML resource"),
    "bom-json": Row(400, "illegal BOM before JSON resource"),
    "content-type-missing": Row(400, "Missing ContentType in request header"),
    "content-type": Row(415, "Invalid content type (mime type) received: {media}"),
    "charset": Row(415, "Invalid content type encoding received: {charset}"),
    "not-acceptable": Row(406, "Requested format '{media}' cannot be provided"),
    "body-unreadable": Row(400, "FHIR-Validation error"),
    "search-parameter": Row(400, "bad search parameter"),
}

_JWT = {
    "jwt-rfc-lei": _token(
        "JWT has invalid RFC format ('lei' request)",
        f"{_REALM} scope=openid profile prescriptionservice.lei",
    ),
    "jwt-rfc-vers": _token(
        "JWT has invalid RFC format ('vers' request)",
        f"{_REALM} scope=openid profile prescriptionservice.vers",
    ),
    "jwt-format": _token("JWT has invalid format"),
    "jwt-claims": _token("JWT misses required claims"),
    "jwt-aud": _token("JWT has invalid aud claim"),
    "jwt-expired": _token("JWT expired"),
    "jwt-signature": _token("JWT has invalid signature"),
}

_CREATE = {
    "parameter-count": Row(400, "unexpected number of parameters"),
    "workflow-missing": Row(400, "workflowType Parameter not given"),
    "workflow-system-missing": Row(400, "missing workflow system"),
    "workflow-system": Row(400, "unknown flowType system given"),
    "workflow-code-missing": Row(400, "error getting workFlowType from parameters"),
    "workflow-code": Row(400, "Invalid workFlowType in incoming parameters"),
    "workflow-blocked": Row(400, "Erstellung von Tasks mit flowtype {flow} noch nicht zulässig"),
}

_TASK = {
    "activate-not-found": Row(404, "Requested Task not found in DB"),
    "deleted": Row(410, "Task has already been deleted"),
    "accept-deleted": Row(410, "Task meanwhile deleted for prescription id"),
    "not-found": Row(404, "Task not found for prescription id"),
    "access-code": Row(403, "AccessCode mismatch", BRUTE_FORCE),
    "secret": Row(403, "No or invalid secret provided for Task", BRUTE_FORCE),
    "not-draft": Row(403, "Task not in status draft but in status {status}"),
    "accept-status": Row(409, "Task has invalid status {status}"),
    "own-task": Row(409, "Task is processed by requesting institution"),
    "expired": Row(403, "Verordnung bis {day} einlösbar."),
    "not-yet": Row(403, "Teilverordnung zur Mehrfachverordnung {mvo} ist ab {day} einlösbar."),
    "reject-status": Row(403, "Task not in status in progress, is: {status}"),
    "reject-secret": Row(403, "No or invalid secret", BRUTE_FORCE),
    "dispense-status": Row(403, "Task not in-progress."),
    "close-status": Row(403, "Task has to be in progress, but is: {status}"),
    "close-no-data": Row(
        403,
        "Abschluss des Workflows konnte nicht durchgeführt werden. "
        "Dispensierinformationen wurden nicht bereitgestellt.",
    ),
    "dispense-id": Row(
        400, "Prescription ID in MedicationDispense does not match the one in the task"
    ),
    "dispense-kvnr": Row(400, "KVNR in MedicationDispense does not match the one in the task"),
    "dispense-telematik-id": Row(
        400, "Telematik-ID in MedicationDispense does not match the one in the access token."
    ),
    "dispense-kind": Row(
        400,
        "Unzulässige Abgabeinformationen: Für diesen Workflow sind nur Abgabeinformationen "
        "für {kind} zulässig.",
    ),
    "dispense-invalid": Row(400, "FHIR-Validation error"),
}

_ABORT = {
    "abort-draft": Row(403, "Abort not expected for newly created Task"),
    "abort-pharmacy": Row(403, "Task must be in progress for user pharmacy, is: {status}"),
    "abort-pharmacy-secret": Row(
        403, "No or invalid secret provided for user pharmacy", BRUTE_FORCE
    ),
    "abort-others": Row(
        403, "Task must not be in progress for users other than pharmacy, but is: {status}"
    ),
    "abort-doctor": Row(403, "Task must be ready for doctor, but is: {status}"),
    "abort-direct": Row(
        403, "Abort for patient in workflow types 169 / 209 only allowed for completed Task"
    ),
}

_READ = {
    "get-not-found": Row(404, "Task not found in DB"),
    "get-draft": Row(403, "Status draft is not allowed for this operation"),
    "get-deleted": Row(410, "Task has already been deleted"),
    "get-no-code": Row(403, "Neither AccessCode(ac) nor secret provided as URI-Parameter."),
    "get-secret": Row(403, "No or invalid secret provided for user pharmacy", BRUTE_FORCE),
    "get-status": Row(412, "Task must be in-progress or completed."),
    "get-owner": Row(412, "Task.owner doesn't match idNumberClaim in ACCESS_TOKEN"),
}

_ACTIVATE = {
    "activate-no-document": _prescription("Failed to get ePrescription from requestBody"),
    "activate-no-data": _prescription("Failed to get ePrescription. Document has no data."),
    "cades": _prescription("CAdES-BES signature verification has failed: {reason}"),
    "ocsp-revoked": _prescription("OCSP Check failed, certificate is revoked."),
    "ocsp-unknown": _prescription("OCSP Check failed, certificate is unknown."),
    "ocsp-unreachable": Row(512, "OCSP Check failed, no response from the responder."),
    "profession": _prescription("The QES-Certificate does not have expected ProfessionOID."),
    "not-xml": _prescription("Input is not a FHIR+XML/UTF-8 document"),
    "validation": _prescription("FHIR-Validation error"),
    "patient-id": _prescription(
        "Als Identifier für den Patienten muss eine VersichertenID (KVNR) angegeben werden."
    ),
    "ik": _prescription(
        "Ungültiges Institutionskennzeichen (IKNR): Das übergebene Institutionskennzeichen im "
        "Versicherungsstatus entspricht nicht den Prüfziffer-Validierungsregeln."
    ),
    "ik-alternative": _prescription(
        "Ungültiges Institutionskennzeichen (IKNR): Das übergebene Institutionskennzeichen des "
        "Kostenträgers entspricht nicht den Prüfziffer-Validierungsregeln."
    ),
    "pzn": _prescription(
        "Ungültige PZN: Die übergebene Pharmazentralnummer entspricht nicht den "
        "vorgeschriebenen Prüfziffer-Validierungsregeln."
    ),
    "dosage-text": _prescription(
        "Validation of rendered dosage-instructions: {found} does not match the generated text"
    ),
    "t-version": _prescription("T-Rezept Workflow 166 not allowed before KBV-1.4"),
    "t-mvo": _prescription("T-Rezept cannot be MVO"),
    "btm": _prescription("BTM nicht zulässig"),
    "category": _prescription(
        "Für diesen Workflowtypen sind nur Arzneimittelverordnungen zulässig"
    ),
    "category-t": _prescription("Für diesen Workflowtypen sind nur T-Rezept Verordnungen zulässig"),
    "category-diga": _prescription(
        "Für diesen Workflowtypen sind nur Verordnungen für Digitale "
        "Gesundheitsanwendungen zulässig"
    ),
    "rx-id-missing": _prescription("Error while extracting prescriptionId from QES-Bundle"),
    "rx-id-flow": _prescription("Flowtype mismatch between Task and QES-Bundle"),
    "rx-id": _prescription("PrescriptionId mismatch between Task and QES-Bundle"),
    "signing-day": _prescription(
        "Ausstellungsdatum und Signaturzeitpunkt weichen voneinander ab, müssen aber taggleich sein"
    ),
    "coverage-count": _prescription("Unexpected number of Coverage Resources in KBV/EVDGA Bundle"),
    "coverage-pkv": _prescription('Coverage "PKV" not allowed for flowtype 160/162/169'),
    "coverage-not-pkv": _prescription('Coverage "PKV" not set for flowtype 200/209'),
    "anr": _prescription(
        "Ungültige Arztnummer (LANR oder ZANR): Die übergebene Arztnummer entspricht nicht den "
        "Prüfziffer-Validierungsregeln."
    ),
    "kvnr": _prescription(
        "Ungültige Versichertennummer (KVNR): Die übergebene Versichertennummer des Patienten "
        "entspricht nicht den Prüfziffer-Validierungsregeln."
    ),
}

_MVO = {
    "mvo-id": _prescription("MVO-ID entspricht nicht urn:uuid format"),
    "mvo-end": _prescription("Ende der Einlösefrist liegt vor Beginn der Einlösefrist"),
    "mvo-flow": _prescription(
        "Mehrfachverordnungen nur für die Verordnungen von apothekenpflichtigen Arzneimittel "
        "zulässig"
    ),
    "mvo-four": _prescription(
        "Eine Mehrfachverordnungen darf aus maximal 4 Teilverordnungen bestehen"
    ),
    "mvo-numerator": _prescription(
        "Für eine Mehrfachverordnungen muss der numerator größer 0 sein."
    ),
    "mvo-denominator": _prescription(
        "Eine Mehrfachverordnung muss aus mindestens 2 Teilverordnungen bestehen"
    ),
    "mvo-order": _prescription("Numerator ist größer als denominator"),
    "mvo-replacement": _prescription(
        "Für Ersatzverordnung sind keine Mehrfachverordnungen zulässig"
    ),
    "mvo-discharge": _prescription("Für Entlassrezepte sind keine Mehrfachverordnungen zulässig"),
    "mvo-start": _prescription("Beginn der Einlösefrist für MVO ist erforderlich"),
    "mvo-start-early": _prescription("Einlösefrist liegt zeitlich vor dem Ausstellungsdatum"),
    "mvo-no-numbering": _prescription("Nummerierung darf nur bei MVO angegeben werden"),
    "mvo-no-period": _prescription("Zeitraum darf nur bei MVO angegeben werden"),
}

_PRESENCE = {
    "presence-missing": Row(403, "Missing or invalid PNW query parameter and X-PoPP-Token header"),
    "presence-token": Row(403, "POPP-Token verification error."),
    "presence-decoding": Row(403, "Failed decoding PNW data."),
    "presence-xml": Row(403, "Failed parsing PNW XML."),
    "presence-old": Row(
        403,
        "Anwesenheitsnachweis konnte nicht erfolgreich durchgeführt werden (Zeitliche Gültigkeit "
        "des Anwesenheitsnachweis überschritten).",
    ),
    "presence-digits": Row(
        403,
        "Anwesenheitsnachweis konnte nicht erfolgreich durchgeführt werden (Prüfziffer ungültig).",
    ),
    "presence-blocked": Row(423, "TelematikId blocked for today.", BRUTE_FORCE),
    "presence-offline": Row(454, "Ein Prüfnachweis mit Ergebnis 3 wird nicht akzeptiert."),
    "presence-no-kvnr": Row(455, "Ein Prüfnachweis ohne KVNR wird nicht akzeptiert."),
    "presence-kvnr": Row(456, "KVNR Überprüfung fehlgeschlagen."),
    "presence-no-hcv": Row(457, "Ein Prüfnachweis ohne HCV wird nicht akzeptiert."),
    "presence-hcv": Row(458, "HCV Überprüfung fehlgeschlagen."),
}

_CONSENT = {
    "consent-invalid": Row(400, "FHIR-Validation error"),
    "consent-kvnr": Row(403, "Kvnr in Consent does not match the one in the access token."),
    "consent-exists": Row(409, "{category} consent already exists for this kvnr"),
    "consent-no-category": Row(405, "Category must be specified"),
    "consent-category": Row(400, "Invalid category: {category}"),
    "consent-none": Row(404, "Could not find any consent for given KVNR "),
}

_ABROAD = {
    "eu-permission-none": Row(404, "Zugriffsberechtigung nicht gefunden"),
    "eu-not-allowed": Row(403, "Zugriff für die Einlösung im EU-Ausland nicht berechtigt"),
    "eu-nothing": Row(404, "Keine Ergebnisse gefunden"),
    "eu-kvnr": Row(403, "Kvnr of the task does not match the one in the access token."),
    "eu-status": Row(403, "Task has to be ready, but is: {status}"),
    "eu-invalid": Row(400, "FHIR-Validation error"),
}

_CHARGE = {
    "charge-id": Row(400, "Failed to parse prescription ID from URL parameter"),
    "charge-not-found": Row(404, "no ChargeItem found for id"),
    "charge-invalid": Row(400, "FHIR-Validation error"),
    "charge-no-task": Row(409, "Referenced task is missing"),
    "charge-status": Row(409, "Referenced task must be in status 'completed'"),
    "charge-flow": Row(400, "Referenced task is not of a flowtype for private insurance"),
    "charge-consent": Row(
        403,
        "Die versicherte Person hat keine Einwilligung im E-Rezept Fachdienst hinterlegt. "
        "Abrechnungsinformation kann nicht gespeichert werden.",
    ),
    "charge-exists": Row(409, "ChargeItem already exists for this prescription"),
    "charge-kvnr": Row(403, "Kvnr in ChargeItem does not match the one in the access token."),
    "charge-pharmacy": Row(403, "Telematik-ID does not match the one of the ChargeItem"),
    "charge-signature": Row(
        400, "Unable to verify the signature of the dispense item: {reason}", INVALID_DISPENSE
    ),
}

_SUBSCRIPTION = {
    "subscription-recipient": Row(400, "Missing recipient"),
    "subscription-status": Row(400, "Request status not supported"),
    "subscription-id": Row(403, "ID mismatch"),
}

_PROTOCOL = {
    "audit-id": Row(400, "Invalid format of AuditEvent id"),
    "audit-not-found": Row(404, "No AuditEvent found for id"),
}

_MESSAGE = {
    "message-invalid": Row(400, "FHIR-Validation error"),
    "message-sender": Row(400, "Invalid sender profession oid in communication {kind}"),
    "message-to-self": Row(400, "messages to self are not permitted"),
    "message-charge-item": Row(400, "ChargeItem for prescription id {id} is missing"),
    "message-task": Row(400, "Task for prescription id {id} is missing"),
    "message-status": Row(400, "Task has invalid status."),
    "message-expired": Row(400, "Task is expired."),
    "message-early": Row(400, "Prescription is not fillable yet."),
    "message-prefix": Row(403, "Der Empfänger darf den {flow} nicht empfangen"),
    "message-count": Row(429, "There are already 10 communications of a representative."),
    "message-schema": Row(
        400, "Invalid payload: does not conform to expected JSON schema: {reason}"
    ),
    "message-json": Row(400, "Invalid JSON in payload.contentString"),
    "message-version-type": Row(400, "version must be 'integer'"),
    "message-version": Row(400, "Invalid payload version: {version}"),
    "message-id": Row(400, "Invalid format of communication id"),
    "message-not-found": Row(404, "no Communication found for id"),
    "message-delete": Row(401, "{who} is not allowed to delete communication for id {id}"),
}

TEXTS: Mapping[str, Row] = MappingProxyType(
    {
        **_REQUEST,
        **_JWT,
        **_CREATE,
        **_TASK,
        **_ABORT,
        **_READ,
        **_ACTIVATE,
        **_MVO,
        **_PROTOCOL,
        **_MESSAGE,
        **_PRESENCE,
        **_CONSENT,
        **_CHARGE,
        **_ABROAD,
        **_SUBSCRIPTION,
    }
)
