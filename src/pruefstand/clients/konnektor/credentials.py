"""User and password of a client system (ANCL_CAUT_MODE = PASSWORD)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from pruefstand.model.http import Headers


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the administrator has entered for this client system."""

    user: str
    password: str = field(repr=False)


def authorization(credentials: Credentials | None) -> Headers:
    """Return the HTTP Basic header; nothing without credentials."""
    if credentials is None:
        return ()
    pair = f"{credentials.user}:{credentials.password}".encode()
    return (("Authorization", f"Basic {base64.b64encode(pair).decode('ascii')}"),)
