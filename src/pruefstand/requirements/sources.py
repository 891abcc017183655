"""Modules as syntax trees, so that the lint judges code without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pruefstand.errors import ConfigurationError

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a module-level name stands for, and where."""

    module: str
    file: str
    node: ast.expr | Function


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed file; `imported` maps a local name to (module, name)."""

    name: str
    file: str
    tree: ast.Module
    symbols: Mapping[str, Symbol]
    imported: Mapping[str, tuple[str, str]]

    @property
    def functions(self) -> Iterator[Function]:
        """Yield the module-level functions."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def read_modules(root: Path, package: str) -> list[Module]:
    """Return the modules of `package`, a folder below `root`; raises ConfigurationError."""
    found = []
    source = root / "src" if (root / "src" / package.partition(".")[0]).is_dir() else root
    folder = source.joinpath(*package.split("."))
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder).with_suffix("")
        name = ".".join((package, *relative.parts)).removesuffix(".__init__")
        file = path.relative_to(root).as_posix()
        found.append(parse_module(path.read_text("utf-8"), name, file))
    return found


def parse_module(text: str, name: str, file: str) -> Module:
    """Return one module; raises ConfigurationError when it is no Python."""
    try:
        tree = ast.parse(text, filename=file)
    except SyntaxError as error:
        raise ConfigurationError(f"{file}:{error.lineno}: kein gültiges Python") from error
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    symbols = {key: Symbol(name, file, node) for key, node in _definitions(tree)}
    return Module(name, file, tree, symbols, imported)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.expr | Function]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
