"""Step definitions as pytest-bdd will see them: kind, pattern, function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import parse  # type: ignore[import-untyped]

from pruefstand.requirements.scenarios import Step
from pruefstand.requirements.sources import Function, Module

_KINDS = {"given", "when", "then", "step"}
_OWN_TYPE = re.compile(r"\{(\w+):[A-Z]\w+\}")


@dataclass(frozen=True, slots=True, eq=False)
class StepDefinition:
    """One decorator of a step function; `grammar` is `exact`, `parse` or `re`."""

    kind: str
    grammar: str
    pattern: str
    module: Module
    function: Function
    line: int

    @property
    def place(self) -> str:
        """Return file and line."""
        return f"{self.module.file}:{self.line}"

    def match(self, step: Step) -> dict[str, str] | None:
        """Return the arguments of `step`, None when this definition does not apply."""
        if self.kind not in (step.kind, "step"):
            return None
        if self.grammar == "exact":
            return {} if step.text == self.pattern else None
        if self.grammar == "re":
            found = re.fullmatch(self.pattern, step.text)
            return dict(found.groupdict()) if found else None
        # Types of the step module's own are not known here; any text stands for them.
        read = parse.parse(_OWN_TYPE.sub(r"{\1}", self.pattern), step.text)
        return {name: str(value) for name, value in read.named.items()} if read else None


def step_definitions(modules: list[Module]) -> list[StepDefinition]:
    """Return all step definitions of `modules`."""
    return [
        definition
        for module in modules
        for function in module.functions
        for definition in _of_function(module, function)
    ]


def _of_function(module: Module, function: Function) -> Iterator[StepDefinition]:
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not decorator.args:
            continue
        kind = decorator.func.id if isinstance(decorator.func, ast.Name) else ""
        read = _pattern(decorator.args[0])
        if kind in _KINDS and read:
            yield StepDefinition(kind, *read, module, function, decorator.lineno)


def _pattern(node: ast.expr) -> tuple[str, str] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "exact", node.value
    if not isinstance(node, ast.Call) or not node.args:
        return None
    text = node.args[0]
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    grammar = {"parse": "parse", "cfparse": "parse", "re": "re", "string": "exact"}.get(name)
    return (grammar, text.value) if grammar else None
