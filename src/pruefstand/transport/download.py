"""Download one pinned file: resumable, of bounded size, kept only when its content is right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from pruefstand.errors import ConfigurationError, EnvironmentProblem

LARGEST = 256 * 1024 * 1024
TIMEOUT_SECONDS = 30.0
_OK, _PARTIAL, _RANGE = 200, 206, 416
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Report = Callable[[int], None]
"""Called with the number of bytes that are there."""


def download(url: str, target: Path, *, sha256: tuple[str, ...], report: Report) -> None:
    """Bring `url` to `target`; an interrupted download goes on where it stopped.

    Raises EnvironmentProblem when the publisher does not answer or sends other content.
    """
    _refuse_plain(url)
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True) as client:
            _fetch(client, url, part, report)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise EnvironmentProblem(
            f"{url}: nicht erreichbar ({reason})",
            hint=f"Netz prüfen und wiederholen, oder {target.name} von Hand ablegen",
        ) from None
    _keep(part, target, sha256, url)


def _refuse_plain(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"{url}: nur https ist erlaubt")


def _fetch(client: httpx.Client, url: str, part: Path, report: Report) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == _RANGE:
            # The publisher has no further bytes: whether these are right is decided next.
            return
        if response.status_code not in (_OK, _PARTIAL):
            raise EnvironmentProblem(
                f"{url}: HTTP-Status {response.status_code} statt 200",
                hint="Adresse prüfen; der Herausgeber kann die Datei verschoben haben",
            )
        resumed = response.status_code == _PARTIAL
        have = have if resumed else 0
        with part.open("ab" if resumed else "wb") as stream:
            for chunk in response.iter_bytes():
                have += len(chunk)
                if have > LARGEST:
                    raise EnvironmentProblem(f"{url}: mehr als {LARGEST} Bytes")
                stream.write(chunk)
                report(have)


def _keep(part: Path, target: Path, sha256: tuple[str, ...], url: str) -> None:
    with part.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found not in sha256:
        part.unlink()
        raise EnvironmentProblem(
            f"{url}: SHA-256 {found}, erwartet {' oder '.join(sha256)}",
            hint="nicht verwenden: der Inhalt ist nicht der geprüfte",
        )
    part.replace(target)
