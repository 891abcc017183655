"""What an operator and the employers' side ask over HTTP; sick notes come by KIM."""

from __future__ import annotations

import json

from mocks.kasse.state import Insurer, Insurers, Record
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.app import Route
from pruefstand.model.http import Request, Response


def build(ctx: MockContext, insurers: Insurers) -> App:
    """Return the app over `insurers`; the world's clock lets them look by `act`."""
    return App(
        "kasse",
        [],
        _otherwise,
        _failure,
        ctx.faults,
        act=insurers.look,
        control=(Route("GET", "/stand", "stand", lambda _: _json(_stand(insurers))),),
    )


def _stand(insurers: Insurers) -> dict[str, object]:
    with insurers.lock:
        return {
            "pruefung": insurers.conformity.depth(insurers.ctx.settings),
            "dokumente": [_record(*pair) for pair in insurers.records()],
        }


def _record(insurer: Insurer, record: Record) -> dict[str, object]:
    facts = record.facts
    return {
        "kasse": insurer.box.address,
        "dokument": facts.document_id,
        "storno_zu": facts.cancelled,
        "code": record.code,
        "storniert": record.cancelled,
        "eingaenge": record.times,
    }


def _json(content: object, status: int = 200) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(status, (("Content-Type", "application/json"),), body)


def _otherwise(_: Request) -> Response:
    return _json({"error": "unbekannt"}, 404)


def _failure(_: Request, error: Exception) -> Response:
    return _json({"error": type(error).__name__}, 500)
