"""The functions of FHIRPath over collections, as builders of closures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pruefstand.fhir.path.focus import Focus, Items, Step, Test
from pruefstand.fhir.path.operators import unique, united
from pruefstand.fhir.path.text_functions import TEXT_FUNCTIONS
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.path.values import identity, scalar, text, truth

_LIMIT = 100_000


def where(base: Step, criteria: Test) -> Step:
    """`where(criteria)`."""
    return lambda items, focus: [i for i in base(items, focus) if criteria([i], focus)]


def select(base: Step, projection: Step) -> Step:
    """`select(projection)`."""
    return lambda items, focus: [
        found for item in base(items, focus) for found in projection([item], focus)
    ]


def repeat(base: Step, projection: Step) -> Step:
    """`repeat(projection)`: until nothing new is found."""

    def run(items: Items, focus: Focus) -> Items:
        result: Items = []
        layer = base(items, focus)
        while layer and len(result) < _LIMIT:
            layer = [found for item in layer for found in projection([item], focus)]
            result.extend(layer)
        return result

    return run


def _part(choose: Callable[[Items, int], Items]) -> Callable[[Step, Step], Step]:
    def build(base: Step, number: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            count = number(items, focus)
            return choose(base(items, focus), int(scalar(count[0]))) if count else []

        return run

    return build


def extension(base: Step, address: Step) -> Step:
    """`extension(url)`."""

    def run(items: Items, focus: Focus) -> Items:
        wanted = address(items, focus)
        url = text(wanted[0]) if wanted else None
        return [
            one
            for item in base(items, focus)
            if type(item) is Node
            for one in item.children.get("extension", ())
            if one.text("url") == url
        ]

    return run


def extension_at(base: Step, url: str) -> Step:
    """`extension('url')`."""
    return lambda items, focus: [
        one
        for item in base(items, focus)
        if type(item) is Node
        for one in item.children.get("extension", ())
        if one.text("url") == url
    ]


def has_value(base: Step) -> Step:
    """`hasValue()`."""

    def run(items: Items, focus: Focus) -> Items:
        found = base(items, focus)
        return [len(found) == 1 and type(scalar(found[0])) is not Node]

    return run


def _children(items: Items) -> Items:
    return [child for item in items if type(item) is Node for child in item.ordered]


def descendants(base: Step) -> Step:
    """`descendants()`."""

    def run(items: Items, focus: Focus) -> Items:
        result: Items = []
        layer = _children(base(items, focus))
        while layer:
            result.extend(layer)
            layer = _children(layer)
        return result

    return run


def intersect(base: Step, other: Step) -> Step:
    """`intersect(other)`."""

    def run(items: Items, focus: Focus) -> Items:
        wanted = {identity(item) for item in other(items, focus)}
        return [item for item in unique(base(items, focus)) if identity(item) in wanted]

    return run


def exclude(base: Step, other: Step) -> Step:
    """`exclude(other)`."""

    def run(items: Items, focus: Focus) -> Items:
        unwanted = {identity(item) for item in other(items, focus)}
        return [item for item in base(items, focus) if identity(item) not in unwanted]

    return run


def subset_of(base: Step, other: Step) -> Step:
    """`subsetOf(other)`."""

    def run(items: Items, focus: Focus) -> Items:
        whole = {identity(item) for item in other(items, focus)}
        return [all(identity(item) in whole for item in base(items, focus))]

    return run


def superset_of(base: Step, other: Step) -> Step:
    """`supersetOf(other)`."""

    def run(items: Items, focus: Focus) -> Items:
        whole = {identity(item) for item in base(items, focus)}
        return [all(identity(item) in whole for item in other(items, focus))]

    return run


def conditional(base: Step, condition: Step, yes: Step, no: Step | None = None) -> Step:
    """`iif(condition, yes[, no])`."""

    def run(items: Items, focus: Focus) -> Items:
        here = base(items, focus)
        if truth(condition(here, focus)):
            return yes(here, focus)
        return no(here, focus) if no else []

    return run


def aggregate(base: Step, step: Step, start: Step | None = None) -> Step:
    """`aggregate(step[, start])`."""

    def run(items: Items, focus: Focus) -> Items:
        total = start(items, focus) if start else []
        for index, item in enumerate(base(items, focus)):
            total = step([item], replace(focus, index=index, total=total))
        return total

    return run


def resolve(base: Step) -> Step:
    """`resolve()`: references inside the document."""

    def run(items: Items, focus: Focus) -> Items:
        found = (focus.services.resolve(item) for item in base(items, focus))
        return [node for node in found if node is not None]

    return run


def conforms_to(base: Step, profile: Step) -> Step:
    """`conformsTo(profile)`."""

    def run(items: Items, focus: Focus) -> Items:
        found, wanted = base(items, focus), profile(items, focus)
        if not found or not wanted or type(found[0]) is not Node:
            return []
        return [focus.services.conforms_to(found[0], str(text(wanted[0])))]

    return run


def member_of(base: Step, value_set: Step) -> Step:
    """`memberOf(value set)`."""

    def run(items: Items, focus: Focus) -> Items:
        found, wanted = base(items, focus), value_set(items, focus)
        if not found or not wanted or type(found[0]) is not Node:
            return []
        return [focus.services.member_of(found[0], str(text(wanted[0])))]

    return run


def _distinct(items: Items) -> bool:
    return len({identity(item) for item in items}) == len(items)


def _over(result: Callable[[Items], Items]) -> Callable[[Step], Step]:
    return lambda base: lambda items, focus: result(base(items, focus))


FUNCTIONS: dict[str, Callable[..., Step]] = {
    "where": where,
    "select": select,
    "repeat": repeat,
    "count": _over(lambda found: [len(found)]),
    "first": _over(lambda found: found[:1]),
    "last": _over(lambda found: found[-1:]),
    "tail": _over(lambda found: found[1:]),
    "single": _over(lambda found: found[:1]),
    "skip": _part(lambda found, count: found[max(count, 0) :]),
    "take": _part(lambda found, count: found[: max(count, 0)]),
    "extension": extension,
    "hasValue": has_value,
    "getValue": _over(lambda found: [scalar(item) for item in found]),
    "children": _over(_children),
    "descendants": descendants,
    "distinct": _over(unique),
    "isDistinct": _over(lambda found: [_distinct(found)]),
    "union": united,
    "combine": lambda base, other: lambda i, f: [*base(i, f), *other(i, f)],
    "intersect": intersect,
    "exclude": exclude,
    "subsetOf": subset_of,
    "supersetOf": superset_of,
    "allTrue": _over(lambda found: [all(scalar(item) is True for item in found)]),
    "allFalse": _over(lambda found: [all(scalar(item) is False for item in found)]),
    "anyTrue": _over(lambda found: [any(scalar(item) is True for item in found)]),
    "anyFalse": _over(lambda found: [any(scalar(item) is False for item in found)]),
    "trace": lambda base, *_: base,
    "iif": conditional,
    # The content of narratives is not examined.
    "htmlChecks": lambda _: lambda __, ___: [True],
    "resolve": resolve,
    "conformsTo": conforms_to,
    "memberOf": member_of,
    "aggregate": aggregate,
    "today": lambda _: lambda __, focus: [focus.services.now().date().isoformat()],
    "now": lambda _: lambda __, focus: [focus.services.now().isoformat()],
    **TEXT_FUNCTIONS,
}
"""Function name → builder taking the base and the arguments."""
