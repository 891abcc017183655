"""The content of a multi-line POP3 answer (RFC 1939 section 3), read in large pieces."""

from __future__ import annotations

from collections.abc import Callable

_END = b"\r\n.\r\n"
_PIECE = 256 * 1024


def read_content(read: Callable[[int], bytes]) -> bytes | None:
    """Return the content, dot-stuffing undone; None when the peer hangs up before its end.

    `read` returns what is there, at least one octet, or nothing at the end. Nothing can follow the
    last dot, because POP3 knows no answer without a question.
    """
    pieces, tail = [b"\r\n"], b"\r\n"
    while not tail.endswith(_END):
        piece = read(_PIECE)
        if not piece:
            return None
        pieces.append(piece)
        tail = (tail + piece[-len(_END) :])[-len(_END) :]
    stuffed = b"".join(pieces)[: -len(_END) + 2]
    return stuffed.replace(b"\r\n.", b"\r\n")[2:]
