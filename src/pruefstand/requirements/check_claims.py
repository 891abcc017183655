"""Which requirement ids the checks of a piece of code judge, read from its syntax tree.

Three spellings exist: the decorator `@check("A_1")`, the constructor `Check(name, ("A_1",), …)`,
and a factory, a function with `*requirements` that is called with the ids.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pruefstand.requirements.sources import Function, Module, Symbol

Bindings = Mapping[str, str]
Place = tuple[ast.AST, Module]
_REQUIREMENTS = "requirements"


@dataclass(frozen=True, slots=True)
class CheckClaim:
    """A requirement id that a check judges, where it is written."""

    id: str
    file: str
    line: int


class CheckClaims:
    """Resolves names across the given modules and collects the ids of the checks they reach."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = {module.name: module for module in modules}

    def everywhere(self) -> list[CheckClaim]:
        """Return every id that some check anywhere in the modules judges."""
        found = [
            claim
            for module in self._modules.values()
            for node in module.tree.body
            for claim in self._reached(node, module, {}, set())
        ]
        return list(dict.fromkeys(found))

    def of_function(self, module: Module, function: Function, bindings: Bindings) -> set[str]:
        """Return the ids judged when `function` runs with its parameters bound to `bindings`."""
        seen: set[int] = {id(function)}
        return {
            claim.id
            for node in function.body
            for claim in self._reached(node, module, bindings, seen)
        }

    def _reached(
        self, node: ast.AST, module: Module, bindings: Bindings, seen: set[int]
    ) -> Iterator[CheckClaim]:
        if isinstance(node, ast.Call):
            yield from self._called(node, module, bindings)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self._decorated(node, module)
        if isinstance(node, ast.Name):
            yield from self._named(node.id, module, seen)
        chosen = self._chosen(node, module, bindings)
        for child, place in chosen or ((child, module) for child in ast.iter_child_nodes(node)):
            yield from self._reached(child, place, bindings, seen)

    def _named(self, name: str, module: Module, seen: set[int]) -> Iterator[CheckClaim]:
        symbol = self._resolve(name, module)
        if symbol is None or id(symbol.node) in seen:
            return
        seen.add(id(symbol.node))
        yield from self._reached(symbol.node, self._modules[symbol.module], {}, seen)

    def _decorated(self, function: Function, module: Module) -> Iterator[CheckClaim]:
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and _called_name(decorator) == "check":
                yield from self._strings(decorator.args, module, {})

    def _called(self, call: ast.Call, module: Module, bindings: Bindings) -> Iterator[CheckClaim]:
        name = _called_name(call)
        if name == "Check":
            ids = [word.value for word in call.keywords if word.arg == _REQUIREMENTS]
            yield from self._strings(ids or call.args[1:2], module, bindings)
            return
        symbol = self._resolve(name, module) if name else None
        node = symbol.node if symbol else None
        # `check` itself has the same shape, but as a decorator it is read where it stands.
        if isinstance(node, ast.FunctionDef) and _is_factory(node) and node.name != "check":
            fixed = len(node.args.posonlyargs) + len(node.args.args)
            yield from self._strings(call.args[fixed:], module, bindings)

    def _strings(
        self, nodes: Iterable[ast.AST], module: Module, bindings: Bindings
    ) -> Iterator[CheckClaim]:
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield CheckClaim(node.value, module.file, node.lineno)
            elif isinstance(node, ast.Name):
                symbol = self._resolve(node.id, module)
                if symbol and isinstance(symbol.node, ast.expr):
                    place = self._modules[symbol.module]
                    yield from self._strings([symbol.node], place, bindings)
            else:
                inner = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
                chosen = self._chosen(node, module, bindings)
                for child, place in chosen or [(child, module) for child in inner]:
                    yield from self._strings([child], place, bindings)

    def _chosen(self, node: ast.AST, module: Module, bindings: Bindings) -> list[Place] | None:
        """Return what a look-up in a constant table picks, None when it cannot be told."""
        if isinstance(node, ast.Call):
            return self._got(node, module, bindings)
        if not isinstance(node, ast.Subscript):
            return None
        tables: list[Place] | None
        if isinstance(node.value, ast.Name):
            symbol = self._resolve(node.value.id, module)
            tables = [(symbol.node, self._modules[symbol.module])] if symbol else None
        else:
            tables = self._chosen(node.value, module, bindings)
        key = _key(node.slice, bindings)
        if tables is None or key is None:
            return None
        picked = [(value, place) for table, place in tables for value in _pick(table, key)]
        # A key outside the table picks nothing; an empty tuple stands for that.
        return picked or [(ast.Tuple(elts=[]), module)]

    def _got(self, call: ast.Call, module: Module, bindings: Bindings) -> list[Place] | None:
        """Return what `TABLE.get(key, default)` picks."""
        attribute = call.func
        if not isinstance(attribute, ast.Attribute) or attribute.attr != "get" or not call.args:
            return None
        look_up = ast.Subscript(value=attribute.value, slice=call.args[0], ctx=ast.Load())
        picked = self._chosen(look_up, module, bindings)
        if picked is not None and all(_is_empty(value) for value, _ in picked):
            return [(default, module) for default in call.args[1:2]] or picked
        return picked

    def _resolve(self, name: str, module: Module) -> Symbol | None:
        for _ in range(len(self._modules) + 1):
            if name in module.symbols:
                return module.symbols[name]
            origin, name = module.imported.get(name, ("", ""))
            if origin not in self._modules:
                return None
            module = self._modules[origin]
        return None


def _is_factory(function: ast.FunctionDef) -> bool:
    return function.args.vararg is not None and function.args.vararg.arg == _REQUIREMENTS


def _is_empty(node: ast.AST) -> bool:
    return isinstance(node, ast.Tuple) and not node.elts


def _called_name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _key(node: ast.expr, bindings: Bindings) -> str | int | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
        return node.value
    return bindings.get(node.id) if isinstance(node, ast.Name) else None


def _pick(table: ast.AST, key: str | int) -> list[ast.AST]:
    if isinstance(table, ast.Dict):
        pairs = zip(table.keys, table.values, strict=True)
        return [value for at, value in pairs if isinstance(at, ast.Constant) and at.value == key]
    if isinstance(table, ast.Tuple | ast.List) and isinstance(key, int):
        return list(table.elts[key : key + 1]) if key >= 0 else list(table.elts[key:][:1])
    return [table]
