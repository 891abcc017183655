"""The blob store: message bodies under their SHA-256, safe for several processes at once."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from pathlib import Path

from pruefstand.errors import OperatorError

_HASH = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Files `sha256/<first 2>/<hash>` below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[str] = set()
        self._made: set[Path] = set()

    def path(self, digest: str) -> Path:
        """Return where the blob `digest` lives; raises OperatorError when it is no SHA-256."""
        if not _HASH.fullmatch(digest):
            raise OperatorError(
                f"{digest[:80]!r} ist kein SHA-256 in 64 Hex-Ziffern",
                hint="Ereignisprotokoll des Laufs prüfen",
            )
        return self._folder / "sha256" / digest[:2] / digest

    def write(self, content: bytes) -> str:
        """Store `content` once and return its SHA-256 in hex."""
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._known:
            self._store(self.path(digest), content)
            self._known.add(digest)
        return digest

    def read(self, digest: str) -> bytes:
        """Return the blob `digest`; raises OperatorError when it is missing or was changed."""
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise OperatorError(
                f"{path}: Nachrichteninhalt nicht lesbar ({error.strerror})",
                hint="Laufordner vollständig kopieren",
            ) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise OperatorError(
                f"{path}: Inhalt passt nicht zu seinem SHA-256",
                hint="Der Laufordner wurde verändert und ist kein Nachweis mehr",
            )
        return content

    def _store(self, path: Path, content: bytes) -> None:
        if path.exists():
            return
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        # Readers must never see half a file: write beside it, then rename.
        draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        draft.write_bytes(content)
        draft.replace(path)
