"""Rewrites the record of a scenario: what must not be shown becomes commitments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

from pruefstand.evidence.codec import BlobWriter, exchange_to_json
from pruefstand.evidence.redaction.commitment import Commitment, Committer
from pruefstand.evidence.redaction.knowledge import Knowledge, Vocabulary
from pruefstand.evidence.redaction.scan import Scan, Scanner, as_text
from pruefstand.evidence.redaction.span import Span
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.exchange import Exchange
from pruefstand.model.secret_kind import SecretKind

Rewrite = Callable[[str], str]
_BREAK = "\n\0\n"
"""Between the short texts of a case, which are scanned together; no value crosses it."""
_OURS = frozenset({"verdict", "blame", "status", "keyword", "requirement", "check", "exchange"})
"""Members of a case whose texts are words of the harness."""


class Keeper(Protocol):
    """Where originals are kept, outside the run folder."""

    def commitment(self, commitment: Commitment) -> None:
        """Keep what a commitment hides."""
        ...

    def body(self, content: bytes) -> str:
        """Keep an original body and return its SHA-256."""
        ...

    def exchange(self, shown: Json, original: Json) -> None:
        """Keep the original of a changed exchange."""
        ...


class CaseRedactor:
    """Redacts the cases of one process; the vocabulary is what the harness itself has made."""

    def __init__(
        self,
        committer: Committer,
        kinds: Iterable[SecretKind],
        vocabulary: Vocabulary,
        keeper: Keeper,
    ) -> None:
        self._committer = committer
        self._kinds = frozenset(kinds)
        self._keeper = keeper
        self._scanner = Scanner(vocabulary)

    def speak(self, vocabulary: Vocabulary) -> None:
        """Look for the values of `vocabulary` from now on."""
        self._scanner = Scanner(vocabulary)

    def redact(
        self,
        record: CaseRecord,
        exchanges: Sequence[Exchange],
        store: BlobWriter,
        read: Iterable[bytes] = (),
    ) -> CaseRecord:
        """Return `record` with its exchanges, fit for the run folder; `store` takes the bodies.

        `read` are contents that the scenario read and perhaps never sent: whom they name is hidden.
        """
        bodies: dict[str, bytes] = {}
        originals = [exchange_to_json(item, _collect(bodies)) for item in exchanges]
        summary = record.summary_json()
        told = chain(_texts(summary), *map(_traffic, originals))
        texts = list(dict.fromkeys(told))
        whole = self._scanner.text(_BREAK.join(texts))
        scans = {digest: self._scanner.body(body) for digest, body in bodies.items()}
        known = _learned(chain(scans.values(), map(self._scanner.body, read), [whole]))
        text = self._rewriter(texts, whole, known).__getitem__
        stored = {
            digest: self._stored(bodies[digest], scan, known, store)
            for digest, scan in scans.items()
        }
        self._scanner.forget()
        shown = [_rewritten(original, text, stored) for original in originals]
        for original, visible in zip(originals, shown, strict=True):
            if visible != original:
                self._keeper.exchange(visible, original)
        return CaseRecord.from_json({**_mapped(summary, text), "exchanges": shown})

    def _rewriter(self, texts: list[str], whole: Scan, known: Knowledge) -> dict[str, str]:
        parts = self._hidden(whole.text, whole.found(known, self._kinds)).split(_BREAK)
        if len(parts) != len(texts):
            # A text that opens an element or a quote and never closes it swallowed its neighbours.
            scans = map(self._scanner.text, texts)
            parts = [self._hidden(s.text, s.found(known, self._kinds)) for s in scans]
        return dict(zip(texts, parts, strict=True))

    def _stored(self, body: bytes, scan: Scan, known: Knowledge, store: BlobWriter) -> str:
        if as_text(body) is None:
            shown = self._mark(SecretKind.CONTENT, body) if scan.tainted(known, self._kinds) else ""
        elif scan.lost:
            shown = self._mark(SecretKind.CONTENT, body)
        else:
            spans = scan.found(known, self._kinds)
            shown = self._hidden(scan.text, spans) if spans else ""
        if not shown:
            return store(body)
        self._keeper.body(body)
        return store(shown.encode())

    def _hidden(self, text: str, spans: list[Span]) -> str:
        parts, place = [], 0
        for span in spans:
            parts += [text[place : span.start], self._mark(span.kind, _octets(text, span))]
            place = span.stop
        return "".join([*parts, text[place:]])

    def _mark(self, kind: SecretKind, value: bytes) -> str:
        commitment = self._committer.commit(kind, value)
        self._keeper.commitment(commitment)
        return commitment.mark


def _learned(scans: Iterable[Scan]) -> Knowledge:
    known = Knowledge()
    for scan in scans:
        scan.teach(known)
    return known


def _octets(text: str, span: Span) -> bytes:
    return text[span.start : span.stop].encode("utf-8", "surrogatepass")


def _collect(bodies: dict[str, bytes]) -> BlobWriter:
    def collect(body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        bodies[digest] = body
        return digest

    return collect


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """Yield the texts of a case that may hold what somebody else said."""
    if isinstance(value, str):
        if key not in _OURS:
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, key)


def _mapped(value: Any, rewrite: Rewrite, key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in _OURS else rewrite(value)
    if isinstance(value, dict):
        return {name: _mapped(item, rewrite, name) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, rewrite, key) for item in value]
    return value


def _traffic(exchange: Json) -> Iterator[str]:
    """Yield the texts of an exchange that came over the wire; a header as it stands in HTTP."""
    yield from (exchange[name] for name in ("operation", "error", "case") if exchange[name])
    yield from exchange["facts"].values()
    for message in (exchange["request"], exchange["response"]):
        if message:
            yield message["start"]
            yield from (f"{name}: {value}" for name, value in message["headers"])


def _rewritten(exchange: Json, rewrite: Rewrite, stored: dict[str, str]) -> Json:
    named = {
        name: rewrite(exchange[name]) if exchange[name] else exchange[name]
        for name in ("operation", "error", "case")
    }
    return {
        **exchange,
        **named,
        "facts": {name: rewrite(value) for name, value in exchange["facts"].items()},
        "request": _message(exchange["request"], rewrite, stored),
        "response": exchange["response"] and _message(exchange["response"], rewrite, stored),
    }


def _message(message: Json, rewrite: Rewrite, stored: dict[str, str]) -> Json:
    return {
        **message,
        "start": rewrite(message["start"]),
        "headers": [
            [name, rewrite(f"{name}: {value}")[len(name) + 2 :]]
            for name, value in message["headers"]
        ],
        "body": stored.get(message["body"], ""),
    }
