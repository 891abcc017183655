"""KIM mail addresses: a restricted local part, a domain below kim.telematik (A_21455-01)."""

from __future__ import annotations

import re

DOMAINS = ("kim.telematik", "kim.telematik-test")
"""Endings of production and of reference and test environment."""

MAX_DOMAIN = 189

_LOCAL = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def is_kim_address(text: str) -> bool:
    """Tell whether `text` is a KIM address of any environment."""
    local, at, domain = text.rpartition("@")
    return (
        bool(at)
        and len(domain) <= MAX_DOMAIN
        and _LOCAL.fullmatch(local) is not None
        and _DOMAIN.fullmatch(domain) is not None
        and domain.lower().endswith(tuple(f".{ending}" for ending in DOMAINS))
    )


def same_address(one: str, other: str) -> bool:
    """Compare addresses as KIM does, without regard to case."""
    return one.lower() == other.lower()
