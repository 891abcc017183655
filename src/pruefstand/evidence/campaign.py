"""A campaign: several runs, the attestations and the deviations of one system under test.

`campaign.json` is signed by the operator's key; attestations and runs lie in the same folder. Per
test case the last attempt counts, every attempt stays.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from pruefstand.errors import OperatorError
from pruefstand.evidence.blobs import BlobStore
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.evidence.register import Register, RegisterDefect, read_register
from pruefstand.evidence.run_folder import VERDICTS, Run, read_run
from pruefstand.evidence.signature import SignatureProblem, sign, verify
from pruefstand.evidence.verify import verify_run
from pruefstand.model.case import CaseRecord

CAMPAIGN, SIGNATURE = "campaign.json", "campaign.p7s"
RUNS, ATTESTATIONS, BLOBS, DEVIATIONS = "runs", "attestations", "blobs", "deviations.toml"
FORMAT = "pruefstand-campaign-1"
_NAME = re.compile(r"[\w][\w .()-]{0,79}")


@dataclass(frozen=True, slots=True)
class CampaignInfo:
    """What a campaign is about; `operator` is the fingerprint of the certificate that signs."""

    id: str
    name: str
    profile: str
    sut: Mapping[str, str]
    created: str
    operator: str
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Attempt:
    """One verdict of one run about a test case; `started` is the run's ISO time."""

    run: str
    started: str
    record: CaseRecord


@dataclass(frozen=True, slots=True)
class CampaignCase:
    """A test case with all its attempts, the oldest first; the last one counts."""

    id: str
    attempts: tuple[Attempt, ...]

    @property
    def counting(self) -> CaseRecord:
        """The record of the last attempt."""
        return self.attempts[-1].record


@dataclass(frozen=True, slots=True)
class CampaignRun:
    """One run of the campaign; a run with `problem` does not count."""

    folder: Path
    run: Run | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it was read; runs are in the order of their start."""

    folder: Path
    info: CampaignInfo
    runs: tuple[CampaignRun, ...]
    register: Register

    @property
    def blobs(self) -> BlobStore:
        """The files that belong to attestations."""
        return BlobStore(self.folder / BLOBS)

    @property
    def runs_folder(self) -> Path:
        """Where the runs of the campaign lie."""
        return self.folder / RUNS

    @property
    def cases(self) -> tuple[CampaignCase, ...]:
        """Every test case of the runs that count, with its attempts."""
        return collect(item.run for item in self.runs if item.run is not None)

    @property
    def problems(self) -> tuple[str, ...]:
        """What does not count, and why: runs and records."""
        runs = [f"{item.folder.name}: {item.problem}" for item in self.runs if item.problem]
        return (*runs, *map(str, self.register.defects))


def collect(runs: Iterable[Run]) -> tuple[CampaignCase, ...]:
    """Return the test cases of `runs`, given in the order of their start, with all attempts."""
    attempts: dict[str, list[Attempt]] = {}
    for run in runs:
        for case in run.cases:
            light = replace(case, exchanges=())
            started = str(run.info.get("started", ""))
            attempts.setdefault(case.id, []).append(Attempt(run.folder.name, started, light))
    return tuple(CampaignCase(key, tuple(found)) for key, found in attempts.items())


def create_campaign(
    folder: Path, name: str, profile: str, sut: Mapping[str, str], key: OperatorKey, now: datetime
) -> CampaignInfo:
    """Create the campaign in `folder`; raises OperatorError when there is something already."""
    if not _NAME.fullmatch(name):
        raise OperatorError(
            f"Name der Kampagne {name[:80]!r}: erwartet 1 bis 80 Buchstaben, Ziffern, Leerzeichen",
            hint="mit --name einen anderen Namen angeben",
        )
    info = CampaignInfo(
        secrets.token_hex(16), name, profile, dict(sut), now.isoformat(), key.fingerprint
    )
    content = (json.dumps(asdict(info), indent=1) + "\n").encode("ascii")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OperatorError(
                f"{folder}: der Ordner ist nicht leer", hint="einen neuen Ordner angeben"
            )
        (folder / RUNS).mkdir()
        (folder / SIGNATURE).write_bytes(sign(content, key))
        (folder / CAMPAIGN).write_bytes(content)
    except OSError as error:
        raise OperatorError(
            f"{folder}: nicht schreibbar ({error.strerror})", hint="Speicherplatz und Rechte prüfen"
        ) from error
    return info


def read_campaign(folder: Path) -> Campaign:
    """Read the campaign; raises OperatorError when `campaign.json` is not what was signed.

    Runs that were changed, are not sealed or belong to another system under test do not count.
    """
    info = _read_info(folder)
    found = [_run(path, info) for path in sorted((folder / RUNS).glob("[!.]*/"))]
    return refreshed(Campaign(folder, info, tuple(sorted(found, key=_order)), Register()))


def refreshed(campaign: Campaign) -> Campaign:
    """Return `campaign` with its register as it lies on the disk now; the runs stay as read."""
    info = campaign.info
    register = read_register(campaign.folder / ATTESTATIONS, info.id, info.operator)
    runs = [item.run for item in campaign.runs if item.run is not None]
    lost = [defect for run in runs if (defect := _lost(run, info, register))]
    return replace(campaign, register=replace(register, defects=(*register.defects, *lost)))


def _read_info(folder: Path) -> CampaignInfo:
    path = folder / CAMPAIGN
    try:
        content, signature = path.read_bytes(), (folder / SIGNATURE).read_bytes()
    except OSError as error:
        raise OperatorError(
            f"{path}: nicht lesbar ({error.strerror})", hint="pruefstand campaign new legt eine an"
        ) from error
    try:
        signer = verify(content, signature)
        raw = json.loads(content)
        info = CampaignInfo(**raw)
        fits = info.operator == signer.fingerprint and info.format == FORMAT
    except (SignatureProblem, ValueError, TypeError) as error:
        raise _changed(path) from error
    if not fits:
        raise _changed(path)
    return info


def _changed(path: Path) -> OperatorError:
    return OperatorError(
        f"{path}: Inhalt und Signatur gehören nicht zusammen",
        hint="Die Kampagne wurde verändert; aus der Sicherung holen oder neu anlegen",
    )


def _order(item: CampaignRun) -> tuple[str, str]:
    return (str(item.run.info.get("started", "")) if item.run else "", item.folder.name)


def _run(path: Path, info: CampaignInfo) -> CampaignRun:
    if not (path / VERDICTS).is_file():
        return CampaignRun(path, None, "nicht beendet, zählt nicht → pruefstand resume")
    problem = run_problem(path, info)
    return CampaignRun(path, None if problem else read_run(path), problem)


def _lost(run: Run, info: CampaignInfo, register: Register) -> RegisterDefect | None:
    """Return what the register lost since `run` was sealed; cut tails are found only this way."""
    known = run.info.get("campaign") or {}
    count, head = known.get("records", 0), known.get("head", "")
    if known.get("id") != info.id or not count or register.digests.get(count) == head:
        return None
    return RegisterDefect(count, f"fehlt oder ist ein anderer als im Lauf {run.folder.name}")


def run_problem(folder: Path, info: CampaignInfo) -> str:
    """Return why the run in `folder` cannot belong to the campaign, empty when it can."""
    verification = verify_run(folder, fingerprint=info.operator)
    if verification.defects:
        return str(verification.defects[0])
    sut = read_run(folder).info.get("sut") or {}
    if any(sut.get(key) != info.sut.get(key) for key in ("name", "version")):
        return f"Prüfling {sut.get('name')} {sut.get('version')} ist nicht der der Kampagne"
    return ""


def add_run(campaign: Campaign, source: Path) -> Path:
    """Copy the sealed run `source` into the campaign; raises OperatorError when it cannot belong.

    The run itself is not touched.
    """
    problem = run_problem(source, campaign.info)
    if problem:
        raise OperatorError(f"{source}: {problem}", hint="einen versiegelten Lauf angeben")
    target = campaign.runs_folder / source.resolve().name
    try:
        if target.exists():
            raise OperatorError(f"{target.name} gehört schon zur Kampagne")
        draft = campaign.runs_folder / f".{target.name}.{secrets.token_hex(8)}"
        shutil.copytree(source, draft)
        draft.rename(target)
    except OSError as error:
        raise OperatorError(
            f"{target}: nicht schreibbar ({error.strerror})", hint="Speicherplatz und Rechte prüfen"
        ) from error
    return target
