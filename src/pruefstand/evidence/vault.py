"""The vault of a run: what its commitments hide, kept beside the operator's key, never in the pack.

`$XDG_CONFIG_HOME/pruefstand/vault/<run>/` (folders 0700, files 0600) holds the run's secret, the
value of each commitment, the originals of changed exchanges and bodies. Every process of a run
appends to files of its own, one writer after the other: `values`, `exchanges` and the index of
`bodies` are NDJSON, the bodies lie one after the other beside it. Whoever deletes the folder makes
the commitments final.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from pruefstand.errors import OperatorError
from pruefstand.evidence.codec import exchange_from_json
from pruefstand.evidence.operator_key import key_path
from pruefstand.evidence.redaction.commitment import MARK, Commitment, Committer
from pruefstand.evidence.run_folder import Run
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.exchange import Exchange
from pruefstand.model.secret_kind import SecretKind

SECRET, VALUES, EXCHANGES, BODIES = "secret", "values", "exchanges", "bodies"


def vault_path(environ: Mapping[str, str], run: str) -> Path:
    """Return where the vault of the run `run` lies: beside the operator's key."""
    return key_path(environ).with_name("vault") / run


class VaultWriter:
    """One process's part of a vault; the first process makes the run's secret.

    Raises OperatorError when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: set[str] = set()
        self._stored: set[str] = set()
        try:
            # `parents=True` would give the folders above the usual rights.
            for place in (folder.parent.parent, folder.parent, folder):
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.committer = Committer(_secret(folder / SECRET))
            self._values, self._exchanges, self._index = (
                _private(folder / f"{name}-{os.getpid()}.ndjson")
                for name in (VALUES, EXCHANGES, BODIES)
            )
            self._bodies = _private(folder / f"{BODIES}-{os.getpid()}.bin")
            self._end = os.fstat(self._bodies.fileno()).st_size
        except OSError as error:
            raise OperatorError(
                f"{folder}: Tresor für geschwärzte Werte nicht schreibbar ({error.strerror})",
                hint="XDG_CONFIG_HOME auf einen beschreibbaren Ordner setzen",
            ) from error

    def commitment(self, commitment: Commitment) -> None:
        """Keep what a commitment hides, once."""
        if commitment.digest not in self._kept:
            self._kept.add(commitment.digest)
            entry = {
                "commitment": commitment.digest,
                "kind": commitment.kind.value,
                "salt": commitment.salt,
                "value": base64.b64encode(commitment.value).decode(),
            }
            _append(self._values, entry)

    def body(self, content: bytes) -> str:
        """Keep an original body, once, and return its SHA-256."""
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._stored:
            self._stored.add(digest)
            self._bodies.write(content)
            _append(self._index, {"sha256": digest, "start": self._end, "size": len(content)})
            self._end += len(content)
        return digest

    def exchange(self, shown: Json, original: Json) -> None:
        """Keep the original of a changed exchange."""
        _append(self._exchanges, {"shown": _place(shown), "original": original})

    def flush(self) -> None:
        """Hand everything to the operating system: a killed run keeps what it has shown."""
        for file in self._files:
            file.flush()

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    @property
    def _files(self) -> tuple[IO[bytes], ...]:
        return (self._bodies, self._index, self._values, self._exchanges)


@dataclass(frozen=True)
class Vault:
    """The opened vault of one run."""

    folder: Path

    @cached_property
    def committer(self) -> Committer:
        """What gives the values of the run their commitments."""
        return Committer((self.folder / SECRET).read_bytes())

    @cached_property
    def commitments(self) -> Mapping[str, Commitment]:
        """Everything that was hidden, by its commitment."""
        found = {}
        for _, entry in self._entries(VALUES):
            kind, value = SecretKind(entry["kind"]), base64.b64decode(entry["value"])
            digest = entry["commitment"]
            found[digest] = Commitment(kind, entry["salt"], value, digest)
        return found

    def plain(self, text: str) -> str:
        """Return `text` with what its commitments hide; one that is not of this run stays."""
        return MARK.sub(self._hidden_by, text)

    def _hidden_by(self, mark: re.Match[str]) -> str:
        hidden = self.commitments.get(mark[2])
        return os.fsdecode(hidden.value) if hidden else mark[0]

    def original(self, shown: Json) -> Json:
        """Return the original of an exchange as the run folder shows it."""
        return self._originals.get(_place(shown), shown)

    def exchanges(self, run: Run, case: CaseRecord) -> tuple[Exchange, ...]:
        """Return the exchanges of `case` as they went over the wire, byte for byte."""
        return tuple(
            exchange_from_json(self.original(item), lambda digest: self.blob(run, digest))
            for item in case.exchanges
        )

    def blob(self, run: Run, digest: str) -> bytes:
        """Return an original body: from here when it was changed, else from the run folder."""
        if digest not in self._bodies:
            return run.blob(digest)
        path, start, size = self._bodies[digest]
        with path.open("rb") as bodies:
            bodies.seek(start)
            content = bodies.read(size)
        if hashlib.sha256(content).hexdigest() != digest:
            raise _damaged(path)
        return content

    @cached_property
    def _bodies(self) -> Mapping[str, tuple[Path, int, int]]:
        return {
            entry["sha256"]: (path.with_suffix(".bin"), entry["start"], entry["size"])
            for path, entry in self._entries(BODIES)
        }

    @cached_property
    def _originals(self) -> Mapping[str, Json]:
        return {entry["shown"]: entry["original"] for _, entry in self._entries(EXCHANGES)}

    def _entries(self, name: str) -> Iterator[tuple[Path, Json]]:
        for path in sorted(self.folder.glob(f"{name}-*.ndjson")):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    try:
                        yield path, json.loads(line)
                    except ValueError as error:
                        raise _damaged(path) from error


def find_vault(run: str, environ: Mapping[str, str] = os.environ) -> Vault | None:
    """Return the vault of the run `run`, None when this machine has none."""
    folder = vault_path(environ, run)
    return Vault(folder) if run and (folder / SECRET).is_file() else None


def open_vault(run: str, environ: Mapping[str, str] = os.environ) -> Vault:
    """Return the vault of the run `run`; raises OperatorError when this machine has none."""
    vault = find_vault(run, environ)
    if vault is None:
        raise OperatorError(
            f"{vault_path(environ, run)}: kein Tresor zum Lauf {run}",
            hint="auf dem Rechner des Betreibers ausführen; dort liegt er neben dem Schlüssel",
        )
    return vault


def restored(
    run: Run, case: CaseRecord, environ: Mapping[str, str] = os.environ
) -> tuple[Exchange, ...]:
    """Return the exchanges of `case` as they went over the wire, byte for byte.

    A run without redaction needs no vault; for the others OperatorError says that it is missing.
    """
    if not run.info.get("redaction", {}).get("kinds"):
        return tuple(exchange_from_json(item, run.blob) for item in case.exchanges)
    return open_vault(str(run.info["id"]), environ).exchanges(run, case)


def _place(exchange: Json) -> str:
    """Return what tells an exchange from all others of its run, shown or original."""
    return f"{exchange['started']} {exchange['id']} {exchange['step']} {exchange['parent']}"


def _damaged(path: Path) -> OperatorError:
    return OperatorError(
        f"{path}: der Tresor ist beschädigt", hint="den Tresor aus der Sicherung holen"
    )


def _secret(path: Path) -> bytes:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with _private(draft) as file:
        file.write(secrets.token_hex(32).encode())
    try:
        # A link never replaces: of processes that start together, all take the first one's secret.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _append(file: IO[bytes], entry: Json) -> None:
    file.write(json.dumps(entry).encode() + b"\n")
