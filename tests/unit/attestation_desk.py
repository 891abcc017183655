"""A desk over the project's own checklists in a fresh campaign, for the tests of attestation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from pruefstand.attest.desk import Desk, Upload, open_desk, reread
from pruefstand.evidence.attestation import Attestation, Outcome, Person, Statement
from pruefstand.evidence.campaign import Campaign, CampaignInfo, create_campaign, read_campaign
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.evidence.register import Register
from pruefstand.evidence.standing import Standing
from tests.unit.evidence_pack import key

ROOT = Path(__file__).resolve().parents[2]
CASE, OTHER, EXCLUDED = "CHK-0402", "CHK-0403", "CHK-0504"
PROFILE = "beispiel-praxis"
SUT = {"name": "Gemeinschaftspraxis Beispiel", "version": "2026.3"}
DAY = date(2026, 11, 25)
ADA, BEN = Person("Dr. Ada Beispiel", "Praxisinhaberin"), Person("Ben Muster", "MFA")


@dataclass
class Office:
    """A campaign of the example practice, its operator's key, and short ways to use both."""

    folder: Path
    key: OperatorKey
    desk: Desk

    def state(
        self,
        case: str = CASE,
        outcome: Outcome = Outcome.FULFILLED,
        *,
        key: OperatorKey | None = None,
        uploads: tuple[Upload, ...] = (),
        **fields: object,
    ) -> Attestation:
        """Write a statement by two persons."""
        second = None if outcome is Outcome.WITHDRAWN else BEN
        given = Statement(case, "", "", outcome, ADA, note="gesehen", second=second)
        statement = replace(given, **fields)  # type: ignore[arg-type]
        return reread(self.desk).state(statement, uploads, key or self.key, datetime.now(UTC))

    def read(self, day: date = DAY) -> Desk:
        """Return the desk as the disk has it."""
        return replace(self.desk, campaign=read_campaign(self.folder), day=day)

    def standing(self, case: str = CASE, day: date = DAY) -> Standing:
        """Return where `case` stands on `day`."""
        return self.read(day).entry(case).standing


def office(folder: Path) -> Office:
    """Create a campaign in `folder`."""
    operator = key(folder)
    root = folder / "kampagne"
    create_campaign(root, "Go-live", PROFILE, SUT, operator, datetime.now(UTC))
    return Office(root, operator, replace(items(), campaign=read_campaign(root)))


@cache
def items() -> Desk:
    """Return a desk without a campaign: the checklists are read once for all tests."""
    info = CampaignInfo("", "", PROFILE, SUT, "", "")
    return open_desk(ROOT, Campaign(Path("none"), info, (), Register()), DAY)
