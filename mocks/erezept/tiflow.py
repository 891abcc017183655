"""The coded errors of the TI-Flow-Fachdienst (drafts of 2026, not in force) as a second table.

Rows without a published code keep today's status and text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mocks.erezept.texts import TEXTS, Row

_CODES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "role": (403, "TIFLOW_AUTH_ROLE_NOT_ALLOWED"),
        "access-code": (403, "TIFLOW_ACCESSCODE_MISMATCH"),
        "secret": (403, "TIFLOW_SECRET_MISMATCH"),
        "reject-secret": (403, "TIFLOW_SECRET_MISMATCH"),
        "abort-pharmacy-secret": (403, "TIFLOW_SECRET_MISMATCH"),
        "get-secret": (403, "TIFLOW_SECRET_MISMATCH"),
        "not-draft": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "reject-status": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "dispense-status": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "close-status": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "abort-draft": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "abort-pharmacy": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "abort-others": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "abort-doctor": (412, "TIFLOW_TASK_STATUS_MISMATCH"),
        "validation": (400, "SVC_VALIDATION_FAILED"),
        "body-unreadable": (400, "SVC_VALIDATION_FAILED"),
        "cades": (400, "TIFLOW_SIGNATURE_INVALID"),
        "ocsp-revoked": (400, "TIFLOW_CERTIFICATE_INVALID"),
        "ocsp-unknown": (400, "TIFLOW_CERTIFICATE_INVALID"),
        "ocsp-unreachable": (512, "TIFLOW_OCSP_BACKEND_ERROR"),
        "profession": (400, "TIFLOW_SIGNATURE_INVALID_ISSUING_ROLE"),
        "rx-id-flow": (400, "TIFLOW_FLOWTYPE_MISMATCH"),
        "kvnr": (400, "TIFLOW_KVNR_INVALID"),
        "ik": (400, "TIFLOW_IKNR_INVALID"),
        "ik-alternative": (400, "TIFLOW_IKNR_INVALID"),
        "anr": (400, "TIFLOW_LANR_ZANR_INVALID"),
        "signing-day": (400, "TIFLOW_SIGNATURE_AUTHOREDON_MISMATCH"),
        "coverage-pkv": (400, "TIFLOW_COVERAGE_TYPE_MISMATCH"),
        "coverage-not-pkv": (400, "TIFLOW_COVERAGE_TYPE_MISMATCH"),
        "deleted": (410, "TIFLOW_TASK_DELETED"),
        "accept-deleted": (410, "TIFLOW_TASK_DELETED"),
        "get-deleted": (410, "TIFLOW_TASK_DELETED"),
        "expired": (403, "TIFLOW_TASK_EXPIRED"),
        "not-found": (404, "TIFLOW_TASK_NOT_FOUND"),
        "activate-not-found": (404, "TIFLOW_TASK_NOT_FOUND"),
        "get-not-found": (404, "TIFLOW_TASK_NOT_FOUND"),
        "not-yet": (403, "TIFLOW_MVO_NOT_VALID_YET"),
        "close-no-data": (403, "TIFLOW_MEDICATION_DISPENSE_MISSING"),
        "dispense-invalid": (400, "TIFLOW_MEDICATION_DISPENSE_INVALID"),
        "workflow-blocked": (400, "TIFLOW_BLOCKED_FLOWTYPE"),
        "presence-token": (403, "TIFLOW_POPP_TOKEN_INVALID"),
    }
)

TIFLOW: Mapping[str, Row] = MappingProxyType(
    {
        key: replace(row, status=_CODES[key][0], code=_CODES[key][1]) if key in _CODES else row
        for key, row in TEXTS.items()
    }
)
