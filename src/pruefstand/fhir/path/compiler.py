"""FHIRPath syntax trees to closures; each expression is compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from pruefstand.fhir.path.focus import Focus, Items, Step, Test
from pruefstand.fhir.path.functions import FUNCTIONS, extension_at
from pruefstand.fhir.path.lexer import FhirPathProblem
from pruefstand.fhir.path.operators import COMBINING
from pruefstand.fhir.path.parser import parse
from pruefstand.fhir.path.predicates import COMPARING, LOGICAL, PREDICATES, equals_text, same, typed
from pruefstand.fhir.path.shared import remembered
from pruefstand.fhir.path.syntax import (
    Binary,
    Call,
    Expression,
    Indexer,
    Literal,
    Member,
    Negated,
    This,
    TypeOperation,
    Variable,
)
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.path.values import has_type, holds, scalar, truth

_WITH_CRITERIA = frozenset({"where", "exists", "all"})
_CHOICE = re.compile(
    r"(value|effective|onset|occurrence|deceased|multipleBirth|medication|asNeeded|reported)[A-Z]"
)
_CONSTANTS = {
    "%ucum": "http://unitsofmeasure.org",
    "%sct": "http://snomed.info/sct",
    "%loinc": "http://loinc.org",
}
_SURROUNDINGS: dict[str, Step] = {
    "%resource": lambda _, focus: [focus.resource],
    "%rootResource": lambda _, focus: [focus.root_resource],
    "%context": lambda _, focus: [focus.context],
    "$index": lambda _, focus: [focus.index],
    "$total": lambda _, focus: focus.total,
}

Closure = TypeVar("Closure", Step, Test)


@lru_cache(maxsize=4096)
def compiled(text: str) -> Step:
    """Return the closure of an expression; raises FhirPathProblem."""
    return build(parse(text))


@lru_cache(maxsize=4096)
def compiled_rule(text: str) -> Test:
    """Return the closure that tells whether a rule is met; raises FhirPathProblem."""
    return criterion(parse(text))


def build(tree: Expression) -> Step:
    """Return the closure of a syntax tree; raises FhirPathProblem."""
    test = _predicate(tree)
    if test is not None:
        return _collected(test)
    match tree:
        case Literal(value):
            return _literal(value)
        case This():
            return lambda items, _: items
        case Variable(name):
            return _variable(name)
        case Member():
            return remembered(tree, _path(tree))
        case Call(base, name, arguments):
            return remembered(tree, _call(base, name, arguments))
        case Indexer(base, position):
            return _indexer(build(base), build(position))
        case TypeOperation(base, _, type_name):
            return _of_type(build(base), type_name)
        case Binary(operator, left, right):
            return remembered(tree, COMBINING[operator](build(left), build(right)))
        case Negated(base):
            inner = build(base)
            return lambda items, focus: [-scalar(item) for item in inner(items, focus)]


def truth_of(tree: Expression) -> Test:
    """Return the closure of a syntax tree that stands where one truth value is meant."""
    return _test(tree, truth)


def criterion(tree: Expression) -> Test:
    """Return the closure of a rule or criterion: several items are as good as true."""
    return _test(tree, holds)


def _test(tree: Expression, value_of: Callable[[Items], bool | None]) -> Test:
    test = _predicate(tree)
    if test is not None:
        return test
    step = build(tree)
    return lambda items, focus: value_of(step(items, focus))


def _collected(test: Test) -> Step:
    def run(items: Items, focus: Focus) -> Items:
        value = test(items, focus)
        return [] if value is None else [value]

    return run


def _predicate(tree: Expression) -> Test | None:
    """Return the closure of a tree that can give nothing but a truth value."""
    match tree:
        case Binary("=" | "!=" as operator, left, Literal(str() as wanted)):
            return equals_text(build(left), wanted, negated=operator == "!=")
        case Binary(operator, left, right) if operator in LOGICAL:
            return LOGICAL[operator](truth_of(left), truth_of(right))
        case Binary("=" | "!=" as operator, left, right) if _is_predicate(left) and _is_predicate(
            right
        ):
            return same(truth_of(left), truth_of(right), negated=operator == "!=")
        case Binary(operator, left, right) if operator in COMPARING:
            return COMPARING[operator](build(left), build(right))
        case TypeOperation(base, "is", name):
            return typed(build(base), name)
        case Call(base, "is", (Member(_, name),)):
            return typed(build(base), name)
        case Call(base, name, arguments) if name in PREDICATES:
            return _applied(PREDICATES[name], base, name, arguments)
        case _:
            return None


def _is_predicate(tree: Expression) -> bool:
    match tree:
        case Binary(operator):
            return operator in LOGICAL or operator in COMPARING
        case TypeOperation(_, operator):
            return operator == "is"
        case Call(_, name):
            return name in PREDICATES
        case _:
            return False


def _literal(value: object) -> Step:
    constant = [] if value is None else [value]
    return lambda _, __: constant


def _variable(name: str) -> Step:
    if name in _CONSTANTS:
        return _literal(_CONSTANTS[name])
    if name not in _SURROUNDINGS:
        raise FhirPathProblem(f"unknown variable {name}")
    return _SURROUNDINGS[name]


def _path(tree: Expression) -> Step:
    """Return the closure of `base.name.name…`, one for all names."""
    names: list[tuple[str, str | None]] = []
    while isinstance(tree, Member):
        choice = _CHOICE.match(tree.name)
        names.insert(0, (tree.name, choice[1] if choice else None))
        tree = tree.base
    if isinstance(tree, This):
        first = names[0][0]
        if not first[:1].isupper():
            return lambda items, _: _children(items, names)
        base = _of_type(build(tree), first)
        names = names[1:]
    else:
        base = build(tree)
    return lambda items, focus: _children(base(items, focus), names)


def _children(items: Items, names: list[tuple[str, str | None]]) -> Items:
    for name, fallback in names:
        found: Items = []
        for item in items:
            if type(item) is not Node:
                continue
            named = item.children.get(name)
            if named is None and fallback:
                named = item.children.get(fallback)
            if named:
                found += named
            elif name == "value" and item.value is not None:
                found.append(item)
        items = found
        if not items:
            break
    return items


def _indexer(base: Step, position: Step) -> Step:
    def run(items: Items, focus: Focus) -> Items:
        found, at = base(items, focus), position(items, focus)
        if not at:
            return []
        index = scalar(at[0])
        return [found[index]] if 0 <= index < len(found) else []

    return run


def _of_type(base: Step, name: str) -> Step:
    return lambda items, focus: [i for i in base(items, focus) if has_type(i, name)]


def _call(base: Expression, name: str, arguments: tuple[Expression, ...]) -> Step:
    match name, arguments:
        case "extension", (Literal(str() as url),):
            return extension_at(build(base), url)
        case "is" | "as" | "ofType", (Member(_, type_name),):
            return _of_type(build(base), type_name)
        case "is" | "as" | "ofType", _:
            raise FhirPathProblem(f"{name}() wants one type")
    builder = FUNCTIONS.get(name)
    if builder is None:
        raise FhirPathProblem(f"unknown function {name}()")
    return _applied(builder, base, name, arguments)


def _applied(
    builder: Callable[..., Closure], base: Expression, name: str, arguments: Iterable[Expression]
) -> Closure:
    below = truth_of if name == "not" else build
    inside = criterion if name in _WITH_CRITERIA else build
    try:
        return builder(below(base), *(inside(argument) for argument in arguments))
    except TypeError:
        raise FhirPathProblem(f"wrong number of arguments for {name}()") from None
