"""The client module's table in the profile; read anew at every call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from pruefstand.errors import ConfigurationError

RecipientCheck = Literal["spaeter", "sofort"]

WIRE_LIMIT = 64 * 1024 * 1024
"""Octets of one mail this process takes; SIZE must be at least 35,882,577."""

MODULE_VERSION = "PRUEF_1.0.0-1"
PRODUCT_VERSION = "1.5.5-0"
KONNEKTOR_VERSION = "<Pruefstand><Konnektor><1.0.0><1.0.0><1.0.0>"
KIM_VERSIONS = ("1.0", "1.5", "1.5+")
"""Versions of messages this module reads."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the module and the things around it behave right now."""

    recipient_check: RecipientCheck
    """`spaeter`: RCPT is OK and an error mail follows (KIM 1.5.3); `sofort`: 550 (1.5.2)."""
    same_host: bool
    """Whether practice system and module share a machine: TLS may be missing."""
    client_systems: frozenset[str]
    workplaces: frozenset[str]
    pin_verified: bool
    """Whether the cards are unlocked."""
    konnektor_reachable: bool
    konnektors_down: frozenset[str]
    """KonnektorIds of user names whose Konnektor does not answer."""
    konnektor_knows_ecc: bool
    revocation_known: bool
    """Whether OCSP answers; else the integrity result is 07."""
    service_certificate: Literal["VALID", "INVALID"]
    """What the Konnektor says about the mail service's certificate."""
    renewal_fails: bool
    """Whether the mail service gave no new PKCS#12 for the module's expiring certificate."""
    decryption_note: bool
    """Whether the text says that the mail was decrypted (dropped with KIM 1.5.3)."""
    verification_note: bool
    kim_version: str
    """The highest KIM version of the module."""


def behaviour(settings: Mapping[str, object]) -> Behaviour:
    """Return the behaviour in `settings`; raises ConfigurationError."""
    check = settings.get("rcpt_pruefung", "spaeter")
    if check not in ("spaeter", "sofort"):
        raise ConfigurationError(f"rcpt_pruefung = {check!r}", hint="spaeter oder sofort")
    return Behaviour(
        check,
        bool(settings.get("gleicher_rechner", False)),
        _texts(settings, "client_system", "CS1"),
        _texts(settings, "workplaces", "WP1"),
        bool(settings.get("pin_freigeschaltet", True)),
        bool(settings.get("konnektor_erreichbar", True)),
        _texts(settings, "konnektoren_gestoert"),
        bool(settings.get("konnektor_ecc", True)),
        bool(settings.get("sperrauskunft", True)),
        "VALID" if settings.get("fachdienst_zertifikat", "VALID") == "VALID" else "INVALID",
        bool(settings.get("erneuerung_scheitert", False)),
        bool(settings.get("vermerk_entschluesselt", False)),
        bool(settings.get("vermerk_signatur", True)),
        str(settings.get("kim_version", "1.5")),
    )


def _texts(settings: Mapping[str, object], key: str, default: str = "") -> frozenset[str]:
    found = settings.get(key, default)
    if isinstance(found, str):
        return frozenset({found} if found else ())
    return frozenset(cast(Iterable[str], found))
