"""Redacts what a scenario leaves, in the process that ran it, before anything is stored."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from pruefstand.config.profile import load_profile
from pruefstand.config.project import project_root
from pruefstand.crypto.pki import Identity, Pki
from pruefstand.crypto.pki.facts import read_certificate_info
from pruefstand.evidence.blobs import BlobStore
from pruefstand.evidence.redaction.knowledge import Vocabulary, names_in
from pruefstand.evidence.redaction.record import CaseRedactor
from pruefstand.evidence.run_folder import BLOBS
from pruefstand.evidence.vault import VaultWriter, vault_path
from pruefstand.model.case import CaseRecord
from pruefstand.model.exchange import Exchange
from pruefstand.model.secret_kind import SecretKind
from pruefstand.testdata.names import PERSONS

PKI = pytest.StashKey[Pki]()
"""The test PKI of the run, as soon as there is one."""


class RunRedaction:
    """What one process of a run needs to hide and to store."""

    def __init__(self, folder: Path, kinds: Iterable[SecretKind]) -> None:
        self._store = BlobStore(folder / BLOBS)
        self._vault = VaultWriter(vault_path(os.environ, folder.name))
        vocabulary = Vocabulary(PERSONS)
        self._redactor = CaseRedactor(self._vault.committer, kinds, vocabulary, self._vault)
        self._identities = 0

    def redact(
        self,
        record: CaseRecord,
        exchanges: tuple[Exchange, ...],
        pki: Pki | None,
        read: Iterable[bytes] = (),
    ) -> CaseRecord:
        """Return `record` with its exchanges as the run folder may show them.

        Whom the contents that were `read` name is hidden, too.
        """
        if pki is not None:
            self._learn_cards(pki)
        redacted = self._redactor.redact(record, exchanges, self._store.write, read)
        self._vault.flush()
        return redacted

    def close(self) -> None:
        """Close the vault."""
        self._vault.close()

    def _learn_cards(self, pki: Pki) -> None:
        issued = pki.issued()
        if len(issued) != self._identities:
            self._identities = len(issued)
            self._redactor.speak(vocabulary_of(issued))


def vocabulary_of(issued: Iterable[Identity]) -> Vocabulary:
    """Return the names of all test persons and the holders and keys of the cards `issued`."""
    names_found, scalars = set(PERSONS), set()
    for identity in issued:
        info = read_certificate_info(identity.der)
        for name in (info.given_name, info.surname):
            names_found.update(names_in(name or ""))
        size = (identity.key.key_size + 7) // 8
        scalars.add(identity.key.private_numbers().private_value.to_bytes(size, "big"))
    return Vocabulary(frozenset(names_found), frozenset(scalars))


_REDACTION = pytest.StashKey[RunRedaction]()


def redacted(
    config: pytest.Config,
    record: CaseRecord,
    exchanges: tuple[Exchange, ...],
    read: Iterable[bytes] = (),
) -> CaseRecord:
    """Return `record` fit for the run folder; without one, the bare record."""
    run = config.getoption("--pruefstand-run")
    if run is None:
        return record
    if _REDACTION not in config.stash:
        profile = load_profile(
            config.getoption("--pruefstand-profile"), project_root() / "profiles"
        )
        redaction = RunRedaction(Path(run), profile.evidence.redact)
        config.stash[_REDACTION] = redaction
        config.add_cleanup(redaction.close)
    return config.stash[_REDACTION].redact(record, exchanges, config.stash.get(PKI, None), read)
