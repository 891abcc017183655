"""The sequence diagram of a case as inline SVG: a lifeline is a role, an arrow pair an exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from pruefstand.report.flow import LIFELINES, Shown
from pruefstand.report.texts import Texts

_GUTTER = 172
_COLUMN = 212
_NARROW = 148
PAGE = 1150
"""Width that fits the screen; more lifelines than fit make the diagram scroll."""
_RIGHT = 84
_HEAD = 46
_ROW = 54
_BAND = 30
_LETTER = 6.6
"""Mean width of a letter at 12 px, for cutting labels."""
_BOLD = 6.8
_HEADING = 8.0


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where the lifelines stand, and the words on them."""

    roles: tuple[str, ...]
    texts: Texts
    page: int

    def x(self, name: str) -> int:
        return _GUTTER + self.column // 2 + self.roles.index(name) * self.column

    @property
    def column(self) -> int:
        fitting = (self.page - _GUTTER - _RIGHT) // len(self.roles)
        return max(_NARROW, min(_COLUMN, fitting))

    @property
    def width(self) -> int:
        return _GUTTER + self.column * len(self.roles) + _RIGHT


def lifelines(shown: Iterable[Shown]) -> tuple[str, ...]:
    """Return the roles of `shown` in the usual order, unknown ones last."""
    names = dict.fromkeys(
        str(record[end])
        for item in shown
        for record in (item.exchange,)
        for end in ("actor", "peer")
    )
    order = {name: place for place, name in enumerate(LIFELINES)}
    return tuple(sorted(names, key=lambda name: order.get(name.lower(), len(order))))


def draw(
    shown: Sequence[Shown],
    texts: Texts,
    *,
    anchor: str = "",
    steps: Mapping[int, str] | None = None,
    style: str = "",
    page: int = PAGE,
) -> str:
    """Return the SVG of `shown`; arrows link to `#<anchor><number>`, bands carry step texts.

    `style` is the style sheet of a diagram that stands alone, `page` the width it aims at.
    """
    if not shown:
        return ""
    stage = _Stage(lifelines(shown), texts, page)
    parts: list[str] = []
    y = _HEAD + 26
    step: int | None = None
    for item in shown:
        if item.step != step:
            step = item.step
            text = (steps or {}).get(step) if step is not None else None
            if text:
                parts.append(_band(stage, y, text))
                y += _BAND
        parts.append(_arrows(stage, y, item, anchor))
        y += _ROW
    foot = _heads(stage, y) if len(shown) > 8 else ""
    height = y + (_HEAD if foot else 4)
    lines = "".join(_lifeline(stage.x(name), y) for name in stage.roles)
    label = texts("cases.diagram", count=len(shown))
    sheet = f"<style>{style}</style>" if style else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="seq" role="group" '
        f'aria-label="{label}" width="{stage.width}" height="{height}" '
        f'viewBox="0 0 {stage.width} {height}">'
        f"{sheet}{lines}{_heads(stage, 4)}{''.join(parts)}{foot}</svg>"
    )


def _heads(stage: _Stage, y: int) -> str:
    boxes, half = [], stage.column // 2 - 6
    for name in stage.roles:
        x, label = stage.x(name), stage.texts.role(name)
        boxes.append(
            f'<g><rect class="head" x="{x - half}" y="{y}" width="{2 * half}" height="32" rx="6"/>'
            f'<text class="role" x="{x}" y="{y + 21}"{_squeezed(label, 2 * half - 10)}>'
            f"{_cut(label, 2 * half)}"
            f"<title>{escape(name)}</title></text></g>"
        )
    return "".join(boxes)


def _squeezed(label: str, width: int) -> str:
    fits = len(label) * _HEADING <= width
    return "" if fits else f' textLength="{width}" lengthAdjust="spacingAndGlyphs"'


def _lifeline(x: int, bottom: int) -> str:
    return f'<line class="life" x1="{x}" y1="{_HEAD - 10}" x2="{x}" y2="{bottom}"/>'


def _band(stage: _Stage, y: int, text: str) -> str:
    return (
        f'<g><rect class="band" x="0" y="{y - 22}" width="{stage.width}" height="22" rx="4"/>'
        f'<text class="step" x="8" y="{y - 7}">{_cut(text, stage.width - 16)}'
        f"<title>{escape(text)}</title></text></g>"
    )


def _arrows(stage: _Stage, y: int, item: Shown, anchor: str) -> str:
    record = item.exchange
    start, end = stage.x(str(record["actor"])), stage.x(str(record["peer"]))
    draw_pair = _loop if start == end else _pair
    kind = "pair bad" if item.failed else "pair"
    operation = str(record["operation"])
    actor, peer = (stage.texts.role(str(record[end])) for end in ("actor", "peer"))
    title = f"{item.number}. {actor} → {peer}: {operation}"
    return (
        f'<a href="#{escape(anchor)}{item.number}" class="{kind}">'
        f"<title>{escape(f'{title} · {answer(item, stage.texts)}')}</title>"
        f'<rect class="hit" x="0" y="{y - 18}" width="{stage.width}" height="{_ROW - 4}"/>'
        f'<text class="number" x="22" y="{y + 4}">{item.number}</text>'
        f'<text class="layers" x="30" y="{y + 4}">{_cut(" ".join(item.badges), 134, 5.6)}</text>'
        f"{draw_pair(stage, start, end, y, item)}"
        f'<text class="time" x="{stage.width - 8}" y="{y + 4}">'
        f"{_time(record['duration'])}</text></a>"
    )


def answer(item: Shown, texts: Texts) -> str:
    """Return what came back, in one word or code."""
    return item.status or texts("cases.answer" if item.answered else "cases.no_answer")


def _pair(stage: _Stage, start: int, end: int, y: int, item: Shown) -> str:
    width, middle = abs(end - start) - 12, (start + end) // 2
    operation = _shorten(str(item.exchange["operation"]), width)
    text = _cut(answer(item, stage.texts), width)
    request = (
        f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}"/>{_tip(end, y, end > start)}'
        f'<text class="call" x="{middle}" y="{y - 5}">{operation}</text>'
    )
    back = y + 22
    if not item.answered:
        cross = f"M{middle - 5} {back - 5}l10 10m0 -10l-10 10"
        return f'{request}<path class="cross" d="{cross}"/>' + _answer(middle, back + 18, text)
    return (
        f'{request}<line class="back" x1="{end}" y1="{back}" x2="{start}" y2="{back}"/>'
        f"{_tip(start, back, start > end)}{_answer(middle, back - 4, text)}"
    )


def _loop(stage: _Stage, start: int, _end: int, y: int, item: Shown) -> str:
    label = f"{item.exchange['operation']} {answer(item, stage.texts)}"
    return (
        f'<path class="loop" d="M{start} {y - 6}h34v20h-34"/>{_tip(start, y + 14, False)}'
        f'<text class="self" x="{start + 40}" y="{y + 8}">{_shorten(label, _NARROW)}</text>'
    )


def _answer(x: int, y: int, text: str) -> str:
    return f'<text class="answer" x="{x}" y="{y}">{text}</text>'


def _tip(x: int, y: int, rightwards: bool) -> str:
    back = -9 if rightwards else 9
    return f'<path class="tip" d="M{x} {y}l{back} -4.5v9z"/>'


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _cut(text: str, width: float, letter: float = _LETTER) -> str:
    letters = max(int(width / letter), 4)
    return escape(text if len(text) <= letters else f"{text[: letters - 1]}…")


def _shorten(text: str, width: float) -> str:
    # An operation is told apart by its end: Task/160.…/$accept.
    letters = max(int(width / _BOLD), 8)
    if len(text) <= letters:
        return escape(text)
    tail = letters * 3 // 5
    return escape(f"{text[: letters - tail - 1]}…{text[-tail:]}")
