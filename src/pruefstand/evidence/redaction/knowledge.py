"""Values that are known, wherever they stand: made by the harness, or seen in the same scenario.

A short or ordinary value is hidden only where its place tells what it is: nobody could read a
report in which every `5` is a house number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pruefstand.evidence.redaction.span import Span, plain
from pruefstand.model.secret_kind import SecretKind

_WORD = re.compile(r"[^\W\d_]{3,}")
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_]*[^\W\d_A-Z]")
_TITLES = frozenset({"Prof", "Dipl", "Med", "Frau", "Herr", "Von", "Der", "Die"})
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_STREET = re.compile(r"(?=.{8})[^\W\d_].* [0-9]+.*")
_SHORTEST = {SecretKind.CONTACT: 6, SecretKind.KVNR: 10, SecretKind.PIN: 5}
_SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Vocabulary:
    """What the harness has made itself, for a whole process: names of persons, private keys."""

    names: frozenset[str] = frozenset()
    scalars: frozenset[bytes] = frozenset()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.names, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, words)) or r"(?!)")

    @cached_property
    def _numbers(self) -> frozenset[str]:
        forms = ((s.hex(), s.hex().upper(), str(int.from_bytes(s, "big"))) for s in self.scalars)
        return frozenset(form for triple in forms for form in triple)

    @cached_property
    def _lengths(self) -> frozenset[int]:
        return frozenset(map(len, self._numbers))

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the names in `text`."""
        for found in self._pattern.finditer(text):
            if _alone(text, *found.span()):
                yield Span(*found.span(), SecretKind.NAME, learn=False)

    def keys(self, text: str, runs: Iterable[tuple[int, int]]) -> Iterator[Span]:
        """Yield those `runs` of letters in `text` that are a private key in hex or decimal."""
        for start, stop in runs:
            if stop - start in self._lengths and text[start:stop] in self._numbers:
                yield Span(start, stop, SecretKind.KEY, learn=False)

    def has_key(self, data: bytes) -> bool:
        """Tell whether the scalar of a known private key is part of binary content."""
        return any(scalar in data for scalar in self.scalars)


@dataclass(slots=True)
class Knowledge:
    """What a scenario has shown: `words` stand alone, `phrases` may be part of something."""

    words: dict[str, SecretKind] = field(default_factory=dict)
    phrases: dict[str, SecretKind] = field(default_factory=dict)

    def learn(self, kind: SecretKind, value: str) -> None:
        """Look for `value` from now on, in the forms that are unlikely to mean something else."""
        value = plain(value).strip()
        if kind is SecretKind.NAME:
            self.words |= dict.fromkeys(names_in(value), kind)
        elif kind is SecretKind.BIRTHDATE:
            self.phrases |= dict.fromkeys(_forms_of_day(value), kind)
        elif kind is SecretKind.ADDRESS:
            if _STREET.fullmatch(value):
                self.phrases[value] = kind
        elif len(value) >= _SHORTEST.get(kind, _SHORTEST_SECRET):
            (self.words if value.isalnum() else self.phrases)[value] = kind

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where known values stand in `text`."""
        for word, kind in self.words.items():
            for span in _places(text, word, kind):
                if _alone(text, span.start, span.stop):
                    yield span
        for phrase, kind in self.phrases.items():
            yield from _places(text, phrase, kind)


def names_in(value: str) -> list[str]:
    """Return the words of a person's name that are worth looking for: no titles, no prefixes."""
    return [
        word
        for word in _WORD.findall(value)
        if _CAPITALISED.fullmatch(word) and word not in _TITLES
    ]


def _alone(text: str, start: int, stop: int) -> bool:
    """Tell whether no letter continues letters and no digit continues digits."""
    before, after = text[start - 1 : start] if start else "", text[stop : stop + 1]
    same = str.isdigit if text[start:stop].isdigit() else str.isalpha
    return not (same(before) or same(after))


def _places(text: str, value: str, kind: SecretKind) -> Iterator[Span]:
    place = text.find(value)
    while place >= 0:
        yield Span(place, place + len(value), kind)
        place = text.find(value, place + len(value))


def _forms_of_day(value: str) -> Iterator[str]:
    found = _DAY.fullmatch(value)
    if found is None:
        return
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return
    yield day.isoformat()
    yield f"{day:%d.%m.%Y}"
