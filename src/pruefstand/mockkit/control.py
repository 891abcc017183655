"""The control port of a world of mocks: what an operator asks and switches, in clear on loopback.

Each mock has the paths `/{role}/health`, `/{role}/openapi.json` and `/{role}/faults` here, and the
routes of its `App.control` below `/{role}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from pruefstand.mockkit.app import App, Handler, Route
from pruefstand.mockkit.openapi import Described, document
from pruefstand.model.http import Request, Response

NAME = "control"
_LOCAL = frozenset({"localhost", "127.0.0.1"})


def control_app(apps: Mapping[str, App]) -> App:
    """Return the control interface of `apps` by role."""
    health = Route("GET", "/health", "health", lambda _: _json({"up": sorted(apps)}))
    routes = [replace(health, handler=_local(health))]
    for role, app in apps.items():
        own = (*_standard_routes(app), *_acting(app), *app.control)
        routes += [replace(row, path=f"/{role}{row.path}", handler=_local(row)) for row in own]
    return App(
        NAME,
        routes,
        otherwise=lambda request: _problem(404, f"unbekannt: {request.method} {request.path}"),
        on_error=lambda _, error: _problem(500, type(error).__name__),
    )


def _standard_routes(app: App) -> tuple[Route, ...]:
    return (
        Route("GET", "/health", "health", lambda _: _json({"name": app.name, "up": True})),
        Route("GET", "/openapi.json", "openapi", lambda _: _json(description(app))),
        Route("GET", "/faults", "faults", lambda _: _json(_faults(app))),
        Route("PUT", "/faults/{name}", "fault-on", lambda _, name: _switch(app, name, True)),
        Route("DELETE", "/faults/{name}", "fault-off", lambda _, name: _switch(app, name, False)),
    )


def _acting(app: App) -> tuple[Route, ...]:
    act = app.act
    if act is None:
        return ()
    return (Route("POST", "/act", "act", lambda _: _json({"done": act()})),)


def description(app: App) -> Mapping[str, object]:
    """Return the OpenAPI document of `app`: its own, or one made of its route table."""
    if app.describe is not None:
        return app.describe()
    rows = (Described(row.method, row.path, row.operation, row.source) for row in app.routes)
    return document(app.name, "1", rows)


def _local(row: Route) -> Handler:
    """Return the handler behind a test of the Host header: no foreign name may lead here."""

    def answer(request: Request, **parameters: str) -> Response:
        host = (request.header("Host") or "").rpartition(":")[0] or request.header("Host")
        if host not in _LOCAL:
            return _problem(403, "nur unter localhost")
        return row.handler(request, **parameters)

    return answer


def _faults(app: App) -> list[dict[str, object]]:
    return [
        {
            "name": fault.name,
            "text": fault.text,
            "breaks": list(fault.breaks),
            "active": fault.name in app.faults,
        }
        for fault in app.faults.offered.values()
    ]


def _switch(app: App, name: str, on: bool) -> Response:
    if name not in app.faults.offered:
        return _problem(404, f"Fehler {name!r} gibt es nicht")
    if app.faults.fixed:
        return _problem(409, "Fehler lassen sich nur bei einem Prozess schalten")
    app.faults.switch(name, on)
    return Response(204)


def _json(content: object, status: int = 200) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(status, (("Content-Type", "application/json"),), body)


def _problem(status: int, text: str) -> Response:
    return _json({"error": text}, status)
