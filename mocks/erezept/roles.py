"""Who may call what: professionOID per operation (gemSpec_FD_eRp role table)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OID = "1.2.276.0.76.4."
INSURED = OID + "49"
COST_BEARER = OID + "59"
NCPEH = OID + "292"
PRESCRIBERS = frozenset(OID + number for number in ("50", "51", "52", "53", "257"))
PHARMACIES = frozenset(OID + number for number in ("54", "55"))
PUBLIC_PHARMACY = OID + "54"

_DISPENSERS = PHARMACIES | {COST_BEARER}
_PARTIES = _DISPENSERS | {INSURED}
_INSURED_ONLY = frozenset({INSURED})
ANYBODY: frozenset[str] = frozenset()
"""An empty set lets every valid token through."""


@dataclass(frozen=True, slots=True)
class Access:
    """One row of the role table."""

    operation: str
    roles: frozenset[str]


_ROWS = (
    Access("POST /Task/$create", PRESCRIBERS),
    Access("POST /Task/$activate", PRESCRIBERS),
    Access("POST /Task/$accept", PHARMACIES),
    Access("POST /Task/$accept 162", frozenset({COST_BEARER})),
    Access("POST /Task/$reject", _DISPENSERS),
    Access("POST /Task/$dispense", PHARMACIES),
    Access("POST /Task/$close", _DISPENSERS),
    Access("POST /Task/$abort", PRESCRIBERS | PHARMACIES | {INSURED}),
    Access("GET /Task", PHARMACIES | {INSURED}),
    Access("GET /Task/{id}", _PARTIES),
    Access("GET /MedicationDispense", _INSURED_ONLY),
    Access("GET /Communication", _PARTIES),
    Access("POST /Communication", _PARTIES),
    Access("DELETE /Communication", _PARTIES),
    Access("GET /AuditEvent", _INSURED_ONLY),
    Access("GET /Device", ANYBODY),
    Access("GET /metadata", ANYBODY),
    Access("POST /Subscription", _DISPENSERS),
    Access("GET /ChargeItem", _INSURED_ONLY),
    Access("GET /ChargeItem/{id}", PHARMACIES | {INSURED}),
    Access("DELETE /ChargeItem", _INSURED_ONLY),
    Access("PATCH /ChargeItem", _INSURED_ONLY),
    Access("POST /ChargeItem", PHARMACIES),
    Access("PUT /ChargeItem", PHARMACIES),
    Access("GET /Consent", _INSURED_ONLY),
    Access("POST /Consent", _INSURED_ONLY),
    Access("DELETE /Consent", _INSURED_ONLY),
    Access("POST /$grant-eu-access-permission", _INSURED_ONLY),
    Access("GET /$read-eu-access-permission", _INSURED_ONLY),
    Access("DELETE /$revoke-eu-access-permission", _INSURED_ONLY),
    Access("PATCH /Task/{id}", _INSURED_ONLY),
    Access("POST /$get-eu-prescriptions", frozenset({NCPEH})),
    Access("POST /Task/$eu-close", frozenset({NCPEH})),
)

ROLES: Mapping[str, frozenset[str]] = MappingProxyType({row.operation: row.roles for row in _ROWS})


def allowed(operation: str, oid: str) -> bool:
    """Return whether the role table lets `oid` call `operation`."""
    roles = ROLES[operation]
    return roles is ANYBODY or oid in roles
