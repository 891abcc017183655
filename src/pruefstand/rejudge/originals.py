"""Judges a redacted run by its originals, and hides in the result what was hidden before.

The originals come from the operator's vault. What did not change stays as the run shows it; in
what is new, equal values get equal commitments, since the run's secret is used again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pruefstand.checks.registry import find_check
from pruefstand.evidence.redaction.commitment import MARK, Commitment
from pruefstand.evidence.redaction.knowledge import Vocabulary
from pruefstand.evidence.redaction.record import CaseRedactor
from pruefstand.evidence.run_folder import Run
from pruefstand.evidence.vault import Vault, find_vault
from pruefstand.model.case import CaseRecord, Json, finding_to_json
from pruefstand.model.secret_kind import SecretKind
from pruefstand.model.verdict import Finding
from pruefstand.rejudge.judging import Find, rejudged
from pruefstand.rejudge.traffic import recorded_exchanges


@dataclass(frozen=True)
class Judge:
    """Judges the cases of one run; without `vault` only by what the pack shows."""

    run: Run
    vault: Vault | None
    find: Find = find_check

    @property
    def blind(self) -> bool:
        """Tell whether the run hides something that cannot be brought back."""
        return self.vault is None and bool(self._kinds)

    def __call__(self, case: CaseRecord) -> CaseRecord:
        """Return `case` by today's checks; raises OperatorError when pack or vault is damaged."""
        if self.vault is None:
            return rejudged(case, recorded_exchanges(self.run, case), self.find)
        traffic = recorded_exchanges(self.run, case, self.vault.exchanges)
        whole = CaseRecord.from_json(_unmarked(case.summary_json(), self.vault.commitments))
        judged = rejudged(whole, traffic, self.find)
        hidden = self._redactor.redact(judged, traffic.exchanges, _nowhere)
        known = {_key(old): shown for old, shown in zip(whole.findings, case.findings, strict=True)}
        pairs = zip(judged.findings, hidden.findings, strict=True)
        return replace(
            case,
            verdict=judged.verdict,
            findings=tuple(known.get(_key(new), shown) for new, shown in pairs),
            message=case.message if judged.message == whole.message else hidden.message,
        )

    @property
    def _kinds(self) -> tuple[SecretKind, ...]:
        return tuple(map(SecretKind, self.run.info.get("redaction", {}).get("kinds", ())))

    @cached_property
    def _redactor(self) -> CaseRedactor:
        assert self.vault is not None
        hidden = self.vault.commitments.values()
        names = frozenset(c.value.decode() for c in hidden if c.kind is SecretKind.NAME)
        return CaseRedactor(self.vault.committer, self._kinds, Vocabulary(names), _Forgetful())


def judge_of(run: Run, environ: Mapping[str, str] = os.environ) -> Judge:
    """Return the judge of `run`, with its vault where this machine has it."""
    return Judge(run, find_vault(str(run.info.get("id", "")), environ))


class _Forgetful:
    """Keeps nothing: the vault of the old run has it all."""

    def commitment(self, commitment: Commitment) -> None:
        """Forget it."""

    def body(self, content: bytes) -> str:
        """Forget it; nobody asks for the digest."""
        return ""

    def exchange(self, shown: Json, original: Json) -> None:
        """Forget it."""


def _key(finding: Finding) -> str:
    return json.dumps(finding_to_json(finding), sort_keys=True)


def _nowhere(body: bytes) -> str:
    return ""


def _unmarked(value: Any, commitments: Mapping[str, Commitment]) -> Any:
    """Return the JSON `value` with what its commitments hide."""
    if isinstance(value, str):
        return MARK.sub(lambda found: _value(found.group(2), found.group(), commitments), value)
    if isinstance(value, dict):
        return {name: _unmarked(item, commitments) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_unmarked(item, commitments) for item in value]
    return value


def _value(digest: str, mark: str, commitments: Mapping[str, Commitment]) -> str:
    found = commitments.get(digest)
    return found.value.decode("utf-8", "surrogatepass") if found else mark
