"""Who may import whom, read from the syntax trees; identifiers stay ASCII, steps stay sync."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("pruefstand", "mocks", "steps", "loadtests")

GROUND = {"", "model", "errors"}
TIME_AND_CHANCE = GROUND | {"clock", "rng"}
DATA = TIME_AND_CHANCE | {"ids", "crypto", "fhir", "testdata"}
PROTOCOL = DATA | {"soap", "prints", "pdf", "cda", "ldap", "kim"}
ACTORS = PROTOCOL | {"clients", "transport", "flows", "drivers"}

MAY_IMPORT: dict[str, set[str]] = {
    "": set(),
    "model": {"", "model"},
    "errors": GROUND,
    "clock": GROUND,
    "rng": GROUND,
    "ids": GROUND | {"rng", "ids"},
    "config": TIME_AND_CHANCE | {"ids", "config"},
    "crypto": TIME_AND_CHANCE | {"ids", "crypto"},
    "fhir": DATA,
    "testdata": DATA,
    "ldap": DATA - {"testdata", "fhir"} | {"ldap"},
    "kim": DATA - {"testdata", "fhir"} | {"kim"},
    "soap": DATA | {"soap"},
    "pdf": GROUND | {"pdf"},
    "cda": DATA | {"cda"},
    "prints": DATA | {"pdf", "prints"},
    "transport": TIME_AND_CHANCE | {"transport"},
    "clients": PROTOCOL - {"prints", "testdata"} | {"transport", "clients"},
    "flows": PROTOCOL - {"soap"} | {"clients", "flows"},
    "drivers": ACTORS,
    # What a mail or a search says is read with the protocols' own readers.
    "checks": DATA - {"testdata", "rng"} | {"kim", "ldap", "cda", "pdf", "checks"},
    "mockkit": TIME_AND_CHANCE | {"crypto", "transport", "mockkit"},
    # Redaction recognises a KVNR by its check digit.
    "evidence": TIME_AND_CHANCE | {"config", "crypto", "ids", "evidence"},
    "diff": TIME_AND_CHANCE | {"evidence", "requirements", "diff"},
    "rejudge": TIME_AND_CHANCE | {"checks", "evidence", "rejudge"},
    "requirements": TIME_AND_CHANCE | {"config", "crypto", "requirements"},
    "attest": TIME_AND_CHANCE | {"config", "evidence", "requirements", "mockkit", "attest"},
    "report": TIME_AND_CHANCE | {"diff", "evidence", "pdf", "requirements", "report"},
    # It validates the documents of a run.
    "analysis": TIME_AND_CHANCE | {"config", "evidence", "requirements", "fhir", "analysis"},
    "pytest_plugin": ACTORS | {"config", "mockkit", "checks", "evidence", "pytest_plugin"},
    "mocks": PROTOCOL | {"mockkit"},
    "steps": GROUND
    # Negative scenarios forge what no flow would send: they need client calls and raw crypto.
    | {"clock", "rng", "ids", "fhir", "testdata", "flows", "drivers", "checks", "clients", "crypto"}
    | {"pytest_plugin", "prints", "kim", "ldap", "steps"},
    "loadtests": ACTORS | {"config", "evidence", "loadtests", "mockkit"},
}
"""Area of the importing file → areas of ours it may name; `cli` may name all of `src`."""

ONLY_IN: dict[str, set[str]] = {
    "httpx": {"transport", "mockkit"},
    "uvicorn": {"mockkit"},
    "asyncio": {"mockkit"},
    "aiosmtpd": {"mockkit"},
    "pandas": {"analysis"},
    "locust": {"loadtests"},
    "gevent": {"loadtests"},
    "geventhttpclient": {"loadtests"},
    "pytest": {"pytest_plugin", "cli", "steps"},
    "pytest_bdd": {"steps"},
    "typer": {"cli"},
    "rich": {"cli"},
}
"""Third-party package → the only areas that may name it."""


@dataclass(frozen=True, slots=True)
class Named:
    """One import: `area` is where it stands, `module` what it names."""

    area: str
    module: str
    place: str


def area_of(module: str) -> str:
    """Return the area of a dotted module name of ours; each mock is an area of its own."""
    parts = module.split(".")
    if parts[0] == "mocks":
        return ".".join(parts[:2])
    if parts[0] == "pruefstand":
        return parts[1] if len(parts) > 1 else ""
    return parts[0]


def sources(*folders: str) -> Iterator[tuple[str, Path]]:
    """Yield (dotted module, file) of all source files below `folders`."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = (
                path.relative_to(ROOT / ("src" if folder == "src" else ".")).with_suffix("").parts
            )
            yield ".".join(part for part in parts if part != "__init__"), path


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, module) of each import, wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            whole = base in {"pruefstand", "mocks"}
            names = [f"{base}.{alias.name}" for alias in node.names] if whole else [base]
            yield from ((node.lineno, name) for name in names)


def named_imports(module: str, text: str) -> list[Named]:
    """Return the imports of one file."""
    found = imported(ast.parse(text, filename=module))
    return [Named(area_of(module), name, f"{module}:{line}") for line, name in found]


def breach(item: Named) -> str | None:
    """Say which rule `item` breaks."""
    top = item.module.split(".")[0]
    if item.module.startswith("."):
        return f"{item.place}: relative import {item.module}"
    if top not in OURS:
        allowed = ONLY_IN.get(top)
        return f"{item.place}: {top} not here" if allowed and item.area not in allowed else None
    wanted = area_of(item.module)
    if item.area in {"cli", "__main__"}:
        fits = top == "pruefstand"
    elif item.area.partition(".")[0] == "mocks":
        fits = wanted == item.area or wanted in MAY_IMPORT["mocks"]
    else:
        fits = wanted in MAY_IMPORT.get(item.area, set())
    return None if fits else f"{item.place}: {item.area or 'pruefstand'} names {item.module}"


def breaches(module: str, text: str) -> list[str]:
    """Return the rules one file breaks."""
    return [text for item in named_imports(module, text) if (text := breach(item) or "")]


def test_every_import_follows_the_rules() -> None:
    files = list(sources("src", "mocks", "steps", "loadtests"))
    assert len(files) > 50
    found = [text for module, path in files for text in breaches(module, path.read_text("utf-8"))]
    assert found == [], "\n".join(found)


def test_every_area_has_a_rule() -> None:
    areas = {area_of(module).partition(".")[0] for module, _ in sources("src", "mocks", "steps")}
    assert areas - {"cli", "__main__"} <= set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("pruefstand.flows.verordnen", "import httpx"),
        ("pruefstand.flows.verordnen", "from pruefstand.mockkit import App"),
        ("pruefstand.checks.transport", "from pruefstand.transport import Recorder"),
        ("pruefstand.checks.transport", "def f() -> None:\n    import pytest"),
        ("pruefstand.model.http", "from pruefstand.errors import SutError"),
        ("pruefstand.mockkit.world", "from pruefstand.config.profile import Profile"),
        ("pruefstand.cli.load", "from loadtests.users import Prescriber"),
        ("pruefstand.report.html", "import pandas as pd"),
        ("pruefstand.clients.idp", "from . import idp_discovery"),
        ("mocks.erezept.create", "from mocks.idp import app"),
        ("mocks.erezept.create", "from mocks import konnektor"),
        ("mocks.erezept.create", "from pruefstand.clients.erezept import ErezeptClient"),
        ("steps.erezept", "from mocks.erezept import app"),
        ("steps.erezept", "from pruefstand.transport import Recorder"),
        ("steps.erezept", "import gevent"),
        ("loadtests.users", "import pytest"),
    ],
)
def test_a_forbidden_import_is_found(module: str, text: str) -> None:
    assert breaches(module, text)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("pruefstand.clients.idp", "from pruefstand.transport import Transport"),
        ("pruefstand.mockkit.context", "from pruefstand.crypto.pki import Pki"),
        ("mocks.erezept.create", "from mocks.erezept import resources"),
        ("steps.erezept", "import pytest_bdd\nfrom pruefstand.flows import verordnen"),
        ("loadtests.users", "import locust\nfrom pruefstand.flows import verordnen"),
    ],
)
def test_an_allowed_import_passes(module: str, text: str) -> None:
    assert breaches(module, text) == []


def identifiers(tree: ast.AST) -> Iterator[str]:
    """Yield every name a file defines or uses."""
    for node in ast.walk(tree):
        for attribute in ("id", "attr", "arg", "name", "asname"):
            value = getattr(node, attribute, None)
            if isinstance(value, str):
                yield value


def test_identifiers_are_ascii() -> None:
    found = [
        f"{module}: {name}"
        for module, path in sources("src", "mocks", "steps", "loadtests", "tests", "benchmarks")
        for name in identifiers(tree_of(path))
        if not name.isascii()
    ]
    assert found == [], "\n".join(found)


def test_an_umlaut_is_found() -> None:
    assert "größe" in set(identifiers(ast.parse("größe = 1")))


def coroutines(tree: ast.AST) -> list[str]:
    """Return the names of all `async def`."""
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def test_steps_are_sync() -> None:
    # pytest-bdd calls a coroutine function without awaiting it: the step would be green unseen.
    found = [
        f"{module}: {name}"
        for module, path in sources("steps")
        for name in coroutines(tree_of(path))
    ]
    assert found == [], "\n".join(found)


def test_an_async_step_is_found() -> None:
    assert coroutines(ast.parse("async def step() -> None: ...")) == ["step"]
