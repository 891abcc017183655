"""The HTML report: one German file without any network access, for the desk and for paper."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from tempfile import TemporaryFile
from typing import IO, Any

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
_PIECE = 1 << 16
"""Characters read at once."""
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
    """Every body of the run once; the page fills it in when a message is opened.

    Texts wait in a file of their own until the page's end: memory does not grow with the run.
    """

    def __init__(self, run: Run, spool: IO[str]) -> None:
        self._run = run
        self._spool = spool
        self._views: dict[str, BodyView] = {}
        self._last = ("", b"")

    def read(self, digest: str) -> bytes:
        """Return the body `digest`, empty when the run folder has lost it."""
        return self._stored(digest) or b""

    def view(self, digest: str) -> BodyView:
        """Return how the body `digest` is shown; its text is in the script."""
        if digest not in self._views:
            content = self._stored(digest)
            view = BodyView("fehlt", "", 0) if content is None else present(content)
            self._write(digest, view.text)
            self._views[digest] = replace(view, text="")
        return self._views[digest]

    def as_script(self) -> Iterator[Markup]:
        """Yield all bodies viewed so far as JSON that cannot leave its script element."""
        self._spool.seek(0)
        while piece := self._spool.read(_PIECE):
            yield Markup(piece)  # noqa: S704 - every character that HTML knows is escaped
        yield Markup("}" if self._views else "{}")  # noqa: S704 - see above

    def _write(self, digest: str, text: str) -> None:
        pair = f"{json.dumps(digest)}:{json.dumps(text, ensure_ascii=False)}"
        for letter in "<>&\u2028\u2029":
            pair = pair.replace(letter, f"\\u{ord(letter):04x}")
        self._spool.write(("," if self._views else "{") + pair)

    def _stored(self, digest: str) -> bytes | None:
        # A body is asked for several times in a row: for its fault, then for its text.
        if self._last[0] != digest:
            try:
                self._last = (digest, self._run.blob(digest))
            except OperatorError:
                return None
        return self._last[1]


class CaseViews:
    """The cases of a run, prepared one after the other each time they are walked through."""

    def __init__(self, run: Run, read_body: BodyReader) -> None:
        self._run = run
        self._read_body = read_body

    def __len__(self) -> int:
        return len(self._run.cases)

    def __iter__(self) -> Iterator[CaseView]:
        for number, case in enumerate(self._run.cases, 1):
            yield _case_view(number, case, self._read_body)


def render(run: Run) -> str:
    """Return the report of `run` as one HTML document."""
    return "".join(pieces(run))


def pieces(run: Run) -> Iterator[str]:
    """Yield the report of `run` piece by piece; one case at a time is in memory."""
    with TemporaryFile("w+", encoding="utf-8", errors="replace", newline="\n") as spool:
        for piece in _page(run, BodyCatalogue(run, spool)):
            yield _DECEPTIVE.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", piece)


def _page(run: Run, bodies: BodyCatalogue) -> Iterator[str]:
    style, script = _asset("report.css"), _asset("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .generate(
            run=run,
            info=run.info,
            cases=CaseViews(run, bodies.read),
            counts={Verdict(word): count for word, count in summary(run.cases).items() if count},
            overall=roll_up(case.verdict for case in run.cases),
            bodies=bodies,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


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
