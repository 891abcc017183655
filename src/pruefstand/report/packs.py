"""Message bodies of the HTML report, compressed: the page unpacks them when a reader asks.

A run of 500 scenarios carries tens of megabytes of messages. Each scenario's messages and the
bodies first seen in it form one pack: JSON, deflated, base64, in a script element that no browser
parses or runs.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

from pruefstand.errors import OperatorError
from pruefstand.evidence.run_folder import Run
from pruefstand.model.case import Json
from pruefstand.report.body import BodyView, Form, present
from pruefstand.report.deception import visible

_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a body is: the pack's name and how the body is shown, without its text."""

    pack: str
    form: Form
    size: int
    cut: bool


class BodyPacks:
    """Every body of the run once, in the pack of the case that shows it first."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stored: dict[str, Stored] = {}
        self._open: dict[str, str] = {}
        self._pack = ""

    def begin(self, pack: str) -> None:
        """Bodies seen from here on belong to `pack`."""
        self._pack, self._open = pack, {}

    def place(self, digest: str) -> Stored:
        """Return where the body `digest` is, after putting it there when it is new."""
        if digest not in self._stored:
            view = self._view(digest)
            self._open[digest] = view.text
            self._stored[digest] = Stored(self._pack, view.form, view.size, view.cut)
        return self._stored[digest]

    def close(self, messages: list[Json]) -> str:
        """Return the pack of the case's messages and its bodies."""
        return packed({"messages": messages, "bodies": self._open})

    def _view(self, digest: str) -> BodyView:
        try:
            return present(self._run.blob(digest))
        except OperatorError:
            return BodyView(Form.MISSING, "", 0)


def packed(value: Any) -> str:
    """Return `value` as base64 of raw deflate of JSON, which `DecompressionStream` reads."""
    text = visible(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    content = squeeze.compress(text.encode("utf-8", errors="replace")) + squeeze.flush()
    return base64.b64encode(content).decode("ascii")


def unpacked(text: str) -> Any:
    """Read what `packed` wrote."""
    return json.loads(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS))
