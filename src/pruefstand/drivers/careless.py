"""The clients of the simulated actors, which can be careless on each layer they speak.

With an empty fault set they behave exactly as the clients they extend; what is switched on is
done in real traffic. The names stand in `carelessness`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from pruefstand.clients.erezept import Activation, CreatedTask, ErezeptClient
from pruefstand.drivers import carelessness as named
from pruefstand.drivers.slips import Placing, Slip, carried_out, spoiled
from pruefstand.errors import ServiceRefusal
from pruefstand.model.fault import FaultSet
from pruefstand.model.http import Request, Response
from pruefstand.transport import Transport
from pruefstand.transport.protocol import TransportFailure
from pruefstand.transport.recorder import Recorder

INSTEAD, AHEAD, AGAIN = Placing.INSTEAD, Placing.AHEAD, Placing.AGAIN
FOREIGN_MESSAGE = "4e9d2c1a-7b36-4c5e-8f10-2a6b9c3d5e7f"


def header(name: str, value: str | None) -> Callable[[Request], Request | None]:
    """Return what replaces header `name`, or removes it; a request without it stays right."""

    def change(request: Request) -> Request | None:
        if request.header(name) is None:
            return None
        others = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
        return replace(request, headers=(*others, (name, value)) if value is not None else others)

    return change


def _unencrypted(request: Request) -> Request:
    return replace(request, target=request.target.replace("https://", "http://", 1))


def _outside_vau(request: Request) -> Request:
    place = urlsplit(request.target)
    agent = tuple(pair for pair in request.headers if pair[0] == "User-Agent")
    return Request("GET", f"{place.scheme}://{place.netloc}/Task", agent)


def _without_pseudonym(request: Request) -> Request:
    return replace(request, target=f"{request.target.rpartition('/')[0]}/0")


def _known_caller(request: Request) -> Request | None:
    # The first call has no pseudonym yet: repeating it would break a second rule.
    return None if request.target.endswith("/0") else request


def _query(name: str, value: str | None) -> Callable[[Request], Request]:
    """Return what gives a query parameter another value, or removes it."""

    def change(request: Request) -> Request:
        by = "" if value is None else f"{name}={value}&"
        target = re.sub(rf"\b{name}=[^&]*&?", by, request.target).rstrip("&")
        return replace(request, target=target)

    return change


def _login_at_known_address(request: Request) -> Request:
    place = urlsplit(request.target)
    asked = "client_id=gematikTestPs&redirect_uri=http%3A%2F%2Ftest-ps.gematik.de%2Ferezept"
    asked += "&response_type=code&state=a&nonce=b&scope=openid+e-rezept&code_challenge_method=S256"
    target = f"{place.scheme}://{place.netloc}/sign_response?{asked}&code_challenge={'A' * 43}"
    return replace(request, target=target)


def _open_key(request: Request) -> Request:
    return replace(request, body=re.sub(rb"key_verifier=[^&]*", b"key_verifier=a", request.body))


OUTER: tuple[Slip[Request], ...] = (
    Slip(named.PLAIN_TEXT, "Discovery", AHEAD, _unencrypted),
    Slip(named.FIXED_ADDRESS, "Discovery", AHEAD, _login_at_known_address),
    Slip(named.NO_SCOPE, "AuthorizationRequest", AHEAD, _query("scope", None)),
    Slip(
        named.PLAIN_CHALLENGE,
        "AuthorizationRequest",
        AHEAD,
        _query("code_challenge_method", "plain"),
    ),
    Slip(named.OPEN_KEY, "TokenRequest", AGAIN, _open_key),
    Slip(named.USER_AGENT, "", INSTEAD, header("User-Agent", "Pruefstand")),
    Slip(named.RESOURCE_HEADER, "VAU", INSTEAD, header("X-erp-resource", "task")),
    Slip(named.USER_KIND, "VAU", INSTEAD, header("X-erp-user", "v")),
    Slip(named.OUTSIDE_VAU, "VAU", AHEAD, _outside_vau),
    Slip(named.PSEUDONYM, "VAU", INSTEAD, _without_pseudonym),
    Slip(named.SENT_TWICE, "VAU", AGAIN, _known_caller),
)


class CarelessTransport:
    """Sends through another transport, and spoils what goes over the wire."""

    def __init__(
        self, inner: Transport, faults: FaultSet, more: tuple[Slip[Request], ...] = ()
    ) -> None:
        """`more` are slips beside `OUTER`."""
        self._inner = inner
        self._slips = OUTER + more
        self._faults = faults

    @property
    def recorder(self) -> Recorder:
        """The recorder of the transport behind."""
        return self._inner.recorder

    @property
    def actor(self) -> str:
        """The role that speaks."""
        return self._inner.actor

    def send(self, request: Request, *, peer: str, operation: str) -> Response:
        """Return the answer to the right call; raises TransportFailure when none comes."""

        def aside(wrong: Request) -> None:
            with suppress(TransportFailure):
                self._inner.send(wrong, peer=peer, operation=operation)

        request = carried_out(self._slips, self._faults, operation, request, aside)
        answer = self._inner.send(request, peer=peer, operation=operation)
        for again in spoiled(self._slips, self._faults, operation, AGAIN, request):
            aside(again)
        return answer


def _without_flow_type(request: Request) -> Request:
    return replace(request, body=request.body.replace(b"workflowType", b"flowType"))


def _wrong_secret(request: Request) -> Request:
    start, _, secret = request.target.partition("secret=")
    return replace(request, target=f"{start}secret={secret[::-1]}")


def _of_kind(kind: bytes, pattern: bytes, by: bytes) -> Callable[[Request], Request | None]:
    """Return what rewrites a message of a kind; any other call stays right."""

    def change(request: Request) -> Request | None:
        if request.method != "POST" or kind not in request.body:
            return None
        return replace(request, body=re.sub(pattern, by, request.body))

    return change


_REPLY, _ORDER = b"PR_Communication_Reply", b"PR_Communication_DispReq"
_TEXT, _LOOSE = rb'<contentString value="[^"]*"', b'<contentString value="ja"'
_NUMBER = rb"(\d{3}\.\d{3}\.\d{3}\.)\d{3}"


def _other_poll(request: Request) -> Request | None:
    if request.method != "GET":
        return None
    return replace(request, target="/Communication?sender=3-00.0.0000000000.00.000")


def _foreign_message(request: Request) -> Request:
    return replace(request, target=f"/Communication/{FOREIGN_MESSAGE}")


def _same(request: Request) -> Request:
    return request


INNER: tuple[Slip[Request], ...] = (
    Slip(named.NO_FLOW_TYPE, "Task/$create", AHEAD, _without_flow_type),
    Slip(named.NO_CODE_AT_ACTIVATE, "Task/$activate", AHEAD, header("X-AccessCode", None)),
    Slip(named.NO_CODE_AT_ABORT, "Task/$abort", AHEAD, header("X-AccessCode", None)),
    Slip(named.WRONG_SECRET_AT_CLOSE, "Task/$close", AHEAD, _wrong_secret),
    Slip(named.WRONG_SECRET_AT_REJECT, "Task/$reject", AHEAD, _wrong_secret),
    Slip(named.NO_SECRET_AT_ABORT, "Task/$abort", AHEAD, _query("secret", None)),
    Slip(named.NO_SECRET_AT_RECEIPT, "Task/{id}", AHEAD, _wrong_secret),
    Slip(named.POLLS_TWICE, "Communication", AHEAD, _other_poll),
    Slip(named.FOREIGN_REPLY, "Communication", AHEAD, _of_kind(_REPLY, _NUMBER, rb"\g<1>999")),
    Slip(named.LOOSE_REPLY, "Communication", AHEAD, _of_kind(_REPLY, _TEXT, _LOOSE)),
    Slip(named.LOOSE_ORDER, "Communication", AHEAD, _of_kind(_ORDER, _TEXT, _LOOSE)),
    Slip(named.FOREIGN_MESSAGE, "Communication/{id}", AHEAD, _foreign_message),
    Slip(named.SUBSCRIBES_TWICE, "Subscription", AGAIN, _same),
)


class CarelessErezept(ErezeptClient):
    """Spoils calls inside the VAU, and can upload a document ahead of the right one."""

    faults: FaultSet
    _slips: tuple[Slip[Request], ...]
    _codes: dict[str, str]
    _accepted: dict[str, Activation]

    def careless(self, faults: FaultSet, more: tuple[Slip[Request], ...] = ()) -> CarelessErezept:
        """Let `faults` decide over `INNER` and `more`, and return the client."""
        self.faults, self._codes, self._accepted = faults, {}, {}
        self._slips = INNER + more
        return self

    def call(
        self, inner: Request, operation: str, resource: str, *, token: str | None = None
    ) -> Response:
        """Send what goes ahead, then the call itself; its answer counts."""

        def aside(wrong: Request) -> None:
            with suppress(ServiceRefusal):
                ErezeptClient.call(self, wrong, operation, resource, token=token)

        inner = carried_out(self._slips, self.faults, operation, inner, aside)
        answer = super().call(inner, operation, resource, token=token)
        for again in spoiled(self._slips, self.faults, operation, AGAIN, inner):
            aside(again)
        return answer

    def create(self, flow_type: int) -> CreatedTask:
        """Call $create and keep the code; raises ErezeptRefusal."""
        task = super().create(flow_type)
        self._codes[task.prescription_id] = task.access_code
        return task

    def attempt(self, prescription_id: str, signed: bytes) -> None:
        """Upload a wrong document; once the service takes it, the right one stays at home."""
        code = self._codes[prescription_id]
        with suppress(ServiceRefusal):
            self._accepted[prescription_id] = super().activate(prescription_id, code, signed)

    def activate(self, prescription_id: str, access_code: str, signed: bytes) -> Activation:
        """Upload unless an attempt got through; raises ErezeptRefusal."""
        earlier = self._accepted.pop(prescription_id, None)
        return earlier or super().activate(prescription_id, access_code, signed)


def rewriting(pattern: bytes, by: bytes) -> Callable[[bytes], bytes]:
    """Return what rewrites a document where `pattern` is found; any other stays as it is."""
    compiled = re.compile(pattern)
    return lambda document: compiled.sub(by, document)


DOCUMENTS: tuple[Slip[bytes], ...] = (
    Slip(named.FOREIGN_ID, "", AHEAD, rewriting(rb"(\d{3}\.\d{3}\.\d{3}\.)\d{3}", rb"\g<1>999")),
    Slip(named.BACKDATED, "", AHEAD, rewriting(rb'(authoredOn value=")\d{4}', rb"\g<1>2020")),
    Slip(
        named.WRONG_INTENT, "", AHEAD, rewriting(rb'<intent value="order"', b'<intent value="plan"')
    ),
    Slip(
        named.NO_PROFILE,
        "",
        AHEAD,
        rewriting(rb'<profile value="[^"]*_Patient[^"]*"\s*(/>|></profile>)', b""),
    ),
    Slip(
        named.WRONG_MEDICATION,
        "",
        AHEAD,
        rewriting(rb"KBV_PR_ERP_Medication_\w+", b"KBV_PR_ERP_Medication_Andere"),
    ),
)


PRINTS: tuple[Slip[str], ...] = (
    Slip(named.SPOILED_CODE, "", INSTEAD, lambda page: page.replace("M6 6h1v1", "M7 6h1v1")),
    Slip(named.NO_DETAILS, "", INSTEAD, lambda page: re.sub(r"<dd>[^<]*</dd>", "<dd></dd>", page)),
    Slip(
        named.BARE_HEADING,
        "",
        INSTEAD,
        lambda page: re.sub(r"<h1>[^<]*</h1>", "<h1>Ausdruck</h1>", page),
    ),
)
