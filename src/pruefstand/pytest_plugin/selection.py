"""Which of the collected scenarios run: by name, or by the ids of test cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pruefstand.pytest_plugin.file_label import file_label


def selected(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the items that the options of the run leave, in their order."""
    kept = _named(config.getoption("--pruefstand-only"), items)
    keep, omit = (config.getoption(f"--pruefstand-{word}") for word in ("keep", "omit"))
    if keep is not None:
        wanted = _ids(keep)
        kept = [item for item in kept if collected_id(item) in wanted]
    if omit is not None:
        done = _ids(omit)
        kept = [item for item in kept if collected_id(item) not in done]
    return kept


def _ids(file: str) -> set[str]:
    return set(Path(file).read_text(encoding="utf-8").splitlines())


def _named(only: str, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    if not only:
        return list(items)
    exact = [item for item in items if only in selectors(item)]
    return exact or [item for item in items if only.lower() in selectors_text(item)]


def selectors(item: pytest.Item) -> set[str]:
    """Return the names by which `--only` may call `item`: marks with and without their value."""
    marks = [(mark.name, *map(str, mark.args)) for mark in item.iter_markers()]
    return {
        part for mark in marks for part in (mark[0], mark[-1], "@" + ":".join(mark), ":".join(mark))
    }


def selectors_text(item: pytest.Item) -> str:
    """Return the text in which `--only` is searched otherwise."""
    scenario = getattr(getattr(item, "obj", None), "__scenario__", None)
    return f"{item.nodeid} {getattr(scenario, 'name', '')}".lower()


def collected_id(item: pytest.Item) -> str:
    """Return the test case id that `item` will have when it runs."""
    return case_id(item, [f"tc:{mark.args[0]}" for mark in item.iter_markers("tc") if mark.args])


def case_id(node: Any, tags: Iterable[str]) -> str:
    """Return the `@tc` value, with the row's `fall` or the file's label where there are several."""
    base = next((tag[3:] for tag in sorted(tags) if tag.startswith("tc:")), node.name)
    parameters = getattr(getattr(node, "callspec", None), "params", {})
    row = parameters.get("_pytest_bdd_example", {}).get("fall")
    file = parameters.get("verordnungsdatei")
    suffix = row or (file_label(file, node.config.getoption("--verordnung")) if file else "")
    return f"{base}#{suffix}" if suffix else base
