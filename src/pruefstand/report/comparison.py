"""A comparison of two runs as text, JSON and HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from html import escape
from types import MappingProxyType

from pruefstand.diff.difference import Comparison, Level

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #bbb;padding:.3rem .5rem;vertical-align:top;text-align:left;"
    "overflow-wrap:anywhere}th{background:#f2f2f2}"
)


def as_text(comparison: Comparison) -> str:
    """Return one line per difference, old and new below each other."""
    lines = [f"{comparison.old} → {comparison.new}, Ebene {comparison.level}"]
    for level in Level:
        found = comparison.at(level)
        if comparison.level.includes(level):
            lines.append(f"{level}: {len(found)} Unterschiede" if found else f"{level}: gleich")
        for difference in found:
            lines += [f"  {difference.place}", f"    - {difference.old}", f"    + {difference.new}"]
    return "\n".join(lines)


def as_json(comparison: Comparison) -> str:
    """Return the comparison as a JSON object."""
    return json.dumps({**asdict(comparison), "same": comparison.same}, ensure_ascii=False, indent=1)


def as_html(comparison: Comparison) -> str:
    """Return the comparison as one page without any outside resource."""
    sections = "".join(
        _section(comparison, level) for level in Level if comparison.level.includes(level)
    )
    title = f"Vergleich {escape(comparison.old)} → {escape(comparison.new)}"
    return (
        f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{sections}</main></body></html>"
    )


def _section(comparison: Comparison, level: Level) -> str:
    found = comparison.at(level)
    if not found:
        return f"<h2>{level.capitalize()}</h2><p>Kein Unterschied.</p>"
    rows = "".join(
        f"<tr><td>{escape(one.place)}</td><td>{escape(one.old)}</td><td>{escape(one.new)}</td></tr>"
        for one in found
    )
    head = "<tr><th scope=col>Stelle</th><th scope=col>vorher</th><th scope=col>jetzt</th></tr>"
    return (
        f"<h2>{level.capitalize()}: {len(found)} Unterschiede</h2>"
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    )


FORMS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {"text": as_text, "json": as_json, "html": as_html}
)
"""The forms by the name of the option."""
