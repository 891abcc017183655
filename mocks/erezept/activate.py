"""POST /Task/{id}/$activate: a signed prescription comes in."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

from mocks.erezept import resources
from mocks.erezept.activate_checks import ANR_WARNING, Upload, check_upload
from mocks.erezept.dates import deadlines
from mocks.erezept.errors import Refused
from mocks.erezept.faults import (
    LATE_DEADLINES,
    NO_NUMBER_WARNING,
    STAYS_DRAFT,
)
from mocks.erezept.parameters import body_root, parameters
from mocks.erezept.service import Answer, Call, Service, check_access_code
from mocks.erezept.signature import verify_upload
from mocks.erezept.state import Prescription
from mocks.erezept.texts import TEXTS
from mocks.erezept.transitions import Status, next_status
from pruefstand.clock import berlin_day
from pruefstand.fhir.xpath import elements_of, text_of
from pruefstand.model.http import Request

_BINARY = elements_of("f:resource/f:Binary")
_DATA = text_of("f:data/@value")


def activate(service: Service, call: Call, id: str) -> Answer:
    """Check an upload in the original's order and make the task redeemable (A_19024-03 ff)."""
    task = service.found(id, "activate-not-found")
    if task.status is Status.CANCELLED:
        raise Refused("deleted")
    check_access_code(call, task)
    next_status("$activate", task.status)
    upload = _verified(service, call, id, task.flow_type)
    check_upload(upload)
    if upload.warning and NO_NUMBER_WARNING in service.ctx.faults:
        upload.warning = None
    now = service.ctx.clock.now()
    prescription = _prescription(upload, late=LATE_DEADLINES in service.ctx.faults)
    task = service.records.tasks.change(id, lambda stored: stored.activated(prescription, now))
    if STAYS_DRAFT in service.ctx.faults:
        task = replace(task, status=Status.DRAFT)
    return Answer(
        ANR_WARNING if upload.warning else 200,
        resources.task(task, with_code=True),
        headers=_warning(upload),
        flow_type=task.flow_type,
        prescription_id=id,
        insured=task.kvnr,
    )


def _verified(service: Service, call: Call, prescription_id: str, flow_type: int) -> Upload:
    now = service.ctx.clock.now()
    signature = verify_upload(
        _signed(call.request),
        service.ctx.pki,
        now=now,
        responder=not service.flag("ocsp_unreachable"),
        faults=service.ctx.faults,
    )
    return Upload(
        flow_type,
        prescription_id,
        signature,
        service.ctx.settings,
        berlin_day(now),
        service.profile_errors,
    )


def _signed(request: Request) -> bytes:
    found = parameters(body_root(request))
    if len(found) != 1:
        raise Refused("parameter-count")
    name, element = found[0]
    binaries = _BINARY(element)
    if name != "ePrescription" or not binaries:
        raise Refused("activate-no-document")
    data = _DATA(binaries[0])
    if not data:
        raise Refused("activate-no-data")
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:  # also what is not ASCII
        raise Refused("cades", reason=f"no base64: {error}") from None


def _prescription(upload: Upload, *, late: bool) -> Prescription:
    document, view = upload.signature.document, upload.view
    assert view.kvnr is not None
    dates = deadlines(
        upload.flow_type,
        berlin_day(document.signing_time),
        legal_basis=view.legal_basis,
        is_mvo=view.mvo.marked,
        mvo_end=view.mvo.end,
    )
    return Prescription(
        signed=upload.signature.stored,
        content=document.content,
        digest=document.message_digest,
        kvnr=view.kvnr,
        expiry=dates.expiry + timedelta(days=late),
        accept=dates.accept + timedelta(days=late),
        mvo_id=view.mvo.id if view.mvo.marked else None,
        mvo_start=view.mvo.start if view.mvo.marked else None,
    )


def _warning(upload: Upload) -> tuple[tuple[str, str], ...]:
    if upload.warning is None:
        return ()
    text = f'252 erp-server "{TEXTS[upload.warning].text}"'
    # Header values are bytes; the original writes UTF-8, the HTTP layer here writes Latin-1.
    return (("Warning", text.encode().decode("latin-1")),)
