"""What a run is asked to do; `run.json` carries it, so that a run can be continued or repeated."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pruefstand.errors import OperatorError
from pruefstand.evidence.redaction.commitment import MARK
from pruefstand.evidence.vault import VaultWriter, open_vault
from pruefstand.model.case import Json
from pruefstand.model.secret_kind import SecretKind

Hide = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Order:
    """The choices behind a run; `keep` and `omit` are test case ids, `origin` links older runs."""

    runs: Path
    profile: str = "mock"
    seed: int = 1
    as_of: str | None = None
    only: str = ""
    files: tuple[Path, ...] = ()
    workers: int = 0
    keep: tuple[str, ...] | None = None
    omit: tuple[str, ...] = ()
    campaign: Path | None = None
    accept_deviations: bool = False
    tsa: str = ""
    origin: Mapping[str, str] | None = None

    def to_json(self, hide: Hide = str) -> Json:
        """Return what `run.json` keeps beside profile, seed and day.

        `hide` gives what stands for a path: file names often hold the name of a person.
        """
        return {
            "only": self.only,
            "files": [hide(str(path)) for path in self.files],
            "workers": self.workers,
            "keep": list(self.keep) if self.keep is not None else None,
            "omit": list(self.omit),
            "accept_deviations": self.accept_deviations,
            "tsa": self.tsa,
        }


def order_of(folder: Path, info: Mapping[str, Any], campaign: Path | None) -> Order:
    """Return the order behind the run in `folder`.

    Raises OperatorError when it has none, or when the vault with its paths is not on this machine.
    """
    try:
        raw = info["order"]
        return Order(
            runs=folder.parent,
            profile=str(info["profile"]),
            seed=int(info["seed"]),
            as_of=info["as_of"],
            only=raw["only"],
            files=tuple(map(Path, _plain(folder.name, list(map(str, raw["files"]))))),
            workers=int(raw["workers"]),
            keep=tuple(raw["keep"]) if raw["keep"] is not None else None,
            omit=tuple(raw["omit"]),
            campaign=campaign,
            accept_deviations=bool(raw["accept_deviations"]),
            tsa=str(raw["tsa"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise OperatorError(
            f"{folder}: run.json sagt nicht, was der Lauf tun sollte",
            hint="einen neuen Lauf starten: pruefstand accept",
        ) from error


def hidden(vault: VaultWriter, path: str) -> str:
    """Keep `path` in the vault of the run and return the commitment that stands for it."""
    commitment = vault.committer.commit(SecretKind.CONTENT, os.fsencode(path))
    vault.commitment(commitment)
    return commitment.mark


def _plain(run: str, shown: list[str]) -> list[str]:
    hidden_ones = any(map(MARK.search, shown))
    return list(map(open_vault(run).plain, shown)) if hidden_ones else shown


def given_wins(order: Order, given: Mapping[str, Any]) -> Order:
    """Return `order` with what was given on the command line."""
    return replace(order, **given)
