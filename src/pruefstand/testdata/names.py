"""Names and addresses of invented persons."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.rng import Rng

GIVEN_NAMES = (
    "Adele", "Anton", "Bärbel", "Björn", "Clara", "Cem", "Dilan", "Detlef", "Elif", "Ernst",
    "Frieda", "Falk", "Greta", "Götz", "Hanna", "Hüseyin", "Ines", "Ivo", "Jana", "Jörg",
    "Käthe", "Kemal", "Leyla", "Lutz", "Mascha", "Milan", "Nele", "Olaf", "Petra", "Ruth",
)  # fmt: skip
FAMILY_NAMES = (
    "Ahrend", "Böhmert", "Cordes", "Dörfler", "Eichhoff", "Färber", "Grünwald", "Heßler",
    "Ilgner", "Jäkel", "Köhnke", "Lüders", "Möllmann", "Nießen", "Oehler", "Pröll",
    "Quasthoff", "Rößner", "Süßmilch", "Tönnies", "Uhlig", "Vößing", "Wörner", "Yıldırım",
)  # fmt: skip
_STREETS = (
    "Prüfweg", "Am Messplatz", "Musterallee", "Versuchsstraße", "Zum Lehrbeispiel", "Probegasse",
)  # fmt: skip
_TOWNS = (
    ("10115", "Berlin"), ("20095", "Hamburg"), ("50667", "Köln"), ("80331", "München"),
    ("01067", "Dresden"), ("99084", "Erfurt"),
)  # fmt: skip

PERSONS = frozenset((*GIVEN_NAMES, *FAMILY_NAMES))
"""The names that test persons are made of."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name; `title` is academic ("Dr. med."), `prefix` belongs to the family name ("von")."""

    given: str
    family: str
    title: str = ""
    prefix: str = ""

    @property
    def full_family(self) -> str:
        """Return the family name with its prefix."""
        return f"{self.prefix} {self.family}".strip()

    @classmethod
    def parse(cls, text: str) -> PersonName:
        """Split "Dr. med. Vorname Name": leading words with a dot are the title."""
        words = text.split()
        titles = 0
        while titles < len(words) - 2 and words[titles].endswith("."):
            titles += 1
        rest = words[titles:]
        if len(rest) < 2:
            raise ValueError(f"a name needs given and family name: {text!r}")
        return cls(" ".join(rest[:-1]), rest[-1], title=" ".join(words[:titles]))

    def __str__(self) -> str:
        return " ".join(filter(None, (self.title, self.given, self.prefix, self.family)))


@dataclass(frozen=True, slots=True)
class Address:
    """A street address in Germany."""

    street: str
    house_number: str
    postal_code: str
    city: str


def person_name(rng: Rng, *, title: str = "") -> PersonName:
    """Return an invented name."""
    return PersonName(rng.choice(GIVEN_NAMES), rng.choice(FAMILY_NAMES), title=title)


def address(rng: Rng) -> Address:
    """Return an invented street in an existing town."""
    postal_code, city = rng.choice(_TOWNS)
    return Address(rng.choice(_STREETS), str(rng.integer(1, 199)), postal_code, city)
