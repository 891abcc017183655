"""Message bodies as places with values: XML and JSON by structure, other text by line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from pruefstand.diff.difference import NOTHING
from pruefstand.diff.volatile import NAMED, steady

LARGEST = 4_000_000
"""Bytes of a body that is taken apart; a larger one is compared by its size."""
_DEEPEST = 200
Places = dict[str, str]


def places(body: bytes) -> Places:
    """Return the steady values of `body` by their place; what cannot be read is one place."""
    if not body:
        return {}
    if len(body) > LARGEST:
        return {"Größe": str(len(body))}
    start = body.lstrip()[:1]
    if start == b"<":
        return _xml(body)
    if start in (b"{", b"["):
        return _json(body)
    return _text(body)


def compared(old: bytes, new: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield (place, old, new) for every place of two bodies."""
    if old == new:
        return
    before, after = places(old), places(new)
    for place in dict.fromkeys([*before, *after]):
        yield place, before.get(place, NOTHING), after.get(place, NOTHING)


def _xml(body: bytes) -> Places:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return _text(body)
    found: Places = {}
    stack: list[tuple[etree._Element, str, int]] = [(root, f"/{_name(root)}", 1)]
    while stack:
        node, place, depth = stack.pop()
        for key, value in node.attrib.items():
            found[f"{place}/@{_local(str(key))}"] = steady(str(value))
        text = (node.text or "").strip()
        if text or next(node.iterchildren("*"), None) is None:
            found[place] = "‹neu›" if _name(node) in NAMED else steady(text)
        if depth < _DEEPEST:
            stack += [(child, where, depth + 1) for child, where in _numbered(node, place)]
    return dict(sorted(found.items()))


def _numbered(node: etree._Element, place: str) -> Iterator[tuple[etree._Element, str]]:
    counts: Counter[str] = Counter()
    for child in node.iterchildren("*"):
        name = _name(child)
        counts[name] += 1
        yield child, f"{place}/{name}[{counts[name]}]"


def _name(node: etree._Element) -> str:
    return _local(str(node.tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _json(body: bytes) -> Places:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return _text(body)
    found: Places = {}
    stack: list[tuple[Any, str]] = [(value, "$")]
    while stack:
        part, place = stack.pop()
        if part in ({}, []):
            found[place] = json.dumps(part)
        elif isinstance(part, Mapping):
            stack += [(inner, f"{place}.{key}") for key, inner in part.items()]
        elif isinstance(part, list):
            stack += [(inner, f"{place}[{index}]") for index, inner in enumerate(part)]
        else:
            found[place] = steady(json.dumps(part, ensure_ascii=False))
    return dict(sorted(found.items()))


def _text(body: bytes) -> Places:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        # Ciphertext and signatures differ in every run; that there is one is all that can be said.
        return {"Inhalt": "‹binär›"}
    return {f"Zeile {n}": steady(line) for n, line in enumerate(text.splitlines(), 1) if line}
