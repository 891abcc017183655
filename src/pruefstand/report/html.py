"""The HTML report: one German file without any network access, for the desk and for paper."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pruefstand.clock import BERLIN
from pruefstand.errors import OperatorError
from pruefstand.evidence.run_folder import Run, summary
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.verdict import Verdict, roll_up
from pruefstand.report.body import BodyView, present
from pruefstand.report.flow import BodyReader, Shown, role, shown_exchanges
from pruefstand.report.sequence import draw

STEP_STATES = {
    "passed": "bestanden",
    "failed": "fehlgeschlagen",
    "skipped": "nicht ausgeführt",
    "undefined": "nicht gefunden",
}
# Characters that reverse or hide text could make a report say what the record does not.
_DECEPTIVE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case prepared for the template."""

    anchor: str
    record: CaseRecord
    shown: tuple[Shown, ...]
    diagram: Markup
    places: dict[str, str]
    """Anchor of the message in which an exchange, also a folded one, is found."""


class BodyCatalogue:
    """Every body of the run once; the page fills it in when a message is opened."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._raw: dict[str, bytes | None] = {}
        self._views: dict[str, BodyView] = {}

    def read(self, digest: str) -> bytes:
        """Return the body `digest`, empty when the run folder has lost it."""
        if digest not in self._raw:
            try:
                self._raw[digest] = self._run.blob(digest)
            except OperatorError:
                self._raw[digest] = None
        return self._raw[digest] or b""

    def view(self, digest: str) -> BodyView:
        """Return how the body `digest` is shown."""
        if digest not in self._views:
            content = self.read(digest)
            lost = self._raw[digest] is None
            self._views[digest] = BodyView("fehlt", "", 0) if lost else present(content)
        return self._views[digest]

    def as_script(self) -> Markup:
        """Return all bodies viewed so far as JSON that cannot leave its script element."""
        texts = {digest: view.text for digest, view in self._views.items()}
        text = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        for letter in "<>&\u2028\u2029":
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        return Markup(text)  # noqa: S704 - every character that HTML knows is escaped above


def render(run: Run) -> str:
    """Return the report of `run` as one HTML document."""
    bodies = BodyCatalogue(run)
    cases = [_case_view(number, case, bodies.read) for number, case in enumerate(run.cases, 1)]
    style, script = _asset("report.css"), _asset("report.js")
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            info=run.info,
            cases=cases,
            counts={Verdict(word): count for word, count in summary(run.cases).items() if count},
            overall=roll_up(case.verdict for case in run.cases),
            bodies=bodies,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    return _DECEPTIVE.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", page)


def _case_view(number: int, case: CaseRecord, read_body: BodyReader) -> CaseView:
    anchor = f"f{number}"
    shown = shown_exchanges(case.exchanges, read_body)
    steps = {index: f"{step.keyword} {step.text}" for index, step in enumerate(case.steps)}
    diagram = Markup(draw(shown, anchor=f"{anchor}-n", steps=steps))  # noqa: S704 - escapes itself
    places = {
        str(layer["id"]): f"{anchor}-n{item.number}" for item in shown for layer in item.layers
    }
    return CaseView(anchor, case, shown, diagram, places)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pruefstand.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "role": role,
        "moment": _moment,
        "seconds": _seconds,
        "size": _size,
        "verdict_class": lambda verdict: Verdict(verdict).name.lower(),
        "step_state": lambda status: STEP_STATES.get(status, status),
        "haystack": _haystack,
        "form": _body_form,
    }
    return environment


def _asset(name: str) -> str:
    return files("pruefstand.report").joinpath("templates", name).read_text(encoding="utf-8")


def _moment(value: Any) -> str:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value or "–")
    if instant.tzinfo is None:
        return str(value)
    return instant.astimezone(BERLIN).strftime("%d.%m.%Y, %H:%M:%S Uhr")


def _seconds(value: float) -> str:
    return f"{value:.2f} s".replace(".", ",")


def _size(value: int) -> str:
    return f"{value} Byte" if value < 1024 else f"{value / 1024:.1f} KiB".replace(".", ",")


def _haystack(case: CaseRecord) -> str:
    words: Iterable[str] = (case.id, case.title, case.feature, *case.tags)
    return " ".join(words).lower()


def _body_form(view: BodyView, message: Json) -> str:
    note = " · gekürzt dargestellt" if view.cut else ""
    return f"{_size(int(message['size']))} · {view.form}{note}"
