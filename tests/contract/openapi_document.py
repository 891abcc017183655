"""Official OpenAPI documents: references resolved, requests and answers judged."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import yaml

Json = dict[str, Any]


@cache
def _load(path: Path) -> Json:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def resolved(node: Any, home: Path) -> Any:
    """Return `node` of the document `home` with everything it refers to put in place."""
    if isinstance(node, list):
        return [resolved(one, home) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name, _, pointer = node["$ref"].partition("#")
        place = home.parent / name if name else home
        found: Any = _load(place)
        for step in pointer.strip("/").split("/"):
            # A status code may be written as a number.
            found = found[step] if step in found else found[int(step)]
        return resolved(found, place)
    return {str(key): resolved(value, home) for key, value in node.items()}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with the parameters of its path."""

    name: str
    described: Json

    def problem(self, answer: httpx.Response) -> str:
        """Return what is wrong with an answer, empty when it is as described."""
        row = self.described["responses"].get(str(answer.status_code))
        if row is None:
            return f"{self.name}: status {answer.status_code} is not described"
        content = row.get("content")
        if not content:
            return ""
        media = answer.headers.get("Content-Type", "")
        schema = next(
            (held.get("schema") for kind, held in content.items() if _same(kind, media)), None
        )
        if schema is None:
            return (
                f"{self.name}: {answer.status_code} with {media or 'nothing'}, not {list(content)}"
            )
        if "json" not in media or answer.request.method == "HEAD":
            return ""
        return f"{self.name}: {wrong}" if (wrong := problem(answer.json(), schema)) else ""

    def request_problem(self, request: httpx.Request) -> str:
        """Return what is wrong with a request: headers it needs, and its body."""
        for parameter in self.described.get("parameters", ()):
            name = parameter["name"]
            if (
                parameter["in"] == "header"
                and parameter.get("required")
                and name not in request.headers
            ):
                return f"{self.name}: header {name} is missing"
        for kind, held in self.described.get("requestBody", {}).get("content", {}).items():
            if "json" in kind:
                wrong = problem(json.loads(request.content), held["schema"])
                return f"{self.name}: {wrong}" if wrong else ""
        return ""


def operations(path: Path) -> list[tuple[str, str, Operation]]:
    """Return (method, path, operation) of a document."""
    found = []
    for route, row in _load(path)["paths"].items():
        shared = resolved(row.get("parameters", []), path)
        for method in ("get", "put", "post", "delete", "head"):
            if method in row:
                described = resolved(row[method], path)
                described["parameters"] = [*shared, *described.get("parameters", [])]
                name = described.get("operationId", f"{method} {route}")
                found.append((method.upper(), route, Operation(name, described)))
    return found


def operation_for(path: Path, method: str, route: str) -> Operation:
    """Return the operation a call means; `route` is relative to the server's address."""
    for known, template, operation in operations(path):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if known == method and re.fullmatch(pattern, route):
            return operation
    raise LookupError(f"{method} {route}")


def problem(value: object, schema: Json) -> str:
    """Return why `value` does not fit, empty when it does."""
    validator = jsonschema.Draft202012Validator(_plain(schema))
    return "; ".join(sorted(error.message for error in validator.iter_errors(value)))


def _plain(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON schema."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        key: _plain(value) for key, value in schema.items() if key not in ("nullable", "example")
    }
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def _same(kind: str, media: str) -> bool:
    return kind.partition(";")[0].strip().lower() == media.partition(";")[0].strip().lower()
