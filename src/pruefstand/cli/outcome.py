"""What a run says on the console at its end: what is not green, the sum, and where the report is.

The console is the operator's own: what is hidden in the run folder is shown here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pruefstand.cli.live import LiveRun
from pruefstand.evidence.run_folder import summary
from pruefstand.evidence.vault import find_vault
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Verdict
from pruefstand.requirements.deviations import Accounted
from pruefstand.requirements.deviations import State as DeviationState

COLOURS = {
    Verdict.PASSED: "green",
    Verdict.HINT: "cyan",
    Verdict.ATTESTED: "green",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.FAILED: "red",
    Verdict.HARNESS_ERROR: "magenta",
}
NEXT_STEP = {
    DeviationState.EXPIRED: " → beheben oder mit neuem Ende eintragen",
    DeviationState.GONE: " → aus dem Register nehmen",
}


def close(
    console: Console, live: LiveRun, folder: Path, accounted: Sequence[Accounted] = ()
) -> None:
    """Print what is not green, the closing table and the report's path."""
    plain = legible([folder])
    for case in live.cases:
        if not case.verdict.green:
            print_case(console, case, accounted, plain)
    for reason, count in Counter(
        case.message for case in live.cases if case.verdict is Verdict.NOT_APPLICABLE
    ).items():
        text = f"{Verdict.NOT_APPLICABLE}: {count} Szenarien, {reason}"
        console.print(text, markup=False, soft_wrap=True)
    for entry in accounted:
        if entry.state is not DeviationState.UNSEEN:
            console.print(f"{entry}{NEXT_STEP.get(entry.state, '')}", markup=False, soft_wrap=True)
    for text in live.broken:
        console.print(text, markup=False, soft_wrap=True)
    print_summary(console, live.cases)
    console.print(f"Bericht: {folder / 'report.html'}", soft_wrap=True)


def legible(runs: Iterable[Path]) -> Callable[[str], str]:
    """Return what gives back the texts hidden in these run folders, as far as a vault is here."""
    vaults = [vault for run in runs if (vault := find_vault(run.name))]
    return lambda text: reduce(lambda shown, vault: vault.plain(shown), vaults, text)


def print_case(
    console: Console,
    case: CaseRecord,
    accounted: Sequence[Accounted] = (),
    plain: Callable[[str], str] = str,
) -> None:
    """Print a case that is not green, with the deviations that are known of it.

    `plain` gives back what is hidden in the run folder.
    """
    hint = f" → {plain(case.hint)}" if case.hint else ""
    console.print(f"[bold]{case.verdict}[/bold] {case.id} {case.title}", soft_wrap=True)
    console.print(f"   {plain(case.message)}{hint}", markup=False, soft_wrap=True)
    for entry in accounted:
        if case.id in entry.cases:
            console.print(f"   {entry.state} {entry.deviation.id}", markup=False)


def print_summary(console: Console, cases: Sequence[CaseRecord]) -> None:
    """Print the number of cases per verdict."""
    table = Table("Urteil", "Szenarien")
    for verdict, count in summary(cases).items():
        if count:
            table.add_row(f"[{COLOURS.get(Verdict(verdict), 'yellow')}]{verdict}[/]", str(count))
    if cases:
        console.print(table)
    else:
        console.print("Kein Szenario ausgewählt → --only prüfen")
