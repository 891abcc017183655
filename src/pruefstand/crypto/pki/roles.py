"""Professional and institutional roles: profession OID, printed name, Telematik-ID sector."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.crypto.pki import oids
from pruefstand.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Role:
    """One row of gemSpec_OID with what the admission extension says about it."""

    key: str
    profession_oid: str
    item: str
    sector: int
    authority: str | None


_CHAMBER, _DENTAL, _PHARMACY = "ÄK Berlin", "KZV Berlin", "AK Berlin"
_KV = "KV Berlin"

_PERSONS = (
    ("arzt", 30, "Ärztin/Arzt", 1, _CHAMBER),
    ("zahnarzt", 31, "Zahnärztin/Zahnarzt", 2, _DENTAL),
    ("apotheker", 32, "Apotheker/-in", 3, _PHARMACY),
    ("pta", 35, "Pharmazeutisch-technische/-r Assistent/-in", 3, _PHARMACY),
    ("psychotherapeut", 45, "Psychotherapeut/-in", 4, "PtK Berlin"),
    ("psychologischer-psychotherapeut", 46, "Psychologische/-r Psychotherapeut/-in", 4, _KV),
    ("kjp", 47, "Kinder- und Jugendlichenpsychotherapeut/-in", 4, "PtK Berlin"),
    ("hebamme", 235, "Hebamme", 9, None),
    ("versicherter", 49, "Versicherte/-r", 0, None),
)
_INSTITUTIONS = (
    ("praxis", 50, "Betriebsstätte Arzt", 1, _KV),
    ("zahnarztpraxis", 51, "Zahnarztpraxis", 2, _DENTAL),
    ("psychotherapiepraxis", 52, "Betriebsstätte Psychotherapeut", 4, _KV),
    ("krankenhaus", 53, "Krankenhaus", 5, "gematik"),
    ("apotheke", 54, "Öffentliche Apotheke", 3, _PHARMACY),
    ("krankenhausapotheke", 55, "Krankenhausapotheke", 3, _PHARMACY),
    ("gematik", 58, "Betriebsstätte gematik", 9, "gematik"),
    ("kasse", 59, "Betriebsstätte Kostenträger", 8, None),
    ("leo-kv", 210, "Leistungserbringerorganisation KV", 9, None),
    ("pflege", 245, "Betriebsstätte Pflege", 9, None),
    ("oegd", 255, "Betriebsstätte Öffentlicher Gesundheitsdienst", 9, None),
    ("weitere-kasse", 284, "Betriebsstätte Weitere Kostenträger", 8, None),
)
_TECHNICAL = (
    ("ocsp", 99, "OCSP", 0, None),
    ("konnektor", 103, "Anwendungskonnektor", 0, None),
    ("vzd", 171, "Verzeichnisdienst", 0, None),
    ("kim", 172, "KOM-LE", 0, None),
    ("tsl-dienst", 189, "TSL-Dienst", 0, None),
    ("epa-vau", 209, "ePA vertrauenswürdige Ausführungsumgebung", 0, None),
    ("erp-vau", 258, "E-Rezept vertrauenswürdige Ausführungsumgebung", 0, None),
    ("erezept", 259, "E-Rezept", 0, None),
    ("idp", 260, "IDP-Dienst", 0, None),
    ("popp", 293, "PoPP-Dienst", 0, None),
)


def _table(rows: tuple[tuple[str, int, str, int, str | None], ...]) -> dict[str, Role]:
    return {
        key: Role(key, oids.gematik(arc), item, sector, authority)
        for key, arc, item, sector, authority in rows
    }


PERSONS = _table(_PERSONS)
INSTITUTIONS = _table(_INSTITUTIONS)
TECHNICAL = _table(_TECHNICAL)


def person(key: str) -> Role:
    """Return the role a HBA can carry; raises ConfigurationError for an unknown key."""
    return _lookup(PERSONS, key, "HBA")


def institution(key: str) -> Role:
    """Return the role an SMC-B can carry; raises ConfigurationError for an unknown key."""
    return _lookup(INSTITUTIONS, key, "SMC-B")


def _lookup(table: dict[str, Role], key: str, card: str) -> Role:
    try:
        return table[key]
    except KeyError:
        raise ConfigurationError(
            f"a {card} has no role {key!r}", hint="one of: " + ", ".join(table)
        ) from None
