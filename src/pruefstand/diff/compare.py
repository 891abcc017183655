"""Compares two runs level by level, aligned by test case and row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pruefstand.diff.difference import NOTHING, Comparison, Difference, Level, differing
from pruefstand.diff.messages import message_rows
from pruefstand.errors import OperatorError
from pruefstand.evidence.codec import exchange_from_json
from pruefstand.evidence.run_folder import Run
from pruefstand.model.case import CaseRecord
from pruefstand.model.exchange import Exchange
from pruefstand.requirements.catalogue import Catalogue
from pruefstand.requirements.coverage import cover

Row = tuple[str, str, str]
NOISE_FACTOR, NOISE_SECONDS = 3.0, 0.5
"""A step is slower or faster when it differs by more than this factor and this many seconds."""


def compare(
    old: Run,
    new: Run,
    catalogue: Catalogue,
    level: Level,
    progress: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Return what differs down to `level`; raises OperatorError for a damaged message."""
    found: list[Difference] = differing(Level.REQUIREMENT, _requirements(old, new, catalogue))
    before, after = _by_id(old), _by_id(new)
    for name in dict.fromkeys([*before, *after]):
        progress(name)
        left, right = before.get(name), after.get(name)
        if level.includes(Level.STEP):
            found += differing(Level.STEP, _steps(name, left, right))
        if level.includes(Level.MESSAGE) and left and right:
            rows = message_rows(_exchanges(old, left), _exchanges(new, right))
            found += differing(Level.MESSAGE, ((f"{name} {place}", a, b) for place, a, b in rows))
    return Comparison(_name(old), _name(new), level, tuple(found))


def _name(run: Run) -> str:
    return str(run.info.get("id", run.folder.name))


def _by_id(run: Run) -> dict[str, CaseRecord]:
    """Return the cases by id; of a repeated one the last counts."""
    return {case.id: case for case in run.cases}


def _requirements(old: Run, new: Run, catalogue: Catalogue) -> Iterator[Row]:
    sides = [cover(catalogue, run.cases) for run in (old, new)]
    for was, now in zip(sides[0].entries, sides[1].entries, strict=True):
        yield was.requirement.key, was.state.value, now.state.value


def _steps(name: str, left: CaseRecord | None, right: CaseRecord | None) -> Iterator[Row]:
    if left is None or right is None:
        yield name, left.verdict if left else NOTHING, right.verdict if right else NOTHING
        return
    yield f"{name}, Urteil", left.verdict, right.verdict
    count = max(len(left.steps), len(right.steps))
    for number in range(count):
        was = left.steps[number] if number < len(left.steps) else None
        now = right.steps[number] if number < len(right.steps) else None
        place = f"{name}, Schritt {number + 1}"
        yield (
            place,
            f"{was.keyword} {was.text}: {was.status}" if was else NOTHING,
            f"{now.keyword} {now.text}: {now.status}" if now else NOTHING,
        )
        if was and now and _beyond_noise(was.duration, now.duration):
            yield f"{place}, Dauer", f"{was.duration:.2f} s", f"{now.duration:.2f} s"


def _beyond_noise(old: float, new: float) -> bool:
    low, high = sorted((old, new))
    return high - low > NOISE_SECONDS and high > NOISE_FACTOR * low


def _exchanges(run: Run, case: CaseRecord) -> Sequence[Exchange]:
    try:
        return [exchange_from_json(data, run.blob) for data in case.exchanges]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OperatorError(
            f"{run.folder}: eine Nachricht von {case.id} ist nicht lesbar ({error!r})",
            hint="pruefstand evidence verify prüft den Laufordner",
        ) from error
