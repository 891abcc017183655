"""Parts of expressions that many rules of a profile share: evaluated once per element."""

from __future__ import annotations

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
)
from pruefstand.fhir.path.tree import Node

_BEYOND_THE_TREE = frozenset({"resolve", "conformsTo", "memberOf", "now", "today", "aggregate"})
"""Functions whose result also hangs on the running validation."""


def hangs_on_focus_only(tree: Expression) -> bool:
    """Return whether the elements below the focus alone decide on the result of `tree`."""
    match tree:
        case Literal() | This():
            return True
        case Member(base) | TypeOperation(base) | Negated(base):
            return hangs_on_focus_only(base)
        case Indexer(left, right) | Binary(_, left, right):
            return hangs_on_focus_only(left) and hangs_on_focus_only(right)
        case Call(base, name, arguments):
            inside = all(hangs_on_focus_only(one) for one in arguments)
            return inside and name not in _BEYOND_THE_TREE and hangs_on_focus_only(base)
        case _:
            return False


def remembered(tree: Expression, step: Step) -> Step:
    """Return `step`, the closure of `tree`, so that an element keeps its result."""
    # Not the tree: literals like 1 and true are equal there.
    key = repr(tree)

    def run(items: Items, focus: Focus) -> Items:
        if len(items) != 1 or type(items[0]) is not Node:
            return step(items, focus)
        kept = items[0].parts
        found = kept.get(key)
        if found is None:
            found = kept[key] = step(items, focus)
        return found

    return run
