"""The HTML report: one file without any network access, for the desk and for paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Verdict
from pruefstand.report.architecture_map import draw_map
from pruefstand.report.deception import visible
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer
from pruefstand.report.messages import messages
from pruefstand.report.packs import BodyPacks
from pruefstand.report.sequence import draw
from pruefstand.report.survey import CaseView
from pruefstand.report.texts import Language, Texts
from pruefstand.requirements.coverage import State


def pieces(dossier: Dossier) -> Iterator[bytes]:
    """Yield the report as one HTML document in UTF-8; one case at a time is in memory."""
    packs = BodyPacks(dossier.run)
    style, script = _asset("report.css"), _asset("report.js")
    page = (
        _environment(dossier.texts.language)
        .get_template("report.html.j2")
        .generate(
            dossier=dossier,
            run=dossier.run,
            info=dossier.run.info,
            t=dossier.texts,
            pack=lambda view: _pack(view, dossier.texts, packs),
            diagram=lambda view: _diagram(view, dossier.texts),
            map=Markup(draw_map(dossier.architecture, dossier.texts)),  # noqa: S704 - escapes itself
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    for piece in page:
        yield visible(piece).encode("utf-8", errors="replace")


def _pack(view: CaseView, texts: Texts, packs: BodyPacks) -> str:
    packs.begin(view.anchor)
    return packs.close(messages(view, texts, packs))


def _diagram(view: CaseView, texts: Texts) -> Markup:
    drawn = draw(view.shown, texts, anchor=f"{view.anchor}-n", steps=view.steps)
    return Markup(drawn)  # noqa: S704 - escapes itself


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("pruefstand.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "tone": _tone,
        "haystack": _haystack,
        "german": _german if language is not Language.GERMAN else escape,
    }
    return environment


def _german(text: object) -> Markup:
    """Mark text that stays German in a report of another language, for readers and their tools."""
    return Markup('<span lang="de">{}</span>').format(text) if text else Markup()


def _tone(value: Verdict | State | None) -> str:
    return value.name.lower() if value is not None else "unchecked"


def _asset(name: str) -> str:
    return files("pruefstand.report").joinpath("templates", name).read_text(encoding="utf-8")


def _haystack(case: CaseRecord) -> str:
    words: Iterable[str] = (case.id, case.title, case.feature, *case.tags)
    return " ".join(words).lower()


WRITER = Writer("report.html", "Bericht für Bildschirm und Tastatur, mit allen Nachrichten", pieces)
