"""`pruefstand load`: the acceptance flows under open arrivals, judged by thresholds."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

import pruefstand
from pruefstand.analysis.load_result import (
    Statistics,
    ThresholdResult,
    judge,
    measured,
    start_lag_ms,
    statistics,
)
from pruefstand.cli.load_live import LoadProgress
from pruefstand.cli.load_processes import load_folder, run_generator, running_mocks
from pruefstand.clock import SystemClock
from pruefstand.config.load_scenario import LoadScenario, load_scenario
from pruefstand.config.profile import Environment, Profile, load_profile
from pruefstand.config.project import project_root
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.errors import ConfigurationError, ExitCode
from pruefstand.evidence.run_folder import create_run_folder
from pruefstand.evidence.sample_log import read_samples
from pruefstand.rng import Rng

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MAX_CPU_SHARE = 0.85
"""Above this share of one core the generator measures itself, and the run is void."""
EPILOG = (
    "Beispiele:\n\n"
    "pruefstand load prescribe --rate 20 --duration 30\n\n"
    "pruefstand load sign --rate 50 --duration 60 --warmup 5\n\n"
    "pruefstand load sign --profile mock-realistisch --rate 0.4 --duration 60"
)


class ScenarioName(StrEnum):
    """The scenarios of loadtests/scenarios."""

    SIGN = "sign"
    PRESCRIBE = "prescribe"


app = typer.Typer(add_completion=False)


@app.command(epilog=EPILOG)
def load(
    scenario: Annotated[ScenarioName, typer.Argument(help="sign oder prescribe")],
    rate: Annotated[float | None, typer.Option(help="Starts je Sekunde")] = None,
    duration: Annotated[float | None, typer.Option(help="Sekunden, höchstens 600")] = None,
    warmup: Annotated[float | None, typer.Option(help="Sekunden, die nicht zählen")] = None,
    profile: Annotated[str, typer.Option(help="Profil aus profiles/ oder TOML-Datei")] = "mock",
    seed: Annotated[int, typer.Option(help="Startwert von Daten und Ankünften")] = 1,
    runs: Annotated[Path, typer.Option(help="Ordner für die Läufe")] = Path("runs"),
) -> None:
    """Erzeugt offene Last gegen eigene Mocks und prüft die Grenzwerte des Szenarios."""
    console = Console(highlight=False)
    require_load_allowed(load_profile(profile, project_root() / "profiles"))
    chosen = load_scenario(scenario.value, load_folder() / "scenarios")
    chosen = chosen.changed(rate=rate, duration=duration, warmup=warmup)
    clock = SystemClock()
    started = clock.now()
    folder = create_run_folder(runs.absolute(), started, Rng(started.isoformat()))
    folder = folder.rename(folder.with_name(f"{folder.name}-last"))
    console.print(f"Lauf {folder.name} · {chosen.title}", soft_wrap=True)
    console.print(f"{chosen.rate:g} Starts/s · {chosen.duration:g} s · {profile} · Seed {seed}")
    cost = generate(console, chosen, profile, seed, folder)
    samples = measured(read_samples(folder), chosen.warmup)
    results = judge(chosen, samples)
    share = cost["cpu_seconds"] / cost["wall_seconds"]
    code = exit_code(results, share)
    write_result(
        folder,
        {
            "id": folder.name,
            "started": started.isoformat(),
            "finished": clock.now().isoformat(),
            "harness": pruefstand.__version__,
            "profile": profile,
            "seed": seed,
            "scenario": chosen.to_json(),
            "thresholds": [result.to_json() for result in results],
            "generator": {**cost, "cpu_share": share, "start_lag_p99_ms": start_lag_ms(samples)},
            "exit_code": int(code),
        },
    )
    show(console, statistics(samples), results)
    console.print(
        f"Generator: {share:.0%} eines Kerns · Startverzug 99 %: {start_lag_ms(samples):.0f} ms"
    )
    if code is ExitCode.UNDECIDED:
        console.print("[yellow]nicht entscheidbar[/]: der Generator war ausgelastet → Rate senken")
    console.print(f"Rohdaten: {folder}", soft_wrap=True)
    raise typer.Exit(code)


def require_load_allowed(profile: Profile) -> None:
    """Raise ConfigurationError unless every target of `profile` is a mock that permits load."""
    refused = [
        role for role, target in profile.targets.items() if not target.load or target.kind != "mock"
    ]
    if refused or not profile.targets or profile.environment is not Environment.MOCK:
        place = f"targets.{refused[0]}" if refused else f"environment = {profile.environment}"
        raise ConfigurationError(
            f"Profil {profile.name!r}: Last ist nicht erlaubt ({place})",
            hint="Last geht nur an eigene Mocks, deren Profil load = true sagt",
        )


def require_loopback(endpoints: FileEndpoints) -> None:
    """Raise ConfigurationError when an address leaves this machine."""
    for role, url in endpoints.roles.items():
        if urlsplit(url).hostname not in LOOPBACK:
            raise ConfigurationError(
                f"Last gegen {url} ({role}) ist nicht erlaubt",
                hint="Last geht nur an Adressen dieses Rechners",
            )


def generate(
    console: Console, scenario: LoadScenario, profile: str, seed: int, folder: Path
) -> dict[str, Any]:
    """Run mocks and generator, show progress, return what the generator used."""
    with tempfile.TemporaryDirectory(prefix="pruefstand-last-") as secret:
        mocks = running_mocks(
            profile, seed, seconds=scenario.duration, secret=Path(secret), log=folder / "mocks.log"
        )
        with mocks as endpoints, LoadProgress(console, scenario, folder) as progress:
            require_loopback(FileEndpoints.read(endpoints))
            return run_generator(
                scenario,
                seed,
                endpoints,
                folder,
                log=folder / "locust.log",
                on_wait=progress.update,
            )


def exit_code(results: Sequence[ThresholdResult], cpu_share: float) -> ExitCode:
    """Return 7 for a missed threshold, 6 when the generator itself was the limit, else 0."""
    if cpu_share > MAX_CPU_SHARE:
        return ExitCode.UNDECIDED
    return ExitCode.GREEN if all(result.held for result in results) else ExitCode.THRESHOLD


def write_result(folder: Path, result: dict[str, Any]) -> None:
    """Write `load.json`."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (folder / "load.json").write_text(text + "\n", encoding="utf-8")


def show(console: Console, rows: Sequence[Statistics], results: Sequence[ThresholdResult]) -> None:
    """Print latencies per name, then every threshold with its requirement."""
    table = Table("Ablauf / Aufruf", "n", "Fehler", "verworfen", "Mittel ms", "50 %", "99 %", "max")
    for row in rows:
        numbers = (row.mean_ms, row.p50_ms, row.p99_ms, row.max_ms)
        counts = (row.count, row.failures, row.dropped)
        table.add_row(row.name, *map(str, counts), *map(milliseconds, numbers))
    console.print(table)
    limits = Table("Grenzwert", "Anforderung", "höchstens", "gemessen", "Urteil")
    for result in results:
        threshold = result.threshold
        verdict = "[green]gehalten[/]" if result.held else "[red]verfehlt[/]"
        what = f"{threshold.sample} {threshold.metric}"
        limit, actual = f"{threshold.limit:g}", milliseconds(result.actual)
        limits.add_row(what, threshold.requirement, limit, actual, verdict)
    console.print(limits)


def milliseconds(value: float) -> str:
    """Return `value` with one decimal, or a dash when nothing was measured."""
    return "–" if math.isnan(value) else f"{value:.1f}"
