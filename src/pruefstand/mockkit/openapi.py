"""An OpenAPI 3.1 description as data: rows of an interface become one document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]
VERSION = "3.1.0"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query or header parameter."""

    name: str
    place: str = "query"
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """One operation; without `statuses` any status may come."""

    method: str
    path: str
    operation: str
    source: str = ""
    parameters: Sequence[Parameter] = ()
    path_schemas: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    body: Mapping[str, Mapping[str, object]] | None = None
    """Schema per media type of the request; None when there is no body."""
    statuses: Sequence[int] = ()
    answers: Sequence[str] = ()
    """Media types of the answer."""


def document(title: str, version: str, rows: Iterable[Described]) -> Json:
    """Return the OpenAPI document of `rows`."""
    paths: dict[str, Json] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": VERSION,
        "info": {"title": title, "version": version},
        "paths": paths,
    }


def _operation(row: Described) -> Json:
    operation: Json = {
        "operationId": f"{row.method} {row.path}",
        "summary": row.operation,
        "parameters": [*_path_parameters(row), *map(_parameter, row.parameters)],
        "responses": {str(status): _answer(_reason(status), row, status) for status in row.statuses}
        or {"default": _answer("Antwort", row)},
    }
    if row.source:
        operation["description"] = row.source
    if row.body is not None:
        operation["requestBody"] = {
            "content": {media: {"schema": dict(schema)} for media, schema in row.body.items()}
        }
    return operation


def _path_parameters(row: Described) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": dict(row.path_schemas.get(name, {"type": "string", "minLength": 1})),
        }
        for name in _PARAMETER.findall(row.path)
    ]


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": dict(parameter.schema),
    }


def _answer(text: str, row: Described, status: int = 200) -> Json:
    empty = status == HTTPStatus.NO_CONTENT
    content: Json = {} if empty else {media: {} for media in row.answers}
    return {"description": text, **({"content": content} if content else {})}


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Antwort"
