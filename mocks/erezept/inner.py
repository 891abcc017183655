"""The inner request: checks in the original's order, then the operation (steps 3 to 10)."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mocks.erezept import resources
from mocks.erezept.access_token import Caller, TokenVerifier
from mocks.erezept.audit import note
from mocks.erezept.errors import Refusal, Refused, resolve
from mocks.erezept.negotiation import Format, answer_format, check_bom, default_format
from mocks.erezept.operations import ACCEPT, OPERATIONS, Operation
from mocks.erezept.rate_limit import CALLS, RateLimit
from mocks.erezept.roles import allowed
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Resource
from mocks.erezept.texts import TEXTS, Row
from mocks.erezept.tiflow import TIFLOW
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import rezept_id
from pruefstand.ids.rezept_id import FlowType
from pruefstand.model.http import MalformedHttp, Request, Response

AUDIENCE = "https://erp-test.zentral.erp.splitdns.ti-dienste.de/"
_BEARER = "Bearer "
TODAY = "erezept"
TABLES: Mapping[str, Mapping[str, Row]] = MappingProxyType({TODAY: TEXTS, "tiflow": TIFLOW})
"""Error tables by the value of the setting `error_table`."""
_LOG = logging.getLogger("pruefstand.mock")


_COMPILED = tuple(
    (row, re.compile(re.escape(row.path).replace(r"\{id\}", "(?P<id>[^/]+)"))) for row in OPERATIONS
)


@dataclass(slots=True)
class Conversation:
    """What is known so far about one inner request."""

    request: Request | None = None
    operation: str | None = None
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class Inner:
    """An inner response and the facts the service copies to the outer one."""

    response: Response
    facts: tuple[tuple[str, str], ...]
    caller: Caller | None


class InnerRequests:
    """Answers decrypted requests."""

    def __init__(self, service: Service, tokens: TokenVerifier, limit: RateLimit) -> None:
        self._service = service
        self._tokens = tokens
        self._limit = limit

    @property
    def _table(self) -> Mapping[str, Row]:
        return TABLES[str(self._service.ctx.settings.get("error_table", TODAY))]

    def answer(self, raw: bytes, *, token: str, user: str) -> Inner:
        """Return the answer to `raw`; a defect of the mock becomes the original's 500."""
        talk = Conversation()
        try:
            return _success(self._run(raw, token, user, talk), talk)
        except Refused as refused:
            return _failure(resolve(refused, self._table), talk)
        except Exception:  # noqa: BLE001 - the process must stay alive, the log tells
            _LOG.exception("erezept: %s", talk.operation)
            return _failure(resolve(Refused("internal"), self._table), talk)

    def _run(self, raw: bytes, token: str, user: str, talk: Conversation) -> Answer:
        try:
            request = talk.request = Request.parse(raw)
        except MalformedHttp as problem:
            raise Refused("inner-http", diagnostics=str(problem)) from None
        check_bom(request)
        _check_authorization(request, token)
        settings = self._service.ctx.settings
        operation, parameters = _route(request, settings)
        talk.operation = operation.name
        caller = talk.caller = self._tokens.verify(
            token, audience=str(settings.get("audience", AUDIENCE)), user=user
        )
        limit = settings.get("rate_limit", CALLS)
        self._limit.count(caller, limit if isinstance(limit, int) else CALLS)
        _check_role(operation, parameters, caller)
        answer_format(request, caller.oid)
        call = Call(request, caller, operation.name)
        answer = operation.run(self._service, call, **parameters)
        note(self._service, call, answer)
        return answer


def _check_authorization(request: Request, token: str) -> None:
    value = request.header("Authorization")
    if value is None:
        raise Refused("authorization-missing")
    if not value.startswith(_BEARER):
        raise Refused("authorization-not-bearer")
    if value.removeprefix(_BEARER) != token:
        raise Refused("authorization-differs")


def _route(request: Request, settings: Mapping[str, object]) -> tuple[Operation, dict[str, str]]:
    for row, pattern in _COMPILED:
        if row.flag and not settings.get(row.flag):
            continue
        if row.method == request.method and (found := pattern.fullmatch(request.path)):
            return row, found.groupdict()
    raise Refused("no-handler")


def _check_role(operation: Operation, parameters: dict[str, str], caller: Caller) -> None:
    name = operation.name
    if name == ACCEPT:
        name = _accept_roles(parameters["id"])
    if not name or not allowed(name, caller.oid):
        raise Refused("role", oid=caller.oid)


def _accept_roles(prescription_id: str) -> str:
    """Return the row for the id's flow type; no row for a malformed id, hence 403."""
    if not rezept_id.is_valid(prescription_id):
        return ""
    digital = rezept_id.parse(prescription_id).flow_type == FlowType.DIGITAL_APPLICATION
    return f"{ACCEPT} 162" if digital else ACCEPT


def _success(answer: Answer, talk: Conversation) -> Inner:
    assert talk.request is not None
    assert talk.caller is not None
    facts = [("Inner-Response-Code", str(answer.status)), *_request_facts(talk)]
    if answer.flow_type is not None:
        facts.append(("Inner-Request-Flowtype", str(answer.flow_type)))
    if answer.prescription_id is not None:
        facts.append(("Prescription-ID", answer.prescription_id))
    if answer.resource is None:
        return Inner(Response(answer.status, answer.headers), tuple(facts), talk.caller)
    wanted = answer_format(talk.request, talk.caller.oid)
    response = _respond(answer.status, answer.resource, wanted, answer.headers)
    return Inner(response, tuple(facts), talk.caller)


def _failure(refusal: Refusal, talk: Conversation) -> Inner:
    headers = [("Connection", "close")]
    if refusal.authenticate:
        headers.append(("WWW-Authenticate", refusal.authenticate))
    outcome = resources.operation_outcome(refusal)
    response = _respond(refusal.status, outcome, _error_format(talk), tuple(headers))
    facts = [("Inner-Response-Code", str(refusal.status)), *_request_facts(talk)]
    if refusal.vau_code:
        facts.append(("VAU-Error-Code", refusal.vau_code))
    return Inner(response, tuple(facts), talk.caller)


def _request_facts(talk: Conversation) -> list[tuple[str, str]]:
    facts = []
    if talk.operation:
        facts.append(("Inner-Request-Operation", talk.operation))
    if talk.caller:
        facts.append(("Inner-Request-Role", talk.caller.oid))
    return facts


def _error_format(talk: Conversation) -> Format:
    oid = talk.caller.oid if talk.caller else None
    if talk.request is None:
        return default_format(oid)
    try:
        return answer_format(talk.request, oid)
    except Refused:
        return default_format(oid)


def _respond(
    status: int, resource: Resource, kind: Format, headers: tuple[tuple[str, str], ...]
) -> Response:
    body = to_xml(resource) if kind is Format.XML else _json(resource)
    return Response(status, (("Content-Type", kind.media_type), *headers), body)


def _json(resource: Resource) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
