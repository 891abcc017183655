"""Scenarios as the lint sees them: tags with inheritance, steps of every example row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from gherkin.errors import ParserError
from gherkin.parser import Parser

from pruefstand.errors import ConfigurationError
from pruefstand.model.tags import MANUAL, from_tag

_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}
_PLACEHOLDER = re.compile(r"<([^<>]+)>")
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag without its `@`, and the line it stands on."""

    text: str
    line: int

    @property
    def kind(self) -> str:
        """Return what stands before the colon, or the whole tag."""
        return self.text.partition(":")[0]

    @property
    def value(self) -> str:
        """Return what stands after the colon."""
        return self.text.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Step:
    """A step with its placeholders filled; `kind` is `given`, `when` or `then`."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario or outline; `area` is its folder, `steps` are those of all rows, each once.

    `rows` are the examples of an outline, `placeholders` the names its steps use.
    """

    name: str
    file: str
    area: str
    line: int
    tags: tuple[Tag, ...]
    steps: tuple[Step, ...]
    outline: bool = False
    rows: tuple[Mapping[str, str], ...] = ()
    placeholders: frozenset[str] = frozenset()

    def values(self, kind: str) -> list[str]:
        """Return the values of all tags of `kind`."""
        return [tag.value for tag in self.tags if tag.kind == kind]

    @property
    def claims(self) -> list[tuple[str, int]]:
        """Return (requirement id, line) of each `@req:` tag."""
        return [(from_tag(tag.value), tag.line) for tag in self.tags if tag.kind == "req"]

    @property
    def manual(self) -> bool:
        """Say whether a person judges the scenario: its steps are instructions, not code."""
        return any(tag.text == MANUAL for tag in self.tags)


def read_scenarios(folder: Path) -> list[Scenario]:
    """Return all scenarios below `folder`; raises ConfigurationError on broken Gherkin."""
    found: list[Scenario] = []
    for path in sorted(folder.rglob("*.feature")):
        relative = path.relative_to(folder).as_posix()
        found += parse_feature(path.read_text("utf-8"), relative)
    return found


def parse_feature(text: str, file: str) -> list[Scenario]:
    """Return the scenarios of one feature file; raises ConfigurationError on broken Gherkin."""
    try:
        document: Node = Parser().parse(text)
    except ParserError as error:
        raise ConfigurationError(f"{file}: kein gültiges Gherkin ({error})") from error
    feature = document.get("feature")
    if not feature:
        return []
    return list(_children(feature, file, (), ()))


def _children(
    parent: Node, file: str, tags: tuple[Tag, ...], background: Sequence[Node]
) -> Iterator[Scenario]:
    inherited = tags + _tags(parent)
    for child in parent["children"]:
        if "background" in child:
            background = [*background, *child["background"]["steps"]]
        elif "rule" in child:
            yield from _children(child["rule"], file, inherited, background)
        else:
            yield _scenario(child["scenario"], file, inherited, background)


def _tags(node: Node) -> tuple[Tag, ...]:
    return tuple(Tag(tag["name"][1:], tag["location"]["line"]) for tag in node["tags"])


def _scenario(
    node: Node, file: str, inherited: tuple[Tag, ...], background: Sequence[Node]
) -> Scenario:
    tags = inherited + _tags(node)
    rows: list[dict[str, str]] = []
    for examples in node["examples"]:
        tags += _tags(examples)
        names = [cell["value"] for cell in examples.get("tableHeader", {}).get("cells", [])]
        for row in examples["tableBody"]:
            values = [cell["value"] for cell in row["cells"]]
            rows.append(dict(zip(names, values, strict=True)))
    nodes = [*background, *node["steps"]]
    steps = [step for row in rows or [{}] for step in _steps(nodes, row)]
    return Scenario(
        node["name"],
        file,
        PurePosixPath(file).parent.name,
        node["location"]["line"],
        tuple(dict.fromkeys(tags)),
        tuple(dict.fromkeys(steps)),
        bool(node["examples"]) or "<" in node["name"],
        tuple(rows),
        frozenset(name for step in nodes for name in _PLACEHOLDER.findall(step["text"])),
    )


def _steps(nodes: Sequence[Node], row: Mapping[str, str]) -> Iterator[Step]:
    kind = "given"
    for node in nodes:
        kind = _KINDS.get(node["keywordType"], kind)
        text = str(node["text"])
        for name, value in row.items():
            text = text.replace(f"<{name}>", value)
        yield Step(kind, text, node["location"]["line"])
