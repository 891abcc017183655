"""How the Fachdienst refuses: rows of status and text as data, raised by key.

A second table (the coded errors of a later service generation) replaces `TEXTS` without a
change in any handler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mocks.erezept.texts import TEXTS, Row


class Refused(Exception):
    """Ends an inner request with row `key`; `values` fill the text's gaps, `also` adds a row."""

    def __init__(
        self, key: str, *, diagnostics: str | None = None, also: str | None = None, **values: object
    ) -> None:
        super().__init__(key)
        self.key = key
        self.values = values
        self.diagnostics = diagnostics
        self.also = also


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as it goes out."""

    status: int
    texts: tuple[str, ...]
    diagnostics: str | None
    vau_code: str | None
    authenticate: str | None
    code: str | None = None


ISSUE_CODES: Mapping[int, str] = {
    400: "invalid",
    401: "unknown",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    409: "conflict",
    410: "processing",
    415: "value",
    423: "forbidden",
    429: "transient",
    454: "forbidden",
    455: "forbidden",
    456: "forbidden",
    457: "forbidden",
    458: "forbidden",
}


def issue_code(status: int) -> str:
    """Return the OperationOutcome issue code the service uses with `status`."""
    return ISSUE_CODES.get(status, "processing")


def resolve(refused: Refused, table: Mapping[str, Row] = TEXTS) -> Refusal:
    """Return the wire form of `refused`; raises KeyError for a key the table lacks."""
    row = table[refused.key]
    texts = [row.text.format_map(refused.values)]
    if refused.also is not None:
        texts.append(table[refused.also].text.format_map(refused.values))
    return Refusal(
        row.status, tuple(texts), refused.diagnostics, row.vau_code, row.authenticate, row.code
    )
