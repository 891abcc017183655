"""Which exchanges of a case a reader sees: the innermost protocol, its carriers folded beneath.

One upload to the E-Rezept-Fachdienst is recorded as TLS, outer HTTP, VAU and inner HTTP with a FHIR
body that carries a CMS. A reader wants one arrow `Task/$activate` and the layers as its badges.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pruefstand.model.case import Json
from pruefstand.model.exchange import Layer, Side

BodyReader = Callable[[str], bytes]

LIFELINES = (
    "patient",
    "doctolib",
    "video",
    "pvs",
    "praxis",
    "konnektor",
    "idp",
    "erezept",
    "apotheke",
    "apotheke2",
    "ocsp",
    "tsl",
    "vsdm",
    "vzd",
    "kim",
    "epa",
    "kasse",
    "arbeitgeber",
)
"""Roles in the order of the lifelines."""

_CONTENT = frozenset({Layer.FHIR.value, Layer.CMS.value, Layer.MIME.value})
_FAULT = re.compile(rb"<(?:[\w.-]+:)?Fault[\s>]")


@dataclass(frozen=True, slots=True)
class Shown:
    """One arrow pair: the exchange a reader sees and all layers of it, outermost first."""

    number: int
    exchange: Json
    layers: tuple[Json, ...]
    status: str
    """What the answer said: a code, an error; empty for an answer that says neither."""
    failed: bool

    @property
    def badges(self) -> tuple[str, ...]:
        """The layers' names in upper case, each once."""
        return tuple(dict.fromkeys(str(layer["layer"]).upper() for layer in self.layers))

    @property
    def answered(self) -> bool:
        """Say whether an answer was recorded."""
        return bool(self.exchange.get("response"))

    @property
    def step(self) -> int | None:
        """Index of the step that caused the exchange."""
        step = self.exchange.get("step")
        return step if isinstance(step, int) else None


def shown_exchanges(exchanges: Iterable[Json], read_body: BodyReader) -> tuple[Shown, ...]:
    """Return what a reader sees, in order of time; `read_body` resolves a body's hash."""
    records = _one_side(list(exchanges))
    by_id = {str(record["id"]): record for record in records}
    children: defaultdict[str, list[Json]] = defaultdict(list)
    for record in records:
        if record.get("parent") in by_id:
            children[str(record["parent"])].append(record)
    visible = [r for r in records if not _is_carrier(r, children) and not _is_content(r, by_id)]
    visible.sort(key=lambda record: str(record["started"]))
    return tuple(
        _shown(number, record, _layers(record, by_id, children), read_body)
        for number, record in enumerate(visible, 1)
    )


def _one_side(records: list[Json]) -> list[Json]:
    # The mock records the same message again; its view counts only where nobody else looked.
    seen = {r["peer"] for r in records if r["side"] != Side.MOCK.value}
    return [r for r in records if r["side"] != Side.MOCK.value or r["peer"] not in seen]


def _is_carrier(record: Json, children: dict[str, list[Json]]) -> bool:
    return any(child["layer"] not in _CONTENT for child in children.get(str(record["id"]), ()))


def _is_content(record: Json, by_id: dict[str, Json]) -> bool:
    return record["layer"] in _CONTENT and record.get("parent") in by_id


def _layers(
    record: Json, by_id: dict[str, Json], children: dict[str, list[Json]]
) -> tuple[Json, ...]:
    outer = list(_ancestors(record, by_id))
    return (*reversed(outer), record, *_contents(record, children, {str(record["id"])}))


def _ancestors(record: Json, by_id: dict[str, Json]) -> Iterator[Json]:
    seen = {str(record["id"])}
    parent = record.get("parent")
    while parent in by_id and parent not in seen:
        seen.add(str(parent))
        yield by_id[str(parent)]
        parent = by_id[str(parent)].get("parent")


def _contents(record: Json, children: dict[str, list[Json]], seen: set[str]) -> Iterator[Json]:
    for child in children.get(str(record["id"]), ()):
        if child["layer"] in _CONTENT and str(child["id"]) not in seen:
            seen.add(str(child["id"]))
            yield child
            yield from _contents(child, children, seen)


def _shown(number: int, record: Json, layers: tuple[Json, ...], read_body: BodyReader) -> Shown:
    response = record.get("response")
    fault = (
        response is not None
        and record["layer"] == Layer.SOAP.value
        and _faulty(response, read_body)
    )
    codes = [
        layer["response"]["status"]
        for layer in (record, *reversed(layers))
        if layer.get("response") and layer["response"].get("status") is not None
    ]
    code = codes[0] if codes else None
    error = next((layer["error"] for layer in (record, *layers) if layer.get("error")), None)
    words = [str(code) if code is not None else "", "SOAP-Fault" if fault else "", error or ""]
    text = " · ".join(word for word in words if word)
    failed = fault or bool(error) or (code is not None and code >= 400)
    return Shown(number, record, layers, text, failed)


def _faulty(response: Json, read_body: BodyReader) -> bool:
    return bool(response["body"]) and bool(_FAULT.search(read_body(response["body"])))
