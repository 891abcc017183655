"""The OpenAPI description of the inner interface, made of the route table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mocks.erezept.capability import SOFTWARE
from mocks.erezept.operations import OPERATIONS, Operation
from mocks.erezept.roles import INSURED, ROLES
from pruefstand.mockkit.openapi import Described, Json, Parameter, document

TITLE = "E-Rezept-Fachdienst, innere Schnittstelle"
ANY_CALL = (400, 401, 403, 406, 429)
"""Statuses every call may have: request, token, role, format, rate."""
PRESCRIPTION_ID = r"^[0-9]{3}(\.[0-9]{3}){4}\.[0-9]{2}$"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_CODE = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT = {"type": "string"}
_BODY = MappingProxyType({"application/fhir+xml": _TEXT, "application/fhir+json": {}})
_PAGE = (
    Parameter("_count", schema={"type": "integer", "minimum": 0}),
    Parameter("__offset", schema={"type": "integer", "minimum": 0}),
    Parameter("_sort"),
)
_AC = Parameter("ac", schema=_CODE)
_AC_HEADER = Parameter("X-AccessCode", "header", _CODE)
_SECRET = Parameter("secret", schema=_CODE)


def _dates(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name) for name in names)


STATUSES: Mapping[str, Sequence[int]] = MappingProxyType(
    {
        "POST /Task/$create": (201, 415),
        "POST /Task/$activate": (200, 252, 404, 410, 415, 512),
        "POST /Task/$accept": (200, 404, 409, 410),
        "POST /Task/$reject": (204, 404, 410),
        "POST /Task/$dispense": (204, 404, 415),
        "POST /Task/$close": (200, 404, 410, 415),
        "POST /Task/$abort": (204, 404, 410),
        "GET /Task": (200, 202, 423, 454, 455, 456, 457, 458),
        "GET /Task/{id}": (200, 404, 410, 412),
        "GET /MedicationDispense": (200,),
        "POST /Communication": (201, 415),
        "GET /Communication": (200, 404),
        "DELETE /Communication": (204, 404),
        "GET /AuditEvent": (200, 404),
        "POST /Subscription": (200, 415),
        "GET /Consent": (200,),
        "POST /Consent": (201, 409, 415),
        "DELETE /Consent": (204, 404, 405),
        "GET /ChargeItem": (200,),
        "POST /ChargeItem": (201, 409, 415),
        "GET /ChargeItem/{id}": (200, 404),
        "PUT /ChargeItem": (200, 404, 415),
        "PATCH /ChargeItem": (200, 404, 415),
        "DELETE /ChargeItem": (204, 404),
        "GET /Device": (200,),
        "GET /metadata": (200,),
        "POST /$grant-eu-access-permission": (201, 415),
        "GET /$read-eu-access-permission": (200, 404),
        "DELETE /$revoke-eu-access-permission": (204,),
        "PATCH /Task/{id}": (200, 404, 410, 415),
        "POST /$get-eu-prescriptions": (200, 404, 415),
        "POST /Task/$eu-close": (200, 404, 410, 415),
    }
)
"""What an operation answers besides `ANY_CALL`."""

PARAMETERS: Mapping[str, Sequence[Parameter]] = MappingProxyType(
    {
        "POST /Task/$activate": (_AC, _AC_HEADER),
        "POST /Task/$accept": (_AC, _AC_HEADER),
        "POST /Task/$reject": (_SECRET,),
        "POST /Task/$dispense": (_SECRET,),
        "POST /Task/$close": (_SECRET,),
        "POST /Task/$abort": (_SECRET, _AC, _AC_HEADER),
        "GET /Task": (
            *_dates("authored-on", "modified", "expiry-date", "accept-date", "status"),
            *_dates("pnw", "kvnr", "hcv"),
            Parameter("X-PoPP-Token", "header"),
            *_PAGE,
        ),
        "GET /Task/{id}": (_SECRET, _AC, _AC_HEADER, Parameter("_revinclude")),
        "GET /MedicationDispense": _dates(
            "whenhandedover", "whenprepared", "performer", "identifier"
        ),
        "GET /Communication": (
            *_dates("sent", "received", "sender", "recipient", "identifier"),
            *_PAGE,
        ),
        "GET /AuditEvent": (
            *_dates("date", "subtype", "entity"),
            Parameter("Accept-Language", "header"),
            *_PAGE,
        ),
        "GET /Consent": _dates("category"),
        "DELETE /Consent": _dates("category"),
        "GET /ChargeItem": (*_dates("entered-date", "_lastUpdated"), *_PAGE),
        "POST /ChargeItem": (Parameter("task"), _SECRET),
        "GET /ChargeItem/{id}": (_AC, _AC_HEADER),
        "PUT /ChargeItem": (_AC, _AC_HEADER),
    }
)
_WITHOUT_BODY = frozenset({"$accept", "$reject", "$abort"})


def description() -> Json:
    """Return the description; a bearer token of the IDP goes with every call."""
    made = document(TITLE, SOFTWARE, map(_described, OPERATIONS))
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT (BP256R1)"}
    made["components"] = {"securitySchemes": {"idp": scheme}}
    made["security"] = [{"idp": []}]
    for row in OPERATIONS:
        roles = sorted(ROLES[row.name]) or ["jede"]
        described = made["paths"][row.path][row.method.lower()]
        described["x-professionOID"] = roles
        if row.flag:
            described["x-setting"] = row.flag
    return made


def _described(row: Operation) -> Described:
    uuid = row.path.startswith(("/Communication", "/AuditEvent"))
    body = row.method in ("POST", "PUT", "PATCH") and row.path.rpartition("/")[2] not in (
        _WITHOUT_BODY
    )
    insured_first = INSURED in ROLES[row.name]
    answers = ("application/fhir+json", "application/fhir+xml")
    return Described(
        row.method,
        row.path,
        row.name,
        row.source,
        parameters=(Parameter("_format"), *PARAMETERS.get(row.name, ())),
        path_schemas={"id": {"type": "string", "pattern": UUID if uuid else PRESCRIPTION_ID}},
        body=_BODY if body else None,
        statuses=sorted({*ANY_CALL, *STATUSES[row.name]}),
        answers=answers if insured_first else tuple(reversed(answers)),
    )
