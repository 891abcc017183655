"""Where a campaign stands: the counting verdict of every test case, manual ones as of today."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.attest.desk import Desk
from pruefstand.evidence.campaign import CampaignCase
from pruefstand.evidence.standing import judged
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class CampaignView:
    """`cases` are those that count, `attempts` all of them, `problems` what does not count."""

    cases: tuple[CaseRecord, ...]
    attempts: tuple[CampaignCase, ...]
    problems: tuple[str, ...]

    def to_json(self) -> Json:
        """Return cases and attempts as a JSON object."""
        return {
            "problems": list(self.problems),
            "cases": [case.summary_json() for case in self.cases],
            "attempts": [
                {
                    "case": case.id,
                    "run": attempt.run,
                    "started": attempt.started,
                    "verdict": attempt.record.verdict.value,
                    "counts": number == len(case.attempts),
                }
                for case in self.attempts
                for number, attempt in enumerate(case.attempts, 1)
            ],
        }


def campaign_view(desk: Desk) -> CampaignView:
    """Return the state of the campaign; manual items count even when no run has named them."""
    attempts = desk.campaign.cases
    standings = desk.standings
    counting = {case.id: case.counting for case in attempts}
    for entry in desk.entries:
        if entry.item.case not in counting:
            found = entry.item.record(entry.verdict, entry.reason)
            counting[entry.item.case] = found
        elif entry.excluded:
            found = entry.item.record(Verdict.NOT_APPLICABLE, entry.excluded)
            counting[entry.item.case] = found
    cases = tuple(
        judged(case, standings[case.id]) if case.id in standings else case
        for case in counting.values()
    )
    return CampaignView(cases, attempts, desk.campaign.problems)
