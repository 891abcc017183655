"""A store in an SQLite file that several processes share; what is acknowledged survives them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter

from pruefstand.errors import ConfigurationError
from pruefstand.mockkit.store import Table, Terms

T = TypeVar("T")
BUSY_SECONDS = 30.0
"""How long a writer waits for the others."""
MOST_KEPT = 256
"""Values of a table a process remembers beside their octets in the file."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    place INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (kind, key));
CREATE TABLE IF NOT EXISTS term (
    kind TEXT NOT NULL, term TEXT NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (kind, term, key)) WITHOUT ROWID;
"""
_JSON = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class FileStore:
    """A store in `path`; `role` keeps the mocks of one file apart.

    Write-ahead log without a sync per commit: commits survive a killed process, not a power cut.
    Raises ConfigurationError when the file is no store.
    """

    def __init__(self, path: Path, role: str) -> None:
        self._role = role
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._sql = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = NORMAL")
            self._sql.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"{path} ist kein Speicher für Mocks: {error}",
                hint="eine neue Datei oder eine frühere Speicherdatei nennen",
            ) from error

    def table(self, name: str, kind: type[T], terms: Terms[T]) -> Table[T]:
        """Return the table `name`, with what the file already holds of it."""
        return _FileTable(self, f"{self._role}.{name}", kind, terms)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Hold the write lock of the file; an exception undoes the block."""
        with self._lock:
            if self._depth == 0:
                self._sql.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._leave("ROLLBACK")
                raise
            self._leave("COMMIT")

    def _leave(self, how: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._sql.execute(how)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._sql.close()

    def rows(self, statement: str, *values: str | bytes) -> list[tuple[bytes, ...]]:
        """Return all rows of a statement."""
        with self._lock:
            return self._sql.execute(statement, values).fetchall()

    def write(self, statement: str, *values: str | bytes) -> int:
        """Run a statement and return how many rows it changed."""
        with self._lock:
            return self._sql.execute(statement, values).rowcount


class _FileTable(Table[T]):
    def __init__(self, store: FileStore, kind: str, value: type[T], terms: Terms[T]) -> None:
        self._store = store
        self._kind = kind
        self._terms = terms
        # A setting reaches a standard dataclass only from a type around it.
        self._json = TypeAdapter(tuple[value], config=_JSON)  # type: ignore[valid-type]
        self._read: dict[str, tuple[bytes, T]] = {}

    def add(self, key: str, value: T) -> bool:
        body = self._json.dump_json((value,))
        with self._store.atomic():
            added = self._store.write(
                "INSERT INTO record (kind, key, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                self._kind,
                key,
                body,
            )
            if added:
                self._index(key, set(), set(self._terms(value)))
                self._keep(key, body, value)
            return bool(added)

    def put(self, key: str, value: T) -> None:
        with self._store.atomic():
            self._write(key, self.get(key), value)

    def get(self, key: str) -> T | None:
        found = self._store.rows(
            "SELECT body FROM record WHERE kind = ? AND key = ?", self._kind, key
        )
        return self._value(key, found[0][0]) if found else None

    def change(self, key: str, step: Callable[[T], T]) -> T:
        with self._store.atomic():
            before = self.get(key)
            if before is None:
                raise KeyError(key)
            after = step(before)
            self._write(key, before, after)
            return after

    def remove(self, key: str) -> None:
        with self._store.atomic():
            self._store.rows("DELETE FROM term WHERE kind = ? AND key = ?", self._kind, key)
            self._store.rows("DELETE FROM record WHERE kind = ? AND key = ?", self._kind, key)

    def find(self, term: str) -> list[T]:
        found = self._store.rows(
            "SELECT body, key FROM record JOIN term USING (kind, key)"
            " WHERE kind = ? AND term = ? ORDER BY place",
            self._kind,
            term,
        )
        return [self._value(str(key), body) for body, key in found]

    def _write(self, key: str, before: T | None, after: T) -> None:
        body = self._json.dump_json((after,))
        self._store.write(
            "INSERT INTO record (kind, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            self._kind,
            key,
            body,
        )
        old = set(self._terms(before)) if before is not None else set()
        self._index(key, old, set(self._terms(after)))
        self._keep(key, body, after)

    def _index(self, key: str, old: set[str], new: set[str]) -> None:
        for term in old - new:
            self._store.write(
                "DELETE FROM term WHERE kind = ? AND term = ? AND key = ?", self._kind, term, key
            )
        for term in new - old:
            self._store.write(
                "INSERT OR IGNORE INTO term (kind, term, key) VALUES (?, ?, ?)",
                self._kind,
                term,
                key,
            )

    def _value(self, key: str, body: bytes) -> T:
        """Return the value in `body`; what this process read or wrote last is not parsed again."""
        kept = self._read.get(key)
        if kept is not None and kept[0] == body:
            return kept[1]
        value: T = self._json.validate_json(body)[0]
        self._keep(key, body, value)
        return value

    def _keep(self, key: str, body: bytes, value: T) -> None:
        if len(self._read) >= MOST_KEPT:
            self._read.clear()
        self._read[key] = (body, value)
