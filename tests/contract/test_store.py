"""Tables of records: the same behaviour in memory and in a file; the file is shared and hostile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pruefstand.errors import ConfigurationError
from pruefstand.mockkit.file_store import FileStore
from pruefstand.mockkit.store import MemoryStore, Store, Table


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    owner: str | None = None
    data: bytes = b""
    count: int = 0


def items(store: Store) -> Table[Item]:
    return store.table("item", Item, lambda item: (item.owner,) if item.owner else ())


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else FileStore(tmp_path / "s.db", "kit")


def test_a_value_is_added_once_changed_found_and_removed(store: Store) -> None:
    table = items(store)
    assert table.add("1", Item("a", data=b"\xff\x00"))
    assert not table.add("1", Item("b"))
    assert table.get("1") == Item("a", data=b"\xff\x00")
    assert table.find("x") == []
    table.change("1", lambda item: replace(item, owner="x"))
    table.put("2", Item("c", "x"))
    assert [item.name for item in table.find("x")] == ["a", "c"]
    table.change("1", lambda item: replace(item, owner="y"))
    assert [item.name for item in table.find("x")] == ["c"]
    table.remove("2")
    table.remove("2")
    assert (table.find("x"), table.get("2")) == ([], None)


def test_a_step_that_raises_changes_nothing(store: Store) -> None:
    table = items(store)
    table.add("1", Item("a"))

    def refuse(item: Item) -> Item:
        raise ValueError(item.name)

    with pytest.raises(ValueError, match="a"):
        table.change("1", refuse)
    with pytest.raises(KeyError):
        table.change("2", refuse)
    with store.atomic(), store.atomic():
        table.change("1", lambda item: replace(item, count=1))
    found = table.get("1")
    assert found is not None
    assert found.count == 1


def test_no_update_of_many_threads_is_lost(store: Store) -> None:
    table = items(store)
    table.add("1", Item("a"))

    def count() -> None:
        for _ in range(50):
            table.change("1", lambda item: replace(item, count=item.count + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = table.get("1")
    assert found is not None
    assert found.count == 200


def test_two_openers_of_a_file_see_each_other(tmp_path: Path) -> None:
    one, two = (items(FileStore(tmp_path / "s.db", "kit")) for _ in range(2))
    one.add("1", Item("a", "x"))
    two.change("1", lambda item: replace(item, count=7))
    assert one.find("x") == [Item("a", "x", count=7)]
    other_role = items(FileStore(tmp_path / "s.db", "other"))
    assert other_role.get("1") is None


def test_an_undone_block_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "s.db", "kit")
    table = items(store)

    def half_done() -> None:
        with store.atomic():
            table.add("1", Item("a", "x"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert (table.get("1"), table.find("x")) == (None, [])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database" * 100),
        lambda path: path.mkdir(),
    ],
    ids=["foreign file", "folder"],
)
def test_a_file_that_is_no_store_is_named(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "s.db"
    spoil(path)
    with pytest.raises(ConfigurationError, match=r"s\.db"):
        FileStore(path, "kit")
