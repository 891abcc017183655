"""Looks into a text or a body as deep as its encodings go.

A scan depends on the content alone and is made once; what is known only while a scenario runs is
asked of the finished scan. Base64 in both alphabets, hex, percent encoding, JSON inside an
attribute, gzip and DER are opened; what is found in them taints the whole encoded run.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from urllib.parse import unquote_plus

from pruefstand.evidence.redaction import binary, grammar, markup, members
from pruefstand.evidence.redaction.knowledge import Knowledge, Vocabulary
from pruefstand.evidence.redaction.span import Span, merged, plain
from pruefstand.evidence.redaction.thin import LONG, Thin, encoded_runs
from pruefstand.model.secret_kind import SecretKind

MAX_DEPTH = 6
"""Encodings inside encodings; what is deeper counts as a secret."""
_BODIES, _BODY, _WORDS = 128, 16 * 1024, 20_000
"""What is kept from scenario to scenario: bodies, bytes of one at most, runs that are words."""
_SHORT = 40
"""Characters; a shorter base64 run must give readable text, or it is an ordinary word."""
_BREAKS = re.compile(r"&#1[03];|&#x[aAdD];")
_PART = re.compile(r"[A-Za-z0-9+]{12,}={0,2}")
_AFTER_BLANK = re.compile(r"\n\r?\n((?:(?!\n\r?\n).)+)", re.DOTALL)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}[A-Za-z0-9._~+*%-]*")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~+*-]*")
_SEGMENT = 2000
"""Characters looked at before the first percent sign of a segment."""
_EMBEDDED = re.compile(
    r"<contentString\s+value=\"(\s*\{[^\"]*)\"|\"contentString\"\s*:\s*\"(\s*\{(?:[^\"\\]|\\.)*)\""
)
_CONTROLS = bytes({*range(9), *range(14, 32), 127})
_ESCAPED = re.compile(r"(?:[^\s\"\\]|\\u[0-9a-fA-F]{4})+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_TO_STANDARD = str.maketrans("-_", "+/")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Run:
    """`text[start:stop]` is an encoding of what `inner` looked into."""

    start: int
    stop: int
    inner: Scan
    legible: bool = False
    """Whether the encoding leaves most letters as they are, so that spans are found outside too."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a content shows by itself; `lost` tells that a part could not be looked into."""

    text: str
    spans: tuple[Span, ...] = ()
    runs: tuple[Run, ...] = ()
    names: tuple[str, ...] = ()
    key: bool = False
    lost: bool = False

    def found(self, known: Knowledge, kinds: frozenset[SecretKind]) -> list[Span]:
        """Return what must not be shown, in order and without overlaps."""
        spans = [span for span in self.spans if span.kind in kinds]
        spans += [span for span in known.spans(self.text) if span.kind in kinds]
        spans = merged(spans)
        tainted = [
            Span(run.start, run.stop, SecretKind.CONTENT)
            for run in self.runs
            if not _covered(run, spans)
            and run.inner.tainted(known, kinds)
            and not (run.legible and _seen(run, spans, run.inner.found(known, kinds)))
        ]
        return merged([*spans, *tainted]) if tainted else spans

    def tainted(self, known: Knowledge, kinds: frozenset[SecretKind]) -> bool:
        """Tell whether anything in here must not be shown."""
        if self.lost or (self.key and SecretKind.KEY in kinds):
            return True
        if SecretKind.NAME in kinds and self.names:
            return True
        if any(span.kind in kinds for span in self.spans):
            return True
        if any(span.kind in kinds for span in known.spans(self.text)):
            return True
        return any(run.inner.tainted(known, kinds) for run in self.runs)

    def teach(self, known: Knowledge) -> None:
        """Let `known` learn what the content says about persons and secrets."""
        for name in self.names:
            known.learn(SecretKind.NAME, name)
        for span in self.spans:
            if span.learn:
                known.learn(span.kind, self.text[span.start : span.stop])
        for run in self.runs:
            run.inner.teach(known)


LOST = Scan("", lost=True)


def _covered(run: Run, spans: list[Span]) -> bool:
    return any(span.start <= run.start and run.stop <= span.stop for span in spans)


def _seen(run: Run, spans: list[Span], inner: list[Span]) -> bool:
    inside = sum(run.start <= span.start and span.stop <= run.stop for span in spans)
    return inside == len(inner)


class Scanner:
    """Scans contents and remembers encoded runs: one signed document travels in many messages."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._runs: dict[str, Scan | None] = {}
        self._bodies: dict[bytes, Scan] = {}
        self._ordinary: set[str] = set()

    def forget(self) -> None:
        """Drop what one scenario left; memory must not grow with the run."""
        self._runs = {}
        while len(self._bodies) > _BODIES:
            del self._bodies[next(iter(self._bodies))]
        if len(self._ordinary) > _WORDS:
            self._ordinary = set()

    def text(self, text: str, depth: int = 0) -> Scan:
        """Look into a text."""
        if depth > MAX_DEPTH:
            return LOST
        encoded = encoded_runs(text)
        thin = Thin(text, encoded)
        seen = chain(
            self._vocabulary.spans(thin.text),
            grammar.spans(thin.text),
            markup.spans(thin.text),
            members.spans(thin.text),
        )
        return Scan(
            text,
            spans=(
                *grammar.tokens(text),
                *self._vocabulary.keys(text, encoded),
                *map(thin.in_original, seen),
            ),
            runs=(*self._base64(text, encoded, depth), *self._others(text, depth)),
        )

    def body(self, data: bytes, depth: int = 0) -> Scan:
        """Look into a body: text where it is UTF-8, otherwise binary content."""
        if depth > MAX_DEPTH or binary.holds_pdf(data):
            return LOST
        key = hashlib.sha256(data).digest()
        # Every login asks for the same documents again: they move to the end, the oldest go.
        scan = self._bodies.pop(key, None)
        if scan is None:
            readable = as_text(data)
            scan = self._binary(data, depth) if readable is None else self.text(readable, depth)
        if depth == 0 and len(data) <= _BODY:
            self._bodies[key] = scan
        return scan

    def _binary(self, data: bytes, depth: int) -> Scan:
        try:
            content = binary.unpacked(data)
        except binary.TooLarge:
            return LOST
        if content is not None:
            inner = self.body(content, depth + 1)
            return Scan("", runs=(Run(0, 0, inner),))
        seen = self.text(_readable(data), depth + 1)
        return replace(
            seen,
            names=tuple(binary.holders(data)),
            key=binary.has_private_key(data) or self._vocabulary.has_key(data),
        )

    def _others(self, text: str, depth: int) -> Iterator[Run]:
        if "%" in text:
            for found in _PERCENT.finditer(text):
                before = _UNRESERVED.match(
                    text[max(found.start() - _SEGMENT, 0) : found.start()][::-1]
                )
                start = found.start() - (before.end() if before else 0)
                yield Run(
                    start, found.end(), self._unquoted(text[start : found.end()], depth), True
                )
        if "contentString" in text:
            for found in _EMBEDDED.finditer(text):
                group = found.lastindex or 1
                shown = plain(found[group]) if group == 1 else found[group].replace('\\"', '"')
                yield Run(*found.span(group), self.text(shown, depth + 1))
        if "\\u" in text:
            for found in _ESCAPED.finditer(text):
                shown = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), found.group())
                if shown != found.group():
                    yield Run(*found.span(), self.text(shown, depth + 1))

    def _unquoted(self, segment: str, depth: int) -> Scan:
        known = self._runs.get(segment)
        if known is None:
            known = self._runs[segment] = self.text(unquote_plus(segment), depth + 1)
        return known

    def _base64(self, text: str, places: Iterable[tuple[int, int]], depth: int) -> Iterator[Run]:
        for start, stop in places:
            run = text[start:stop]
            if run in self._ordinary:
                continue
            whole = self._run(run, depth)
            found = [Run(start, stop, whole)] if whole else []
            found += self._after_blank_lines(run, start, depth)
            if len(run) < LONG:
                found += self._parts(run, start, depth)
                if not found:
                    self._ordinary.add(run)
            yield from found

    def _after_blank_lines(self, run: str, start: int, depth: int) -> Iterator[Run]:
        # The word before a blank line may be the end of a MIME header: it would shift all digits.
        if "\n\n" not in run and "\n\r\n" not in run:
            return
        for part in _AFTER_BLANK.finditer(run):
            if inner := self._run(part[1], depth):
                yield Run(start + part.start(1), start + part.end(1), inner)

    def _parts(self, run: str, start: int, depth: int) -> Iterator[Run]:
        # A path or a file name may hold the run: `/` and `-` are letters of base64, too.
        for part in _PART.finditer(run):
            if part.group() != run and (inner := self._run(part.group(), depth)):
                yield Run(start + part.start(), start + part.end(), inner)

    def _run(self, run: str, depth: int) -> Scan | None:
        if run not in self._runs:
            data = _decoded(run)
            short = data is not None and len(run) < _SHORT and as_text(data) is None
            self._runs[run] = None if data is None or short else self.body(data, depth + 1)
        return self._runs[run]


def as_text(data: bytes) -> str | None:
    """Return `data` as text, None when it is binary content."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if len(data.translate(None, _CONTROLS)) == len(data) else None


def _readable(data: bytes) -> str:
    if data.lstrip()[:5] == b"<?xml" and b"\0" not in data:
        # Insured data are in ISO-8859-15.
        return data.decode("iso-8859-15", "replace")
    return binary.islands(data)


def _decoded(run: str) -> bytes | None:
    letters = _joined(run).rstrip("=")
    if len(letters) % 2 == 0 and _is_hex(letters):
        return bytes.fromhex(letters)
    if len(letters) % 4 == 1:
        return None
    if "-" in letters or "_" in letters:
        letters = letters.translate(_TO_STANDARD)
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return None


def _joined(run: str) -> str:
    if "\n" in run:
        run = run.replace("\r", "").replace("\n", "")
    return _BREAKS.sub("", run) if "&" in run else run


def _is_hex(letters: str) -> bool:
    return _HEX.fullmatch(letters) is not None
