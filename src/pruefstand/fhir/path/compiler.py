"""FHIRPath syntax trees to closures; each expression is compiled once."""

from __future__ import annotations

import re
from functools import lru_cache

from pruefstand.fhir.path.focus import Focus, Items, Step
from pruefstand.fhir.path.functions import FUNCTIONS
from pruefstand.fhir.path.lexer import FhirPathProblem
from pruefstand.fhir.path.operators import BINARY
from pruefstand.fhir.path.parser import parse
from pruefstand.fhir.path.shared import hangs_on_focus_only, remembered
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
from pruefstand.fhir.path.values import has_type, scalar

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


@lru_cache(maxsize=4096)
def compiled(text: str) -> Step:
    """Return the closure of an expression; raises FhirPathProblem."""
    return build(parse(text))


def build(tree: Expression) -> Step:
    """Return the closure of a syntax tree; raises FhirPathProblem."""
    match tree:
        case Literal(value):
            return _literal(value)
        case This():
            return lambda items, _: items
        case Variable(name):
            return _variable(name)
        case Member(base, name):
            return _member(base, name)
        case Call(base, name, arguments):
            step = _call(base, name, arguments)
            shared = name == "where" and hangs_on_focus_only(tree)
            return remembered(tree, step) if shared else step
        case Indexer(base, position):
            return _indexer(build(base), build(position))
        case TypeOperation(base, operator, type_name):
            return _type_operation(build(base), operator, type_name)
        case Binary(operator, left, right):
            return BINARY[operator](build(left), build(right))
        case Negated(base):
            inner = build(base)
            return lambda items, focus: [-scalar(item) for item in inner(items, focus)]


def _literal(value: object) -> Step:
    constant = [] if value is None else [value]
    return lambda _, __: constant


def _variable(name: str) -> Step:
    if name in _CONSTANTS:
        return _literal(_CONSTANTS[name])
    if name not in _SURROUNDINGS:
        raise FhirPathProblem(f"unknown variable {name}")
    return _SURROUNDINGS[name]


def _member(base: Expression, name: str) -> Step:
    choice = _CHOICE.match(name)
    fallback = choice[1] if choice else None

    def children(items: Items) -> Items:
        found: Items = []
        for item in items:
            if type(item) is not Node:
                continue
            named = item.children.get(name)
            if named is None and fallback:
                named = item.children.get(fallback)
            if named:
                found.extend(named)
            elif name == "value" and item.value is not None:
                found.append(item)
        return found

    if isinstance(base, This):
        if name[:1].isupper():
            return lambda items, _: [item for item in items if has_type(item, name)]
        return lambda items, _: children(items)
    inner = build(base)
    return lambda items, focus: children(inner(items, focus))


def _indexer(base: Step, position: Step) -> Step:
    def run(items: Items, focus: Focus) -> Items:
        found, at = base(items, focus), position(items, focus)
        if not at:
            return []
        index = scalar(at[0])
        return [found[index]] if 0 <= index < len(found) else []

    return run


def _type_operation(base: Step, operator: str, name: str) -> Step:
    if operator == "is":

        def test(items: Items, focus: Focus) -> Items:
            found = base(items, focus)
            return [has_type(found[0], name)] if found else []

        return test
    return lambda items, focus: [i for i in base(items, focus) if has_type(i, name)]


def _call(base: Expression, name: str, arguments: tuple[Expression, ...]) -> Step:
    if name in ("is", "as", "ofType"):
        named = arguments[0] if len(arguments) == 1 else None
        if not isinstance(named, Member):
            raise FhirPathProblem(f"{name}() wants one type")
        return _type_operation(build(base), name, named.name)
    builder = FUNCTIONS.get(name)
    if builder is None:
        raise FhirPathProblem(f"unknown function {name}()")
    try:
        return builder(build(base), *(build(argument) for argument in arguments))
    except TypeError:
        raise FhirPathProblem(f"wrong number of arguments for {name}()") from None
