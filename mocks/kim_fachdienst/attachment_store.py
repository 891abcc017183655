"""I_Attachment_Service 2.4.0 (KAS): encrypted mail data under a link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

from mocks.kim_fachdienst.answer import Refusal, answer, basic_account
from mocks.kim_fachdienst.faults import STORE_FULL, STORE_LOSES, STORE_REFUSES, STORE_THROTTLES
from mocks.kim_fachdienst.state import MailService, StoredData
from pruefstand.kim.address import is_kim_address
from pruefstand.kim.mail import split_parts
from pruefstand.model.http import Request, Response
from pruefstand.model.mail import MalformedMail, RawMail, header_field

PATH = "/attachments/v2.4/attachment/"


def add(service: MailService, request: Request) -> Response:
    """Store mail data and answer with the link to them."""
    account = basic_account(service, request)
    if STORE_FULL in service.ctx.faults:
        raise Refusal(507, "not enough memory available")
    if STORE_REFUSES in service.ctx.faults:
        raise Refusal(500, "internal error")
    form = _form(request)
    recipients = frozenset(text.lower() for text in form.texts("recipients"))
    if not form.texts("messageID") or not recipients or not all(map(is_kim_address, recipients)):
        raise Refusal(400, "messageID or recipients are missing or malformed")
    content = form.content("attachment")
    if len(content) > service.max_mail_size:
        raise Refusal(413, "maximum size exceeded")
    data = StoredData(account.address, recipients, form.expires(), content)
    name = service.ctx.rng.uuid()
    with service.lock:
        service.store[name] = data
    body = answer({"sharedLink": f"{service.ctx.base_url}{PATH}{name}"})
    return Response(201, body.headers, body.body)


def read(service: MailService, request: Request, attachment_id: str) -> Response:
    """Answer a recipient with the mail data."""
    data = _wanted(service, request, attachment_id)
    if STORE_THROTTLES in service.ctx.faults:
        raise Refusal(429, "downloaded too many times")
    return Response(200, (("Content-Type", "application/octet-stream"),), data.content)


def look(service: MailService, request: Request, attachment_id: str) -> Response:
    """Say whether and how large the mail data are."""
    data = _found(service, attachment_id)
    return Response(200, (("Content-Length", str(len(data.content))),))


def delete(service: MailService, request: Request, attachment_id: str) -> Response:
    """Delete mail data, as their sender asks after a failed send."""
    account = basic_account(service, request)
    data = _found(service, attachment_id)
    if data.owner != account.address:
        raise Refusal(401, "not the sender of the mail data")
    with service.lock:
        del service.store[attachment_id]
    return Response(200)


def _wanted(service: MailService, request: Request, attachment_id: str) -> StoredData:
    recipient = request.header("recipient") or ""
    if not is_kim_address(recipient):
        raise Refusal(400, "header recipient is missing or malformed")
    data = _found(service, attachment_id)
    if recipient.lower() not in data.recipients:
        raise Refusal(403, "recipient not included in the recipient list")
    return data


def _found(service: MailService, attachment_id: str) -> StoredData:
    with service.lock:
        data = service.store.get(attachment_id)
    if data is None or data.expires < service.ctx.clock.now() or STORE_LOSES in service.ctx.faults:
        raise Refusal(404, "resource not found at the specified link")
    return data


class _Form:
    """The parts of a multipart/form-data body by name."""

    def __init__(self, parts: list[RawMail]) -> None:
        self._parts = [(_name(part), part) for part in parts]

    def _named(self, name: str) -> Iterator[bytes]:
        return (part.body for key, part in self._parts if key == name)

    def texts(self, name: str) -> list[str]:
        return [body.decode("utf-8", "replace").strip() for body in self._named(name)]

    def content(self, name: str) -> bytes:
        found = next(self._named(name), None)
        if found is None:
            raise Refusal(400, f"part {name} is missing")
        return found

    def expires(self) -> datetime:
        try:
            return parsedate_to_datetime((self.texts("expires") or [""])[0])
        except ValueError as problem:
            raise Refusal(400, "expires is no RFC 5322 date") from problem


def _form(request: Request) -> _Form:
    stated = request.header("Content-Type") or ""
    try:
        return _Form(split_parts(RawMail((header_field("Content-Type", stated),), request.body)))
    except MalformedMail as problem:
        raise Refusal(400, str(problem)) from problem


def _name(part: RawMail) -> str:
    for parameter in (part.get("Content-Disposition") or "").split(";")[1:]:
        key, _, value = parameter.strip().partition("=")
        if key.lower() == "name":
            return value.strip('"')
    return ""
