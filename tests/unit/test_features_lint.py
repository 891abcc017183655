"""The grammar of feature files: what pytest-bdd would lose or guess in silence."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gherkin.parser import Parser
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

NEEDS_FILES = "erezept/verordnung_aus_datei.feature"
ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "features").rglob("*.feature"))
KINDS = {"tc", "req", "art", "rolle", "modus", "braucht", "manuell", "risiko", "fehler"}
VALUES = {"art": {"positiv", "negativ", "grenzwert"}, "rolle": {"pvs", "avs", "kasse", "doctolib"}}
TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}
TEST_CASE = re.compile(r"[A-Z]{3}-\d{4}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `type` is given, when or then."""

    type: str
    text: str

    def fits(self, definition: StepFunctionContext) -> bool:
        """Say whether pytest-bdd could run this step with `definition`."""
        return definition.type in {self.type, None} and definition.parser.is_matching(self.text)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario or outline; `rows` are its examples, empty for a plain scenario."""

    place: str
    name: str
    tags: tuple[str, ...]
    steps: tuple[Step, ...]
    columns: tuple[tuple[str, ...], ...]
    rows: tuple[dict[str, str], ...]
    outline: bool


def read(text: str, place: str = "x.feature") -> list[Scenario]:
    """Return the scenarios of a feature file, those inside rules too; background steps count."""
    feature = Parser().parse(text).get("feature")
    if feature is None:
        return []
    tags = names(feature)
    return [item for child in feature["children"] for item in scenarios(child, tags, (), place)]


def scenarios(
    child: Any, tags: tuple[str, ...], background: tuple[str, ...], place: str
) -> Iterator[Scenario]:
    """Yield the scenarios in one child of a feature or rule."""
    if "rule" in child:
        for inner in child["rule"]["children"]:
            yield from scenarios(inner, tags + names(child["rule"]), background, place)
    elif "background" in child:
        yield Scenario(place, "", (), steps_of(child["background"]), (), (), False)
    else:
        found = child["scenario"]
        tables = [table for table in found["examples"] if table.get("tableHeader")]
        yield Scenario(
            f"{place}:{found['location']['line']}",
            found["name"],
            tags + names(found),
            steps_of(found),
            tuple(cells(table["tableHeader"]) for table in tables),
            tuple(
                dict(zip(cells(table["tableHeader"]), cells(row), strict=True))
                for table in tables
                for row in table["tableBody"]
            ),
            bool(found["examples"]) or "<" in found["name"],
        )


def steps_of(node: Any) -> tuple[Step, ...]:
    """Return the steps of a scenario or background; "Und" has the type of the step before."""
    found: list[Step] = []
    for step in node["steps"]:
        before = found[-1].type if found else ""
        found.append(Step(TYPES.get(step["keywordType"], before), step["text"]))
    return tuple(found)


def names(node: Any) -> tuple[str, ...]:
    """Return the tags of a node without their @."""
    return tuple(tag["name"].removeprefix("@") for tag in node["tags"])


def cells(row: Any) -> tuple[str, ...]:
    """Return the values of a table row."""
    return tuple(cell["value"] for cell in row["cells"])


def problems(found: list[Scenario]) -> list[str]:
    """Return what is wrong with the scenarios of one file."""
    real = [item for item in found if item.name]
    bad = [f"{item.place}: {text}" for item in real for text in tag_problems(item)]
    bad += [f"{item.place}: {text}" for item in real for text in example_problems(item)]
    doubled = [name for name, times in Counter(item.name for item in real).items() if times > 1]
    return bad + [f"{real[0].place}: two scenarios named {name!r}" for name in doubled]


def tag_problems(item: Scenario) -> Iterator[str]:
    """Yield what is wrong with the tags of a scenario."""
    cases = [tag[3:] for tag in item.tags if tag.startswith("tc:")]
    if len(cases) != 1:
        yield f"{len(cases)} @tc tags"
    yield from (f"malformed @tc:{case}" for case in cases if not TEST_CASE.fullmatch(case))
    for tag in item.tags:
        kind, _, value = tag.partition(":")
        if kind not in KINDS or value not in VALUES.get(kind, {value}):
            yield f"unknown tag @{tag}"


def example_problems(item: Scenario) -> Iterator[str]:
    """Yield what is wrong with the examples of an outline."""
    if item.outline and not item.rows:
        yield "outline without rows"
    yield from ("examples without column fall" for columns in item.columns if "fall" not in columns)
    cases = Counter(row.get("fall", "") for row in item.rows)
    yield from (f"row {case!r} twice" for case, times in cases.items() if times > 1)
    wanted = set(re.findall(r"<([^<>]+)>", " ".join(step.text for step in item.steps)))
    for columns in item.columns:
        yield from (f"<{name}> has no column" for name in sorted(wanted - set(columns)))


def written(item: Scenario) -> Iterator[Step]:
    """Yield the steps as they run, with the values of each row."""
    for row in item.rows or ({},):
        for step in item.steps:
            parts = re.split(r"<([^<>]+)>", step.text)
            filled = [
                row.get(part, part) if index % 2 else part for index, part in enumerate(parts)
            ]
            yield Step(step.type, "".join(filled))


ALL = [
    item for path in FILES for item in read(path.read_text("utf-8"), str(path.relative_to(ROOT)))
]


def test_there_are_features() -> None:
    assert len(FILES) >= 4
    assert len([item for item in ALL if item.name]) >= 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_feature_file_keeps_the_grammar(path: Path) -> None:
    found = problems(read(path.read_text("utf-8"), path.name))
    assert found == [], "\n".join(found)


def test_test_case_ids_are_unique_everywhere() -> None:
    ids = Counter(tag for item in ALL if item.name for tag in item.tags if tag.startswith("tc:"))
    assert [name for name, times in ids.items() if times > 1] == []


def test_features_are_in_german() -> None:
    assert all(path.read_text("utf-8").startswith("# language: de\n") for path in FILES)


HEAD = "# language: de\nFunktionalität: F\n"
PLAIN = "  @tc:ERP-0001\n  Szenario: A\n    Wenn x\n"
OUTLINE = "  @tc:ERP-0002\n  Szenariogrundriss: B\n    Wenn <fall>\n\n    Beispiele:\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  Szenario: A\n    Wenn x\n", "0 @tc tags"),
        ("  @tc:ERP-0001 @tc:ERP-0002\n  Szenario: A\n    Wenn x\n", "2 @tc tags"),
        ("  @tc:1\n  Szenario: A\n    Wenn x\n", "malformed @tc:1"),
        ("  @tc:ERP-0001 @arg:positiv\n  Szenario: A\n    Wenn x\n", "unknown tag @arg:positiv"),
        ("  @tc:ERP-0001 @art:gut\n  Szenario: A\n    Wenn x\n", "unknown tag @art:gut"),
        (PLAIN + PLAIN.replace("0001", "0002"), "two scenarios named 'A'"),
        (OUTLINE, "outline without rows"),
        (OUTLINE.replace("<fall>", "<a>") + "      | a |\n      | 1 |\n", "without column fall"),
        (OUTLINE + "      | fall |\n      | 1 |\n      | 1 |\n", "row '1' twice"),
        (OUTLINE.replace("<fall>", "<b>") + "      | fall |\n      | 1 |\n", "<b> has no column"),
    ],
)
def test_a_breach_of_the_grammar_is_found(text: str, problem: str) -> None:
    assert any(problem in found for found in problems(read(HEAD + text)))


def test_good_grammar_passes() -> None:
    assert problems(read(HEAD + PLAIN + OUTLINE + "      | fall |\n      | 1 |\n")) == []


STEPS = {step for item in ALL for step in written(item)}


@pytest.fixture(scope="module")
def definitions() -> list[StepFunctionContext]:
    for path in sorted((ROOT / "steps").glob("*.py")):
        importlib.import_module(f"steps.{path.stem}" if path.stem != "__init__" else "steps")
    known = step_function_context_registry.values()
    return [item for item in known if item.step_func.__module__.startswith("steps.")]


def test_every_step_matches_exactly_one_definition(definitions: list[StepFunctionContext]) -> None:
    # Of several that match, pytest-bdd takes one without a word.
    matches = {step: sum(step.fits(item) for item in definitions) for step in STEPS}
    assert {step: times for step, times in matches.items() if times != 1} == {}


def test_every_definition_is_used(definitions: list[StepFunctionContext]) -> None:
    unused = [item for item in definitions if not any(step.fits(item) for step in STEPS)]
    assert [(item.type, item.parser.name) for item in unused] == []


def test_ambiguous_and_missing_definitions_are_seen(definitions: list[StepFunctionContext]) -> None:
    assert len(definitions) >= 10
    assert not any(Step("given", "niemand kennt das").fits(item) for item in definitions)
    step = next(written(ALL[-1]))
    assert sum(step.fits(item) for item in [*definitions, *definitions]) == 2


def test_the_only_feature_bound_by_name_exists() -> None:
    # All other files are found by their folder; a renamed one would fall out of both modules.
    bound = (ROOT / "tests/acceptance/test_verordnung_aus_datei.py").read_text("utf-8")
    assert f'"{NEEDS_FILES}"' in bound
    assert (ROOT / "features" / NEEDS_FILES).is_file()
