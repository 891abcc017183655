"""Disclosure: prove one hidden value to somebody who has the pack, without the vault.

A proof names kind, salt and value; whoever has the pack computes SHA-256(salt ‖ value) and finds
the result where the value stood.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pruefstand.errors import OperatorError
from pruefstand.evidence.manifest import MANIFEST, digest_of, file_names
from pruefstand.evidence.redaction.commitment import MARK
from pruefstand.evidence.redaction.commitment import digest_of as commitment_of
from pruefstand.evidence.vault import Vault
from pruefstand.model.case import Json
from pruefstand.model.secret_kind import SecretKind

FORMAT = "pruefstand-disclosure-1"
MAX_PLACES = 50
"""Files named at most for one value."""
_PREFIX = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One value of a proof; `problem` says in German why it proves nothing."""

    kind: str
    value: bytes
    commitment: str
    places: tuple[str, ...]
    problem: str = ""


def disclose(run: Path, vault: Vault, wanted: Sequence[str]) -> Json:
    """Return the proof of the commitments `wanted`, each as its mark, in hex, or its beginning.

    Raises OperatorError when one is unknown, ambiguous or not in the run folder.
    """
    chosen = [_chosen(vault, text) for text in wanted]
    places = _places(run, chosen)
    for digest in chosen:
        if not places[digest]:
            raise OperatorError(
                f"{run}: die Zusage {digest} steht in keiner Datei des Laufs",
                hint="den Laufordner angeben, in dem sie steht",
            )
    return {
        "format": FORMAT,
        "run": vault.folder.name,
        "manifest": digest_of(run / MANIFEST)[0] if (run / MANIFEST).is_file() else "",
        "values": [_entry(vault, digest, places[digest]) for digest in chosen],
    }


def check_disclosure(run: Path, proof: bytes) -> tuple[Disclosed, ...]:
    """Return every value of `proof` with what is wrong about it; needs the run folder alone.

    Raises OperatorError when `proof` is none or belongs to another run.
    """
    try:
        raw = json.loads(proof)
        values = [_read(entry) for entry in raw["values"]]
        same = raw["format"] == FORMAT
        manifest = str(raw["manifest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_proof() from error
    if not same or not values:
        raise _no_proof()
    if not (run / MANIFEST).is_file() or digest_of(run / MANIFEST)[0] != manifest:
        raise OperatorError(
            f"{run}: die Offenlegung gehört zu einem anderen Manifest",
            hint="den Laufordner nehmen, für den sie ausgestellt wurde",
        )
    places = _places(run, [commitment for _, _, _, commitment in values])
    return tuple(_judged(*value, places[value[3]]) for value in values)


def _chosen(vault: Vault, text: str) -> str:
    mark = MARK.fullmatch(text.strip())
    digits = mark[2] if mark else text.strip().lower()
    found = [digest for digest in vault.commitments if digest.startswith(digits)]
    if not _PREFIX.fullmatch(digits) or len(found) != 1:
        raise OperatorError(
            f"{text[:90]!r}: erwartet eine Zusage dieses Laufs, gefunden {len(found)} passende",
            hint="⟨art:hex⟩, die 64 Hex-Ziffern oder mindestens die ersten 8 angeben",
        )
    return found[0]


def _places(run: Path, digests: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {digest: [] for digest in digests}
    for name in sorted(file_names(run)):
        path = run / name
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        for digest, places in found.items():
            if len(places) < MAX_PLACES and digest.encode() in content:
                places.append(name)
    return found


def _entry(vault: Vault, digest: str, places: Sequence[str]) -> Json:
    hidden = vault.commitments[digest]
    try:
        readable = hidden.value.decode()
    except UnicodeDecodeError:
        readable = ""
    return {
        "kind": hidden.kind.value,
        "salt": hidden.salt,
        "value": readable,
        "value_base64": base64.b64encode(hidden.value).decode(),
        "commitment": digest,
        "files": list(places),
    }


def _read(entry: Json) -> tuple[str, str, bytes, str]:
    value = base64.b64decode(entry["value_base64"], validate=True)
    if entry["value"] and entry["value"].encode() != value:
        raise ValueError("two different values")
    kind, salt, commitment = SecretKind(entry["kind"]), entry["salt"], entry["commitment"]
    if not re.fullmatch("[0-9a-f]{64}", salt) or not re.fullmatch("[0-9a-f]{64}", commitment):
        raise ValueError("no digest")
    return kind.value, salt, value, commitment


def _judged(
    kind: str, salt: str, value: bytes, commitment: str, places: Sequence[str]
) -> Disclosed:
    problem = ""
    if commitment_of(salt, value) != commitment:
        problem = "Salz und Wert ergeben eine andere Zusage"
    elif not places:
        problem = "die Zusage steht in keiner Datei des Laufs"
    return Disclosed(kind, value, commitment, tuple(places), problem)


def _no_proof() -> OperatorError:
    return OperatorError(
        "keine Offenlegung, wie `pruefstand evidence disclose` sie schreibt",
        hint="die Datei neu anfordern",
    )
