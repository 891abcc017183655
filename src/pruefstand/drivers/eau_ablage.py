"""Shipments in a folder: one file each, replaced in one step, so that a crash loses nothing."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pruefstand.errors import OperatorError
from pruefstand.flows.eau_postausgang import Shipment, Status
from pruefstand.kim.eau import EauMessage

_TIMES = ("created", "sent", "next_attempt")


class MemoryStore:
    """Shipments that end with the process."""

    def __init__(self) -> None:
        self._shipments: dict[int, Shipment] = {}

    def put(self, shipment: Shipment) -> None:
        """Keep a shipment."""
        self._shipments[shipment.number] = shipment

    def all(self) -> list[Shipment]:
        """Return every shipment by number."""
        return [self._shipments[number] for number in sorted(self._shipments)]


class FolderStore(MemoryStore):
    """Shipments as files; one process at a time writes a folder."""

    def __init__(self, folder: Path) -> None:
        """Read what an earlier process left; raises OperatorError for a damaged file."""
        super().__init__()
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.json")):
            MemoryStore.put(self, _read(path))

    def put(self, shipment: Shipment) -> None:
        """Write the file through to the disk, then keep the shipment."""
        path = self._folder / f"{shipment.number:08}.json"
        draft = path.with_suffix(".neu")
        with draft.open("wb") as stream:
            stream.write(json.dumps(_plain(shipment), ensure_ascii=False).encode())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        super().put(shipment)


def _plain(shipment: Shipment) -> Mapping[str, Any]:
    values = asdict(shipment)
    values["content"] = base64.b64encode(shipment.content).decode("ascii")
    values["attempts"] = [moment.isoformat() for moment in shipment.attempts]
    for name in _TIMES:
        moment = values[name]
        values[name] = moment.isoformat() if isinstance(moment, datetime) else None
    return values


def _read(path: Path) -> Shipment:
    try:
        values = json.loads(path.read_bytes())
        values["content"] = base64.b64decode(values["content"], validate=True)
        values["message"] = EauMessage(values["message"])
        values["status"] = Status(values["status"])
        values["iknrs"] = tuple(values["iknrs"])
        values["attempts"] = tuple(map(datetime.fromisoformat, values["attempts"]))
        for name in _TIMES:
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        return Shipment(**values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperatorError(
            f"{path.name}: kein lesbarer Postausgang: {error}",
            hint="Datei aus der Sicherung zurückholen; die übrigen sind unberührt.",
        ) from error
