"""What surrounds a run: its campaign with attestations, known deviations, and earlier runs."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pruefstand.attest.desk import Desk, open_desk
from pruefstand.cli.order import Order, given_wins, order_of
from pruefstand.cli.requirements import newest_run
from pruefstand.config.profile import Profile
from pruefstand.errors import ConfigurationError, OperatorError
from pruefstand.evidence.campaign import Campaign, collect, read_campaign
from pruefstand.evidence.interrupted import lineage
from pruefstand.evidence.standing import judged
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.verdict import Verdict
from pruefstand.requirements.catalogue import load_catalogue
from pruefstand.requirements.deviations import (
    FILE,
    Accounted,
    Deviation,
    excused,
    read_deviations,
)
from pruefstand.requirements.scenarios import read_scenarios


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`info` goes into `run.json`, `judge` gives manual cases the verdict of their attestation."""

    info: Json
    judge: Callable[[CaseRecord], CaseRecord]
    deviations: tuple[Deviation, ...]


def surroundings(root: Path, order: Order, day: date) -> Surroundings:
    """Return what surrounds `order` on `day`; raises PruefstandError when it cannot be read."""
    if order.campaign is None:
        return Surroundings({}, lambda case: case, deviations_of(root))
    desk = open_desk(root, read_campaign(order.campaign), day)
    standings = desk.standings
    return Surroundings(
        {"campaign": campaign_info(desk.campaign), "attestations": attestations(desk)},
        lambda case: judged(case, standings[case.id]) if case.id in standings else case,
        deviations_of(root, desk.campaign),
    )


def require_known_exclusions(root: Path, profile: Profile) -> None:
    """Raise ConfigurationError when the profile excludes something that does not exist."""
    if not profile.applicability.exclude:
        return
    catalogue = load_catalogue(root / "catalogue")
    known = {row.id for row in catalogue.requirements} | {item.id for item in catalogue.checklist}
    for scenario in read_scenarios(root / "features"):
        known.update(scenario.values("tc"))
    for name in profile.applicability.exclude:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), 1)
            raise ConfigurationError(
                f"Profil {profile.name!r}: exclude nennt {name}, das gibt es nicht",
                hint=f"meinten Sie {near[0]!r}?" if near else "Kennung wie in catalogue/ schreiben",
            )


def deviations_of(root: Path, campaign: Campaign | None = None) -> tuple[Deviation, ...]:
    """Return the known deviations of the project, and of `campaign`."""
    folders = [root / "catalogue", *([campaign.folder] if campaign else [])]
    return read_deviations(*(folder / FILE for folder in folders))


def campaign_info(campaign: Campaign) -> Json:
    """Return what a run says about its campaign: a register that is cut later is found by it."""
    register = campaign.register
    return {
        "id": campaign.info.id,
        "name": campaign.info.name,
        "records": register.count,
        "head": register.head,
    }


def attestations(desk: Desk) -> list[Json]:
    """Return every item with its last attestation, as `run.json` carries it for the reports."""
    return [
        {
            "case": entry.item.case,
            "title": entry.item.title,
            "verdict": entry.verdict.value,
            "reason": entry.reason,
            "record": entry.standing.attestation and entry.standing.attestation.to_json(),
        }
        for entry in desk.entries
    ]


def joined(order: Order, given: Mapping[str, Any]) -> Order:
    """Return `order` as a run of its campaign; raises ConfigurationError on another profile."""
    assert order.campaign is not None
    campaign = read_campaign(order.campaign)
    profile = campaign.info.profile
    if given.get("profile", profile) != profile:
        raise ConfigurationError(
            f"{order.campaign}: die Kampagne hat das Profil {profile!r}, nicht {order.profile!r}",
            hint="--profile weglassen",
        )
    return replace(order, profile=profile, runs=campaign.runs_folder.absolute())


def repeated(order: Order, run: Path | None, given: Mapping[str, Any]) -> Order:
    """Return `order` for what was not green in `run`, in the campaign or in the newest run.

    Raises OperatorError when everything was green.
    """
    if order.campaign is not None and run is None:
        runs = [item.run for item in read_campaign(order.campaign).runs if item.run is not None]
        files = [file for run in runs for file in order_of(run.folder, run.info, None).files]
        before = replace(order, files=tuple(dict.fromkeys(files)))
        name = str(order.campaign)
    else:
        runs = list(lineage(run or newest_run(order.runs)))
        before, name = (
            order_of(runs[-1].folder, runs[-1].info, order.campaign),
            runs[-1].folder.name,
        )
    bad = tuple(case.id for case in collect(runs) if not case.counting.verdict.green)
    if not bad:
        raise OperatorError(f"{name}: alles ist grün", hint="ohne --only-failed wiederholen")
    kept = given_wins(replace(before, runs=order.runs), given)
    return replace(kept, keep=bad, omit=(), only="", origin={"repeats": name})


def counting(cases: Sequence[CaseRecord], accounted: Sequence[Accounted]) -> list[CaseRecord]:
    """Return `cases` as they count when known deviations are accepted: as hints."""
    return [
        replace(case, verdict=Verdict.HINT, blame="") if excused(case, accounted) else case
        for case in cases
    ]


@contextmanager
def case_lists(order: Order) -> Iterator[list[str]]:
    """Yield the pytest arguments that keep and omit test cases; their files live as long."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = []
        for word, ids in (("keep", order.keep), ("omit", order.omit or None)):
            if ids is not None:
                file = Path(folder) / word
                file.write_text("\n".join(ids), encoding="utf-8")
                arguments.append(f"--pruefstand-{word}={file}")
        yield arguments
