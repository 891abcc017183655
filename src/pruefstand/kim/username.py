"""The user name a practice system logs in with at the client module: parts joined by `#`.

SMTP: address # server # Mandant # Clientsystem # Arbeitsplatz [# KonnektorId]
POP3: address # server # Mandant # Clientsystem # Arbeitsplatz [# UserId] [# KonnektorId]
A skipped part before a present one is `*`. From KIM 1.5.4 on the server may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.kim.address import is_kim_address

SKIPPED = "*"


class IncompleteUserName(ValueError):
    """A part of the user name is missing or malformed."""


@dataclass(frozen=True, slots=True)
class UserName:
    """The parts; `server` is (host, port) or None when the client module is to find it."""

    address: str
    server: tuple[str, int] | None
    mandant: str
    client_system: str
    workplace: str
    user_id: str = ""
    konnektor_id: str = ""

    def smtp(self) -> str:
        """Return the name for SMTP."""
        return "#".join(self._head() + _trimmed(self.konnektor_id))

    def pop3(self) -> str:
        """Return the name for POP3."""
        return "#".join(self._head() + _trimmed(self.user_id, self.konnektor_id))

    def _head(self) -> list[str]:
        server = [] if self.server is None else [f"{self.server[0]}:{self.server[1]}"]
        return [self.address, *server, self.mandant, self.client_system, self.workplace]


def _trimmed(*optional: str) -> list[str]:
    """Return the optional parts up to the last present one, gaps filled with a star."""
    parts = list(optional)
    while parts and not parts[-1]:
        parts.pop()
    return [part or SKIPPED for part in parts]


def parse_smtp(text: str) -> UserName:
    """Read the SMTP form; raises IncompleteUserName."""
    head, rest = _parts(text, optional=1)
    return UserName(*head, konnektor_id=rest[0])


def parse_pop3(text: str) -> UserName:
    """Read the POP3 form; raises IncompleteUserName."""
    head, rest = _parts(text, optional=2)
    return UserName(*head, user_id=rest[0], konnektor_id=rest[1])


Head = tuple[str, tuple[str, int] | None, str, str, str]


def _parts(text: str, *, optional: int) -> tuple[Head, list[str]]:
    parts = text.split("#")
    address, parts = parts[0], parts[1:]
    if not is_kim_address(address):
        raise IncompleteUserName(f"{address!r} is no KIM address")
    server = _server(parts[0]) if parts else None
    if server is not None or parts[:1] == [SKIPPED]:
        parts = parts[1:]
    if not 3 <= len(parts) <= 3 + optional or not all(parts):
        raise IncompleteUserName("Mandant, Clientsystem and Arbeitsplatz are needed")
    mandant, client_system, workplace, *rest = parts
    if SKIPPED in (mandant, client_system, workplace):
        raise IncompleteUserName("Mandant, Clientsystem and Arbeitsplatz cannot be skipped")
    rest = ["" if part == SKIPPED else part for part in rest]
    return (address, server, mandant, client_system, workplace), rest + [""] * (
        optional - len(rest)
    )


def _server(part: str) -> tuple[str, int] | None:
    host, colon, port = part.rpartition(":")
    if not colon:
        return None
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise IncompleteUserName(f"{part!r} is no server and port")
    return host, int(port)
