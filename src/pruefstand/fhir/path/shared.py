"""Parts of expressions that many rules of a profile share: evaluated once per element."""

from __future__ import annotations

from sys import intern

from pruefstand.fhir.path.focus import Focus, Items, Step
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

Roots = frozenset[str]
"""Where the parts of an expression begin: at the focus (`$this`), or at `%resource`."""

_NOWHERE: Roots = frozenset()
_FOCUS: Roots = frozenset({"$this"})
_RESOURCE: Roots = frozenset({"%resource"})
_BEYOND_THE_TREE = frozenset({"resolve", "conformsTo", "memberOf", "now", "today", "aggregate"})
"""Functions whose result also hangs on the running validation."""

_PER_ITEM = frozenset({"where", "exists", "all", "select", "repeat"})
"""Functions whose arguments begin at each item of their base."""

_REPEATED = frozenset({"where", "extension"})
"""Functions that rules of one profile call again and again with the same arguments."""


def remembered(tree: Expression, step: Step) -> Step:
    """Return `step`, the closure of `tree`, so that an element keeps its result if worth it."""
    roots = _roots(tree) if _is_repeated(tree) else None
    if roots == _FOCUS:
        return _kept_by_focus(tree, step)
    return _kept_by_resource(tree, step) if roots == _RESOURCE else step


def _is_repeated(tree: Expression) -> bool:
    match tree:
        case Call(_, name):
            return name in _REPEATED
        case Member(Member() as base):
            return _is_repeated(base)
        case Member(base):
            return isinstance(base, Call) and base.name in _REPEATED
        case Binary("|"):
            return True
        case _:
            return False


def _roots(tree: Expression) -> Roots | None:
    """Return where `tree` begins; None when more than elements below decides on its result."""
    match tree:
        case Literal():
            return _NOWHERE
        case This():
            return _FOCUS
        case Variable("%resource"):
            return _RESOURCE
        case Member(base) | TypeOperation(base) | Negated(base):
            return _roots(base)
        case Indexer(left, right) | Binary(_, left, right):
            return _joined(_roots(left), _roots(right))
        case Call(base, name, arguments) if name not in _BEYOND_THE_TREE:
            found = _roots(base)
            for one in arguments:
                inside = _roots(one)
                if inside is not None and name in _PER_ITEM:
                    inside -= _FOCUS
                found = _joined(found, inside)
            return found
        case _:
            return None


def _joined(left: Roots | None, right: Roots | None) -> Roots | None:
    return None if left is None or right is None else left | right


def _key(tree: Expression) -> str:
    # Not the tree: literals like 1 and true are equal there.
    return intern(repr(tree))


def _kept_by_focus(tree: Expression, step: Step) -> Step:
    key = _key(tree)

    def run(items: Items, focus: Focus) -> Items:
        if len(items) != 1 or type(items[0]) is not Node:
            return step(items, focus)
        kept = items[0].parts
        found = kept.get(key)
        if found is None:
            found = kept[key] = step(items, focus)
        return found

    return run


def _kept_by_resource(tree: Expression, step: Step) -> Step:
    key = _key(tree)

    def run(items: Items, focus: Focus) -> Items:
        kept = focus.resource.parts
        found = kept.get(key)
        if found is None:
            found = kept[key] = step(items, focus)
        return found

    return run
