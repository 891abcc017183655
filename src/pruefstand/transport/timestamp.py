"""Asks a time stamping authority over HTTP (RFC 3161, section 3.4)."""

from __future__ import annotations

import httpx

from pruefstand.transport.protocol import TransportFailure

TIMEOUT_SECONDS = 10.0
MAX_ANSWER = 1024 * 1024
"""Bytes; an answer with its certificates has a few thousand."""
_ASK, _TOLD = "application/timestamp-query", "application/timestamp-reply"


def ask_authority(url: str, query: bytes) -> bytes:
    """Return the answer of the authority at `url` in DER; raises TransportFailure."""
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            headers = {"Content-Type": _ASK}
            with client.stream("POST", url, content=query, headers=headers) as answer:
                if answer.status_code != 200:
                    raise _failure(url, f"HTTP {answer.status_code}")
                kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
                if kind != _TOLD:
                    raise _failure(url, f"erwartet {_TOLD}, gefunden {kind or 'kein Typ'}")
                return _bounded(url, answer)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _failure(url, f"{type(error).__name__}: {error}") from error


def _bounded(url: str, answer: httpx.Response) -> bytes:
    content = b""
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > MAX_ANSWER:
            raise _failure(url, f"Antwort über {MAX_ANSWER} Bytes")
    return content


def _failure(url: str, reason: str) -> TransportFailure:
    return TransportFailure(
        f"Zeitstempeldienst {url}: {reason}",
        hint="Adresse und Erreichbarkeit prüfen; der Lauf ist auch ohne Zeitstempel versiegelt",
    )
