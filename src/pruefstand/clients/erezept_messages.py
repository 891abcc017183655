"""Messages at the E-Rezept-Fachdienst: send, read, delete, and the wish to be told of new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from pruefstand.clients.erezept import FHIR_XML, ErezeptClient
from pruefstand.errors import SutError
from pruefstand.fhir.xml import NAMESPACE, FhirSyntaxProblem, safe_parse, to_xml
from pruefstand.model.http import Headers, Request, Response

_ACCEPT: Headers = (("Accept", FHIR_XML),)
_BEARER = "Authorization: Bearer "


def _path(expression: str) -> Callable[[etree._Element], str]:
    path = etree.XPath(f"string({expression})", namespaces={"f": NAMESPACE}, smart_strings=False)
    return cast("Callable[[etree._Element], str]", path)


_MESSAGES = etree.XPath("/f:Bundle/f:entry/f:resource/f:Communication", namespaces={"f": NAMESPACE})
_ID = _path("f:id/@value")
_ABOUT = _path("f:basedOn/f:reference/@value")
_SENDER = _path("f:sender/f:identifier/f:value/@value")
_TEXT = _path("f:payload/f:contentString/@value")
_CHANNEL = _path("/f:Subscription/f:channel/f:header/@value")
_SUBSCRIPTION = _path("/f:Subscription/f:id/@value")


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message as its recipient sees it."""

    id: str
    about: str = field(repr=False)
    """Reference such as `Task/160…`; an order's holds the AccessCode."""
    sender: str
    text: str

    @property
    def prescription_id(self) -> str:
        """The Rezept-ID the message is about."""
        return self.about.split("/")[1] if "/" in self.about else ""

    @property
    def access_code(self) -> str:
        """The code by which the recipient may redeem, or nothing."""
        return self.about.partition("?ac=")[2]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """An open subscription: pseudonym and token of the WebSocket."""

    id: str
    token: str = field(repr=False)


class ErezeptMessages:
    """The messages of one caller."""

    def __init__(self, client: ErezeptClient) -> None:
        self._client = client

    def send(self, body: bytes) -> str:
        """Send a Communication and return its id; raises ErezeptRefusal."""
        headers = (*_ACCEPT, ("Content-Type", FHIR_XML))
        answer = self._call(Request("POST", "/Communication", headers, body), "Communication")
        return (answer.header("Location") or "").rpartition("/")[2]

    def unread(self) -> list[ReceivedMessage]:
        """Return what has not been fetched before; from now on it counts as read."""
        target = "/Communication?received=NULL"
        return self._list(self._call(Request("GET", target, _ACCEPT), "Communication"))

    def all(self) -> list[ReceivedMessage]:
        """Return sent and received messages, oldest first."""
        return self._list(self._call(Request("GET", "/Communication", _ACCEPT), "Communication"))

    def delete(self, message_id: str) -> None:
        """Delete an own message; raises ErezeptRefusal."""
        target = f"/Communication/{message_id}"
        self._call(Request("DELETE", target, _ACCEPT), "Communication/{id}")

    def subscribe(self, telematik_id: str) -> Subscribed:
        """Ask to be told of new messages; raises ErezeptRefusal."""
        body = to_xml(
            {
                "resourceType": "Subscription",
                "status": "requested",
                "reason": "Neue Nachrichten",
                "criteria": f"Communication?received=null&recipient={telematik_id}",
                "channel": {"type": "websocket"},
            }
        )
        headers = (*_ACCEPT, ("Content-Type", FHIR_XML))
        answer = self._client.checked(
            Request("POST", "/Subscription", headers, body), "Subscription", "Subscription"
        )
        root = _root(answer)
        return Subscribed(_SUBSCRIPTION(root), _CHANNEL(root).removeprefix(_BEARER))

    def _call(self, inner: Request, operation: str) -> Response:
        return self._client.checked(inner, operation, "Communication")

    def _list(self, answer: Response) -> list[ReceivedMessage]:
        found = cast("list[etree._Element]", _MESSAGES(_root(answer)))
        return [
            ReceivedMessage(_ID(item), _ABOUT(item), _SENDER(item), _TEXT(item)) for item in found
        ]


def _root(answer: Response) -> etree._Element:
    try:
        return safe_parse(answer.body)
    except FhirSyntaxProblem as problem:
        raise SutError(f"Antwort des Fachdienstes ist kein FHIR-XML: {problem}") from problem
