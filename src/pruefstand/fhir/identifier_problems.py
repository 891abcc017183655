"""Wrong identifiers in a FHIR file: found, explained and, on request, replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pruefstand.fhir.located import Element
from pruefstand.ids import bsnr, iknr, kvnr, lanr, pzn, rezept_id, zanr
from pruefstand.rng import Rng

PUBLISHED_EXAMPLES = frozenset({"P123464113", "123456789", "X123456789", "X234567890"})
"""Invalid values that stand in official examples of the publishers; nobody's own mistake."""


@dataclass(frozen=True, slots=True)
class IdentifierProblem:
    """One wrong identifier: where it stands, what is wrong and what was expected, in German."""

    file: str
    line: int
    path: str
    value: str
    what: str
    expected: str

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.file}, Zeile {self.line}, {self.path}"

    @property
    def replaceable(self) -> bool:
        """Say whether the value gives way: Rezept-IDs come from the task, examples are known."""
        return self.expected == _RULES[rezept_id.SYSTEM].expected or (
            self.value in PUBLISHED_EXAMPLES
        )

    @property
    def is_warning(self) -> bool:
        """Say whether the Fachdienst accepts it with a warning: LANR and ZANR (status 252)."""
        return self.expected in {_RULES[lanr.SYSTEM].expected, _RULES[zanr.SYSTEM].expected}

    def __str__(self) -> str:
        return f"{self.place}: {self.what}; erwartet: {self.expected}"


@dataclass(frozen=True, slots=True)
class _Rule:
    """How identifiers of one system are judged and replaced."""

    problem: Callable[[str], str | None]
    expected: str
    corrected: Callable[[str], str | None]
    generate: Callable[[Rng], str]


def _uncorrected(_text: str) -> None:
    return None


_RULES = {
    kvnr.SYSTEM: _Rule(
        kvnr.problem, "KVNR mit richtiger Prüfziffer", kvnr.corrected, kvnr.generate
    ),
    iknr.SYSTEM: _Rule(iknr.problem, "IK mit richtiger Prüfziffer", iknr.corrected, iknr.generate),
    lanr.SYSTEM: _Rule(
        lanr.problem, "LANR mit richtiger Prüfziffer", lanr.corrected, lanr.generate
    ),
    zanr.SYSTEM: _Rule(
        zanr.problem, "ZANR mit richtiger Prüfziffer", zanr.corrected, zanr.generate
    ),
    bsnr.SYSTEM: _Rule(bsnr.problem, "BSNR aus neun Ziffern", bsnr.corrected, bsnr.generate),
    pzn.SYSTEM: _Rule(pzn.problem, "PZN mit richtiger Prüfziffer", pzn.corrected, pzn.generate),
    # A Rezept-ID is replaced by the one of the task, never repaired.
    rezept_id.SYSTEM: _Rule(
        rezept_id.problem,
        "Rezept-ID mit richtiger Prüfnummer (ISO 7064 MOD 97-10)",
        _uncorrected,
        rezept_id.generate,
    ),
}


def find(root: Element, file: str) -> tuple[IdentifierProblem, ...]:
    """Return the wrong identifiers below `root`, in document order."""
    return tuple(
        IdentifierProblem(
            file=file,
            line=element.line,
            path=element.path,
            value=element.value or "",
            what=reason,
            expected=_RULES[system].expected,
        )
        for system, element in _identifiers(root)
        if (reason := _RULES[system].problem(element.value or "")) is not None
    )


def replacements(root: Element) -> list[tuple[Element, str]]:
    """Return each wrong identifier except Rezept-IDs with a valid one; same in, same out."""
    return [
        (element, _replacement(_RULES[system], element.value or ""))
        for system, element in _identifiers(root)
        if system != rezept_id.SYSTEM and _RULES[system].problem(element.value or "") is not None
    ]


def _replacement(rule: _Rule, value: str) -> str:
    corrected = rule.corrected(value)
    return corrected if corrected is not None else rule.generate(Rng(f"replacement/{value}"))


def _identifiers(root: Element) -> Iterator[tuple[str, Element]]:
    """Yield system and value element of every Identifier or Coding of a known system."""
    for node in root.walk():
        system = node.text("system")
        value = node.first("value") or node.first("code")
        if system in _RULES and value is not None and value.value is not None:
            yield system, value
