"""What payroll software asks, and what the insurers report later; JSON of our own."""

from __future__ import annotations

import json

from mocks.arbeitgeber.state import CommunicationServer, Unanswered
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.app import Route
from pruefstand.model.http import Request, Response

SOURCE = "Grundsätze §109 SGB IV"


def build(ctx: MockContext, server: CommunicationServer) -> App:
    """Return the app over `server`."""
    return App(
        "arbeitgeber",
        [
            Route("POST", "/abfragen", "abfrage", lambda r: _ask(r, server), SOURCE),
            Route("POST", "/rueckmeldungen", "rueckmeldung", lambda r: _keep(r, server), SOURCE),
            Route(
                "GET",
                "/rueckmeldungen/{number}",
                "rueckmeldungen",
                lambda _, number: _json(server.answers.get(number, [])),
                SOURCE,
            ),
        ],
        lambda _: _json({"error": "unbekannt"}, 404),
        lambda _, error: _json({"error": type(error).__name__}, 500),
        ctx.faults,
    )


def _ask(request: Request, server: CommunicationServer) -> Response:
    question = _object(request)
    if question is None:
        return _json({"error": "kein JSON-Objekt"}, 400)
    try:
        return _json(server.ask(question))
    except Unanswered as problem:
        return _json({"error": str(problem)}, problem.status)


def _keep(request: Request, server: CommunicationServer) -> Response:
    answer = _object(request)
    if answer is None:
        return _json({"error": "kein JSON-Objekt"}, 400)
    server.keep(answer)
    return Response(204)


def _object(request: Request) -> dict[str, object] | None:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _json(content: object, status: int = 200) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(status, (("Content-Type", "application/json"),), body)
