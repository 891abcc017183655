"""What an operator and the employers' side ask over HTTP; sick notes come by KIM."""

from __future__ import annotations

import json
from datetime import date

from mocks.kasse.employers import MalformedQuestion, OtherProof, Question, Reply
from mocks.kasse.state import Insurer, Insurers, Record
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.app import Route
from pruefstand.model.http import Request, Response


def build(ctx: MockContext, insurers: Insurers) -> App:
    """Return the app over `insurers`; the world's clock lets them look by `act`."""
    return App(
        "kasse",
        [
            Route(
                "POST",
                "/arbeitgeberabfragen",
                "abfrage",
                lambda request: _employer(request, insurers),
                "Grundsätze §109 SGB IV",
            )
        ],
        _otherwise,
        _failure,
        ctx.faults,
        act=insurers.look,
        control=(
            Route("GET", "/stand", "stand", lambda _: _json(_stand(insurers))),
            Route("POST", "/nachweise", "nachweis", lambda request: _proof(request, insurers)),
        ),
    )


def _employer(request: Request, insurers: Insurers) -> Response:
    try:
        return _json(insurers.answer_employer(Question.read(json.loads(request.body))))
    except (MalformedQuestion, ValueError, RecursionError) as problem:
        return _json({"error": str(problem)}, 400)


def _proof(request: Request, insurers: Insurers) -> Response:
    """Note a proof that came to the insurer on another way."""
    try:
        given = json.loads(request.body)
        period = (date.fromisoformat(given[name]) for name in ("von", "bis"))
        insurers.add_proof(OtherProof(str(given["kvnr"]), Reply(given["kennzeichen"]), *period))
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        return _json({"error": f"Angabe fehlt oder ist falsch: {problem}"}, 400)
    return Response(204)


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
