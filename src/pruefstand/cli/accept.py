"""`pruefstand accept`: run the scenarios, write the run folder, say the verdict."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from rich.console import Console

import pruefstand
from pruefstand.cli.evidence import read_file
from pruefstand.cli.live import LiveRun
from pruefstand.cli.order import Order, hidden
from pruefstand.cli.outcome import close
from pruefstand.cli.surroundings import (
    case_lists,
    counting,
    joined,
    repeated,
    require_known_exclusions,
    surroundings,
)
from pruefstand.clock import BERLIN, Clock, SystemClock, berlin_day, stopwatch
from pruefstand.config.profile import Profile, load_profile
from pruefstand.config.project import project_root
from pruefstand.errors import Blame, ExitCode, OperatorError, PruefstandError
from pruefstand.evidence.inputs import input_hashes
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.operator_key import OperatorKey, key_path, operator_key
from pruefstand.evidence.run_folder import RunWriter, create_run_folder, read_run
from pruefstand.evidence.timestamp import stamp_manifest
from pruefstand.evidence.vault import VaultWriter, vault_path
from pruefstand.model.case import CaseRecord
from pruefstand.model.secret_kind import REDACTABLE
from pruefstand.model.verdict import Verdict
from pruefstand.pytest_plugin.fixtures import virtual_clock
from pruefstand.report.dossier import compile_dossier
from pruefstand.report.files import write_reports
from pruefstand.requirements.catalogue import load_catalogue
from pruefstand.requirements.deviations import account
from pruefstand.rng import Rng
from pruefstand.transport.timestamp import ask_authority

DIRTY = "-dirty"
"""Follows a commit that the files in use differ from."""
ONLY_OURS = ("--disable-plugin-autoload", "-ppytest-bdd", "-pxdist", "-ppruefstand")
"""Whatever else is installed beside us must not take part in a verdict."""
EPILOG = (
    "Beispiele:\n\n"
    "pruefstand accept\n\n"
    "pruefstand accept --only ERP-0101 --seed 7\n\n"
    "pruefstand accept --as-of 2027-01-20\n\n"
    "pruefstand accept --only-failed\n\n"
    "pruefstand accept --campaign kampagne/\n\n"
    "pruefstand accept --verordnung rezept.xml --verordnung ordner/"
)

app = typer.Typer(add_completion=False)


@app.command(epilog=EPILOG)
def accept(
    ctx: typer.Context,
    run: Annotated[
        Path | None, typer.Argument(help="mit --only-failed: der Lauf, sonst der neueste")
    ] = None,
    profile: Annotated[str, typer.Option(help="Profil aus profiles/ oder TOML-Datei")] = "mock",
    only: Annotated[str, typer.Option(help="Tag, Testfall-Id oder Teil des Titels")] = "",
    seed: Annotated[int, typer.Option(help="Startwert aller Testdaten")] = 1,
    as_of: Annotated[str | None, typer.Option(help="virtueller Tag JJJJ-MM-TT")] = None,
    workers: Annotated[int, typer.Option("-n", help="parallele Prozesse", min=0, max=16)] = 0,
    verordnung: Annotated[
        list[Path] | None, typer.Option(help="vorhandenes KBV-Bundle oder Ordner; mehrfach möglich")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Ordner für die Läufe")] = Path("runs"),
    tsa: Annotated[
        str, typer.Option(help="Zeitstempeldienst (RFC 3161), sonst der im Profil")
    ] = "",
    campaign: Annotated[
        Path | None, typer.Option(help="Kampagne, zu der der Lauf gehört; bestimmt das Profil")
    ] = None,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="nur wiederholen, was nicht grün war")
    ] = False,
    accept_deviations: Annotated[
        bool,
        typer.Option("--accept-deviations", help="bekannte Abweichungen enden nicht mit 1"),
    ] = False,
) -> None:
    """Führt die Abnahme aus und schreibt einen Laufordner mit Bericht."""
    console = Console(highlight=False)
    files = tuple(expand(verordnung or []))
    order = Order(runs.absolute(), profile, seed, as_of, only, files, workers, None, (), campaign)
    given = {
        name: getattr(order, name)
        for name in ("profile", "seed", "as_of", "workers")
        if _is_given(ctx, name)
    }
    if campaign is not None:
        order = joined(order, given)
    if run is not None and not only_failed:
        raise OperatorError(f"{run}: ein Lauf ohne --only-failed", hint="--only-failed angeben")
    if only_failed:
        order = repeated(order, run, given)
    order = replace(order, accept_deviations=accept_deviations, tsa=tsa)
    raise typer.Exit(execute(console, order).code)


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@dataclass(frozen=True, slots=True)
class Done:
    """A run that came to its end, sealed in `folder`."""

    code: ExitCode
    folder: Path


def execute(console: Console, order: Order) -> Done:
    """Run `order`, write and seal its folder, print the verdict."""
    root = project_root()
    chosen = load_profile(order.profile, root / "profiles")
    require_known_exclusions(root, chosen)
    inputs = input_hashes(root, order.profile)
    day = berlin_day(virtual_clock(order.as_of).now())
    around = surroundings(root, order, day)
    clock = SystemClock()
    started = clock.now()
    folder = create_run_folder(order.runs, started, Rng(started.isoformat()))
    title = f"Lauf {folder.name} · Profil {order.profile} · Seed {order.seed}"
    console.print(f"{title} · {order.as_of or 'heute'}")
    writer = RunWriter(folder, clock)
    info = run_info(folder, chosen, order.seed, order.as_of, started)
    vault = VaultWriter(vault_path(os.environ, folder.name))
    told = order.to_json(partial(hidden, vault) if info["redaction"]["kinds"] else str)
    vault.close()
    info |= {"order": told, "inputs": inputs, **(order.origin or {}), **around.info}
    writer.begin(info)
    if shown := info["redaction"]["off"]:
        console.print(f"[yellow]Nicht geschwärzt[/] laut Profil: {', '.join(shown)}")
    live = LiveRun(console, writer.case, around.judge)
    outcome = run_scenarios(root, folder, order, live)
    info["sut"]["certificates"] = sorted(live.certificates | set(info["sut"]["certificates"]))
    accounted = account(around.deviations, live.cases, day)
    counted = counting(live.cases, accounted) if order.accept_deviations else live.cases
    code = exit_code(counted, outcome, broken=bool(live.broken))
    ended = {"finished": clock.now().isoformat(), "exit_code": int(code)}
    ended["deviations"] = [entry.to_json() for entry in accounted]
    writer.finish({**info, **ended}, live.cases)
    dossier = compile_dossier(read_run(folder), load_catalogue(root / "catalogue"))
    with console.status("Berichte") as status:
        write_reports(dossier, folder, announce=status.update)
    close(console, live, folder, accounted)
    key = seal(console, folder, inputs, clock)
    stamp(console, folder, key, order.tsa or chosen.evidence.tsa, chosen.evidence.tsa_ca)
    return Done(code, folder)


def run_scenarios(root: Path, folder: Path, order: Order, live: LiveRun) -> int:
    """Run the scenarios of `order` under pytest; return its exit code."""
    with case_lists(order) as lists:
        arguments = [*pytest_arguments(root, folder, order), *selection(root, order), *lists]
        return int(pytest.main(arguments, plugins=[live]))


def pytest_arguments(root: Path, folder: Path, order: Order) -> list[str]:
    """Return how pytest is called for an acceptance run."""
    arguments = [
        f"--rootdir={root}",
        f"--config-file={root / 'pyproject.toml'}",
        *ONLY_OURS,
        "-p",
        "no:cacheprovider",
        f"--pruefstand-run={folder}",
        f"--pruefstand-profile={order.profile}",
        f"--pruefstand-seed={order.seed}",
    ]
    if order.as_of:
        arguments.append(f"--pruefstand-as-of={order.as_of}")
    return arguments + (["-n", str(order.workers)] if order.workers else [])


def selection(root: Path, order: Order) -> list[str]:
    """Return what is collected: the features, or the given files through the file scenario.

    Where single cases are repeated, both: their ids say which.
    """
    folder = root / "tests" / "acceptance"
    modules = [folder / "test_verordnung_aus_datei.py"] if order.files else []
    if not order.files or order.keep is not None:
        modules.append(folder / "test_features.py")
    chosen = [f"--pruefstand-only={order.only}"] if order.only else []
    given = [f"--verordnung={file}" for file in order.files]
    return [*map(str, modules), *given, *chosen]


def expand(paths: Sequence[Path]) -> list[Path]:
    """Return the XML files of folders and every other path as given; bad ones fail as cases."""
    found: list[Path] = []
    for path in paths:
        try:
            files = sorted(path.rglob("*.xml")) if path.is_dir() else []
        except OSError:
            files = []
        found += files or [path]
    return [path.resolve() for path in found]


def exit_code(cases: Sequence[CaseRecord], outcome: int, *, broken: bool) -> ExitCode:
    """Return the exit code of DESIGN section 5; the gravest cause wins."""
    verdicts = {case.verdict for case in cases}
    blames = {case.blame for case in cases}
    if outcome == pytest.ExitCode.INTERRUPTED and not broken:
        return ExitCode.INTERRUPTED
    if broken or Verdict.HARNESS_ERROR in verdicts:
        return ExitCode.HARNESS
    if not cases:
        return ExitCode.NOTHING_SELECTED
    if Verdict.FAILED in verdicts:
        return ExitCode.SUT_FAILED
    if blames & {Blame.OPERATOR.value, Blame.CONFIG.value}:
        return ExitCode.CONFIGURATION
    if verdicts & {Verdict.UNDECIDED, Verdict.OPEN}:
        return ExitCode.UNDECIDED
    return ExitCode.GREEN


def run_info(
    folder: Path, profile: Profile, seed: int, as_of: str | None, started: datetime
) -> dict[str, Any]:
    """Return what `run.json` says about the run."""
    certificate = profile.sut.certificate
    return {
        "id": folder.name,
        "started": started.isoformat(),
        "seed": seed,
        "profile": profile.name,
        "as_of": as_of,
        "sut": {
            **profile.sut_identity,
            "driver": profile.sut.driver,
            "certificates": [certificate] if certificate else [],
        },
        "harness": pruefstand.__version__,
        "commit": commit(),
        "selftest": profile.selftest,
        "redaction": redaction(profile),
    }


def redaction(profile: Profile) -> dict[str, list[str]]:
    """Return which kinds of values the run folder hides and which it shows."""
    kinds = profile.evidence.redact
    return {"kinds": list(kinds), "off": [kind for kind in REDACTABLE if kind not in kinds]}


def commit() -> str:
    """Return the checked-out commit, marked when files differ; outside a checkout nothing."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(project_root()), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    command = [git, "-C", str(project_root()), "status", "--porcelain", "--untracked-files=no"]
    changed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    dirty = DIRTY if changed.stdout.strip() else ""
    return done.stdout.strip() + dirty if done.returncode == 0 else ""


def seal(console: Console, folder: Path, inputs: Mapping[str, str], clock: Clock) -> OperatorKey:
    """Sign the finished run folder with the operator's key and say what it cost."""
    start = stopwatch()
    key = operator_key(key_path(os.environ), clock.now())
    files = len(write_manifest(folder, inputs, key).files)
    console.print(
        f"Nachweis: {files} Dateien signiert in {stopwatch() - start:.2f} s · "
        f"Zertifikat SHA-256 {key.fingerprint}",
        soft_wrap=True,
    )
    return key


def stamp(console: Console, folder: Path, key: OperatorKey, tsa: str, authority: str) -> None:
    """Have the signature stamped by `tsa`, if there is one; a failure is a warning."""
    if not tsa:
        return
    try:
        roots = read_file(Path(authority)) if authority else b""
        stamped = stamp_manifest(folder, key, partial(ask_authority, tsa), roots)
    except PruefstandError as problem:
        console.print("[yellow]Ohne Zeitstempel[/]: ", end="")
        console.print(str(problem), markup=False, soft_wrap=True)
        return
    at = stamped.at.astimezone(BERLIN)
    console.print(f"Zeitstempel: {at:%d.%m.%Y %H:%M:%S} · {stamped.authority}", markup=False)
