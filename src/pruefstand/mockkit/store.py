"""Where a mock keeps its records: tables of immutable values, in memory or in a file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Terms = Callable[[T], Collection[str]]
"""By which words a value is found besides its key."""


class Table(Protocol[T]):
    """Values of one kind by key; each call is atomic."""

    def add(self, key: str, value: T) -> bool:
        """Store a new value; return False when the key is taken."""
        ...

    def put(self, key: str, value: T) -> None:
        """Store a value, new or not."""
        ...

    def get(self, key: str) -> T | None:
        """Return a value."""
        ...

    def change(self, key: str, step: Callable[[T], T]) -> T:
        """Apply `step` with nobody in between and return the result; raises KeyError.

        Whatever `step` raises leaves the value unchanged.
        """
        ...

    def remove(self, key: str) -> None:
        """Forget a value, if there is one."""
        ...

    def find(self, term: str) -> list[T]:
        """Return the values with `term`, oldest first."""
        ...


class Store(Protocol):
    """All tables of one mock."""

    def table(self, name: str, kind: type[T], terms: Terms[T]) -> Table[T]:
        """Return the table `name` of values of the dataclass `kind`."""
        ...

    def atomic(self) -> AbstractContextManager[None]:
        """Return a block nobody else writes during; blocks may be nested."""
        ...


class MemoryStore:
    """One process, one lock; ends with it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tables: dict[str, Any] = {}

    def table(self, name: str, kind: type[T], terms: Terms[T]) -> Table[T]:
        """Return the table `name`, at first empty."""
        found: Table[T] = self._tables.setdefault(name, _MemoryTable(self._lock, terms))
        return found

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Hold the lock; there is no way back, so a block refuses before it writes."""
        with self._lock:
            yield


class _MemoryTable(Table[T]):
    def __init__(self, lock: threading.RLock, terms: Terms[T]) -> None:
        self._lock = lock
        self._terms = terms
        self._values: dict[str, T] = {}
        self._keys_of: dict[str, dict[str, None]] = {}

    def add(self, key: str, value: T) -> bool:
        with self._lock:
            if key in self._values:
                return False
            self.put(key, value)
            return True

    def put(self, key: str, value: T) -> None:
        with self._lock:
            before = self._values.get(key)
            old = self._terms(before) if before is not None else ()
            new = self._terms(value)
            self._values[key] = value
            for term in set(old) - set(new):
                self._keys_of[term].pop(key, None)
            for term in new:
                self._keys_of.setdefault(term, {})[key] = None

    def get(self, key: str) -> T | None:
        return self._values.get(key)

    def change(self, key: str, step: Callable[[T], T]) -> T:
        with self._lock:
            after = step(self._values[key])
            self.put(key, after)
            return after

    def remove(self, key: str) -> None:
        with self._lock:
            value = self._values.pop(key, None)
            for term in self._terms(value) if value is not None else ():
                self._keys_of[term].pop(key, None)

    def find(self, term: str) -> list[T]:
        with self._lock:
            return [self._values[key] for key in self._keys_of.get(term, ())]
