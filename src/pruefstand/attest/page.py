"""The pages as HTML: templates with every value escaped, one style, no script."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pruefstand.attest.desk import MAX_FILE, Entry
from pruefstand.attest.form import FORM
from pruefstand.clock import BERLIN
from pruefstand.evidence.attestation import MAX_NOTE, MAX_WORD, Outcome
from pruefstand.model.verdict import Verdict

STYLE = files("pruefstand.attest").joinpath("templates", "page.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CSP = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# Characters that reverse or hide text could make the page say what the record does not.
_DECEPTIVE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def render(name: str, **values: object) -> str:
    """Return the page `name` with `values`."""
    page = _environment().get_template(f"{name}.html.j2").render(**values)
    return _DECEPTIVE.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", page)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pruefstand.attest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "style": Markup(STYLE),  # noqa: S704 - our own file
        "form_type": FORM,
        "max_note": MAX_NOTE,
        "max_word": MAX_WORD,
        "max_megabytes": MAX_FILE // (1024 * 1024),
        "outcomes": Outcome,
        "verdicts": Verdict,
    }
    environment.filters["moment"] = _moment
    environment.filters["progress"] = _progress
    environment.filters["sections"] = _sections
    environment.filters["verdict_class"] = lambda verdict: Verdict(verdict).name.lower()
    return environment


def _sections(entries: tuple[Entry, ...]) -> dict[str, list[Entry]]:
    """Return the entries by group, in their order."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.item.item.group, []).append(entry)
    return found


def _moment(instant: datetime) -> str:
    return instant.astimezone(BERLIN).strftime("%d.%m.%Y, %H:%M Uhr")


def _progress(entries: tuple[Entry, ...]) -> dict[str, int]:
    due = [entry for entry in entries if not entry.excluded]
    done = sum(entry.verdict is Verdict.ATTESTED for entry in due)
    return {"due": len(due), "done": done, "percent": 100 * done // len(due) if due else 100}
