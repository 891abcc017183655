"""CETP frames: four letters, the length in octets, an event as XML (gemSpec_Kon)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from pruefstand.soap.envelope import Element, SoapProblem, children, element, parse_xml, serialize
from pruefstand.soap.envelope import text as text_of
from pruefstand.soap.namespaces import qname

MARK = b"CETP"
_HEAD = struct.Struct(">4sI")
_LONGEST_VALUE = 5000


@dataclass(frozen=True, slots=True)
class Event:
    """What happened; `parameters` keep their order."""

    topic: str
    parameters: dict[str, str]
    kind: str = "Operation"
    severity: str = "Info"
    subscription: str = ""


def event_element(event: Event) -> Element:
    """Return `event` as `EVT:Event`."""
    parameters = [
        element(
            "EVT:Parameter",
            element("EVT:Key", key),
            element("EVT:Value", value[:_LONGEST_VALUE]),
        )
        for key, value in event.parameters.items()
    ]
    return element(
        "EVT:Event",
        element("EVT:Topic", event.topic),
        element("EVT:Type", event.kind),
        element("EVT:Severity", event.severity),
        element("EVT:SubscriptionID", event.subscription),
        element("EVT:Message", *parameters),
    )


def frame(event: Event) -> bytes:
    """Return the frame that carries `event`, to be sent in one write."""
    body = b'<?xml version="1.0" encoding="UTF-8"?>' + serialize(event_element(event))
    return _HEAD.pack(MARK, len(body)) + body


def read_frame(data: bytes) -> Event:
    """Return the event of one whole frame; raises SoapProblem when it is none."""
    if len(data) < _HEAD.size or data[:4] != MARK:
        raise SoapProblem("no CETP frame")
    length = _HEAD.unpack_from(data)[1]
    if len(data) != _HEAD.size + length:
        raise SoapProblem(f"frame announces {length} octets, {len(data) - _HEAD.size} came")
    root = parse_xml(data[_HEAD.size :])
    if root.tag != qname("EVT:Event"):
        raise SoapProblem(f"frame carries {root.tag}")
    return Event(
        text_of(root, "EVT:Topic") or "",
        {
            text_of(part, "EVT:Key") or "": text_of(part, "EVT:Value") or ""
            for part in children(root, "EVT:Message/EVT:Parameter")
        },
        text_of(root, "EVT:Type") or "",
        text_of(root, "EVT:Severity") or "",
        text_of(root, "EVT:SubscriptionID") or "",
    )


def address(event_to: str) -> tuple[str, int] | None:
    """Return host and port of `cetp://host:port`; None when it is no such address."""
    try:
        parts = urlsplit(event_to)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "cetp" or not parts.hostname or not port:
        return None
    return parts.hostname, port
