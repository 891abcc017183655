"""What of the catalogue applies to a profile: roles, features, exclusions with their reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pruefstand.errors import ConfigurationError
from pruefstand.model.tags import from_tag, values


@dataclass(frozen=True, slots=True)
class Applicability:
    """Empty `roles` or `features` mean all; `exclude` maps an id to the reason."""

    roles: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    exclude: Mapping[str, str] = field(default_factory=dict)

    def reason(self, tags: Collection[str], area: str) -> str:
        """Return why a scenario in the feature folder `area` does not apply, empty if it does.

        It is left out as a whole when its test case or checklist item is, or all it claims.
        """
        if self.features and area not in self.features:
            return f"{area} gehört nicht zum Umfang des Profils"
        roles = values(tags, "rolle")
        if self.roles and roles and not set(roles) & set(self.roles):
            return f"Rolle {', '.join(roles)} gehört nicht zum Umfang des Profils"
        for name in values(tags, "tc") + values(tags, "punkt"):
            if name in self.exclude:
                return f"{name} ausgenommen: {self.exclude[name]}"
        claims = [from_tag(value) for value in values(tags, "req")]
        if claims and all(claim in self.exclude for claim in claims):
            return f"{claims[0]} ausgenommen: {self.exclude[claims[0]]}"
        return ""


def read_applicability(table: Mapping[str, object], place: str) -> Applicability:
    """Return the table `[applicability]`; raises ConfigurationError naming the key."""
    exclude = table.get("exclude", {})
    if not isinstance(exclude, dict):
        raise _wrong(place, "exclude", exclude, 'eine Tabelle wie { "A_1" = "Grund" }')
    for name, reason in exclude.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ConfigurationError(
                f"{place}: exclude.{name} hat keinen Grund", hint="den Grund als Text angeben"
            )
    return Applicability(_words(table, "roles", place), _words(table, "features", place), exclude)


def _words(table: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise _wrong(place, key, found, "eine Liste von Texten")
    return tuple(found)


def _wrong(place: str, key: str, value: object, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"{place}: {key} = {value!r} hat die falsche Art", hint=f"erwartet: {wanted}"
    )
