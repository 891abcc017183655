"""An exchange as JSON: bodies are replaced by their SHA-256, the bytes live in the blob store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pruefstand.model.case import Json
from pruefstand.model.exchange import Exchange, Layer, Message, Side

BlobWriter = Callable[[bytes], str]
BlobReader = Callable[[str], bytes]


def exchange_to_json(exchange: Exchange, blob_writer: BlobWriter) -> Json:
    """Return `exchange` as a JSON object; `blob_writer` stores a body and returns its hash."""
    return {
        "id": exchange.id,
        "parent": exchange.parent,
        "layer": exchange.layer.value,
        "side": exchange.side.value,
        "actor": exchange.actor,
        "peer": exchange.peer,
        "operation": exchange.operation,
        "started": exchange.started.isoformat(),
        "duration": exchange.duration,
        "request": _message_to_json(exchange.request, blob_writer),
        "response": exchange.response and _message_to_json(exchange.response, blob_writer),
        "facts": dict(exchange.facts),
        "error": exchange.error,
        "case": exchange.case,
        "step": exchange.step,
    }


def exchange_from_json(data: Mapping[str, Any], blob_reader: BlobReader) -> Exchange:
    """Read what `exchange_to_json` wrote; raises KeyError or ValueError on other input."""
    response = data["response"]
    return Exchange(
        id=data["id"],
        parent=data["parent"],
        layer=Layer(data["layer"]),
        side=Side(data["side"]),
        actor=data["actor"],
        peer=data["peer"],
        operation=data["operation"],
        started=datetime.fromisoformat(data["started"]),
        duration=data["duration"],
        request=_message_from_json(data["request"], blob_reader),
        response=_message_from_json(response, blob_reader) if response else None,
        facts=dict(data["facts"]),
        error=data["error"],
        case=data["case"],
        step=data["step"],
    )


def _message_to_json(message: Message, blob_writer: BlobWriter) -> Json:
    return {
        "start": message.start,
        "headers": [list(pair) for pair in message.headers],
        "status": message.status,
        "body": blob_writer(message.body) if message.body else "",
        "size": len(message.body),
    }


def _message_from_json(data: Mapping[str, Any], blob_reader: BlobReader) -> Message:
    return Message(
        start=data["start"],
        headers=tuple((name, value) for name, value in data["headers"]),
        status=data["status"],
        body=blob_reader(data["body"]) if data["body"] else b"",
    )
