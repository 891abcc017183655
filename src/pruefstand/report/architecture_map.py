"""The map of the architecture as SVG: each link says its verdict by line, sign, word and colour."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from pruefstand.model.verdict import Verdict
from pruefstand.report.architecture import PLACES, Architecture, LinkState, Place, Zone
from pruefstand.report.texts import Texts

WIDTH, HEIGHT = 1176, 640
ZONES = {
    Zone.INTERNET: (8, 194, 622),
    Zone.PRACTICE: (338, 224, 526),
    Zone.TI: (694, 474, 622),
}
"""Zone → left edge, width, height in pixels."""
_TOP = 10
_PILL_HEIGHT = 22
_LETTER = 7.4
_CHECK = "M-5 0l3.5 4l6.5 -8"
_CROSS = "M-4 -4l8 8m0 -8l-8 8"
_BANG = "M0 -5v6.5m0 2.2v1.3"
_RING = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"
_DASH = "M-4 0h8"
_PLACES = {place.role: place for place in PLACES}


@dataclass(frozen=True, slots=True)
class Mark:
    """How a verdict looks without colour."""

    dashes: str
    sign: str
    width: float = 2.4


MARKS: dict[Verdict | None, Mark] = {
    Verdict.PASSED: Mark("none", _CHECK),
    Verdict.ATTESTED: Mark("none", _CHECK),
    Verdict.HINT: Mark("14 4", _BANG),
    Verdict.UNDECIDED: Mark("8 6", _RING),
    Verdict.OPEN: Mark("8 6", _RING),
    Verdict.NOT_APPLICABLE: Mark("2 5", _DASH, 1.8),
    Verdict.FAILED: Mark("none", _CROSS, 5),
    Verdict.HARNESS_ERROR: Mark("10 4 2 4", _CROSS, 4),
    None: Mark("2 5", _DASH, 1.8),
}


def draw_map(architecture: Architecture, texts: Texts, *, style: str = "") -> str:
    """Return the SVG; `style` is the style sheet of a map that stands alone."""
    label = texts("map.alt", tested=architecture.tested, all=len(architecture.links))
    sheet = f"<style>{style}</style>" if style else ""
    zones = "".join(_zone(zone, texts) for zone in Zone)
    links = "".join(_link(state, texts) for state in architecture.links)
    boxes = "".join(_box(place, texts) for place in PLACES)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" '
        f'aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}">{sheet}{zones}{links}{boxes}</svg>'
    )


def tone(verdict: Verdict | None) -> str:
    """Return the style class of a verdict; None is a link without evidence."""
    return verdict.name.lower() if verdict is not None else "unchecked"


def word(verdict: Verdict | None, texts: Texts) -> str:
    """Return the word of a verdict on the map."""
    return texts.verdict(verdict) if verdict is not None else texts("map.unchecked")


def _zone(zone: Zone, texts: Texts) -> str:
    left, width, height = ZONES[zone]
    return (
        f'<rect class="zone" x="{left}" y="{_TOP}" width="{width}" height="{height}" rx="10"/>'
        f'<text class="zonename" x="{left + width // 2}" y="{_TOP + 26}">'
        f"{escape(texts(f'zone.{zone}'))}</text>"
    )


def _box(place: Place, texts: Texts) -> str:
    x, y = place.x + place.width // 2, place.y + place.height // 2
    words = texts.role(place.role)
    lines = [words]
    if len(words) * 7.6 > place.width - 12:
        head, _, tail = words.rpartition(" ")
        lines = [line for line in (head, tail) if line]
    start = y + 5 - 8 * (len(lines) - 1)
    text = "".join(
        f'<text class="place" x="{x}" y="{start + 17 * row}">{escape(line)}</text>'
        for row, line in enumerate(lines)
    )
    return (
        f'<rect class="box" x="{place.x}" y="{place.y}" width="{place.width}" '
        f'height="{place.height}" rx="7"/>{text}'
    )


def _link(state: LinkState, texts: Texts) -> str:
    start, end = _line(_PLACES[state.link.left], _PLACES[state.link.right])
    mark = MARKS[state.verdict]
    middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
    names = " – ".join(texts.role(role) for role in (state.link.left, state.link.right))
    title = f"{names}: {word(state.verdict, texts)}"
    return (
        f'<g class="link {tone(state.verdict)}"><title>{escape(title)}</title>'
        f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" '
        f'stroke-width="{mark.width}" stroke-dasharray="{mark.dashes}"/>'
        f"{_pill(*middle, mark, word(state.verdict, texts))}</g>"
    )


def _pill(x: int, y: int, mark: Mark, text: str) -> str:
    width = int(len(text) * _LETTER) + 34
    left, top = x - width // 2, y - _PILL_HEIGHT // 2
    return (
        f'<rect class="pill" x="{left}" y="{top}" width="{width}" height="{_PILL_HEIGHT}" '
        f'rx="{_PILL_HEIGHT // 2}"/>'
        f'<path class="sign" transform="translate({left + 14} {y})" d="{mark.sign}"/>'
        f'<text class="said" x="{left + 25}" y="{y + 4}">{escape(text)}</text>'
    )


def _line(one: Place, other: Place) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return a level or upright line between two boxes, at the middle of the smaller one."""
    if one.x + one.width <= other.x or other.x + other.width <= one.x:
        left, right = sorted((one, other), key=lambda place: place.x)
        small = min(one, other, key=lambda place: place.height)
        y = small.y + small.height // 2
        return (left.x + left.width, y), (right.x, y)
    upper, lower = sorted((one, other), key=lambda place: place.y)
    small = min(one, other, key=lambda place: place.width)
    x = small.x + small.width // 2
    return (x, upper.y + upper.height), (x, lower.y)
