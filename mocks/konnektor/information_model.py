"""The administrator's model: who may call from where, and which terminals a workplace uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import cast

from pruefstand.errors import ConfigurationError

DEFAULT_SLOTS = 4
_TERMINAL_KEYS = {"workplaces", "remote", "mandants", "slots"}


@dataclass(frozen=True, slots=True)
class Terminal:
    """A card terminal: `local` workplaces stand beside it, `remote` ones may use it from afar.

    `mandants` own it; None stands for all.
    """

    name: str
    local: frozenset[str]
    remote: frozenset[str] = frozenset()
    mandants: frozenset[str] | None = None
    slots: int = DEFAULT_SLOTS

    def serves(self, workplace: str) -> bool:
        """Whether `workplace` reaches the terminal in one way or the other."""
        return workplace in self.local or workplace in self.remote

    def belongs_to(self, mandant: str) -> bool:
        """Whether `mandant` may use the terminal."""
        return self.mandants is None or mandant in self.mandants


@dataclass(frozen=True, slots=True)
class InformationModel:
    """Mandants, client systems and workplaces, their relations, and the terminals by name."""

    mandants: frozenset[str]
    client_systems: frozenset[str]
    workplaces: frozenset[str]
    contexts: frozenset[tuple[str, str, str]]
    terminals: Mapping[str, Terminal]
    remote_pin: Mapping[tuple[str, str], str]
    """Mandant and workplace → the terminal where PINs of cards elsewhere are typed."""

    def has_client_system(self, mandant: str, client_system: str) -> bool:
        """Whether any workplace joins `client_system` to `mandant`."""
        return any(row[:2] == (mandant, client_system) for row in self.contexts)

    def has_workplace(self, mandant: str, workplace: str) -> bool:
        """Whether any client system joins `workplace` to `mandant`."""
        return any((row[0], row[2]) == (mandant, workplace) for row in self.contexts)

    def workplaces_of(self, mandant: str, client_system: str) -> frozenset[str]:
        """Return the workplaces where `mandant` uses `client_system`."""
        return frozenset(row[2] for row in self.contexts if row[:2] == (mandant, client_system))


def information_model(settings: Mapping[str, object]) -> InformationModel:
    """Return the model in `settings`; without entries it is one practice: M1, CS1, WP1, KT-1."""
    mandants = _texts(settings, "mandant", "M1")
    systems = _texts(settings, "client_system", "CS1")
    workplaces = _texts(settings, "workplaces", "WP1")
    triples = _triples(settings, "contexts")
    terminals = cast(Mapping[str, object], settings.get("terminals") or {"KT-1": workplaces})
    known = {name: _terminal(name, entry) for name, entry in terminals.items()}
    remote_pin = {(mandant, place): kt for mandant, place, kt in _triples(settings, "remote_pin")}
    for kt in remote_pin.values():
        if kt not in known:
            raise ConfigurationError(
                f"konnektor: remote_pin names terminal {kt!r}", hint=f"known: {', '.join(known)}"
            )
    return InformationModel(
        frozenset(mandants),
        frozenset(systems),
        frozenset(workplaces),
        frozenset(triples or product(mandants, systems, workplaces)),
        known,
        remote_pin,
    )


def _terminal(name: str, entry: object) -> Terminal:
    """Return a terminal from a table, or from the bare list of its local workplaces."""
    if not isinstance(entry, Mapping):
        return Terminal(name, frozenset(cast(Iterable[str], entry)))
    unknown = entry.keys() - _TERMINAL_KEYS
    if unknown:
        raise ConfigurationError(
            f"konnektor: terminal {name} has unknown keys {', '.join(sorted(unknown))}",
            hint=f"known: {', '.join(sorted(_TERMINAL_KEYS))}",
        )
    mandants = entry.get("mandants")
    return Terminal(
        name,
        frozenset(entry.get("workplaces", ())),
        frozenset(entry.get("remote", ())),
        None if mandants is None else frozenset(mandants),
        int(entry.get("slots", DEFAULT_SLOTS)),
    )


def _texts(settings: Mapping[str, object], key: str, default: str) -> tuple[str, ...]:
    value = settings.get(key, default)
    return (value,) if isinstance(value, str) else tuple(cast(Iterable[str], value))


def _triples(settings: Mapping[str, object], key: str) -> list[tuple[str, str, str]]:
    rows = cast(Iterable[Sequence[str]], settings.get(key) or ())
    return [(first, second, third) for first, second, third in rows]
