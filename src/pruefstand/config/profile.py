"""Profiles: TOML files with `extends`; an unknown key is an error with a suggestion."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pruefstand
from pruefstand.config.applicability import Applicability, read_applicability
from pruefstand.errors import ConfigurationError
from pruefstand.model.secret_kind import REDACTABLE, SecretKind
from pruefstand.model.tags import MANUAL


class Environment(StrEnum):
    """Where the targets live."""

    MOCK = "mock"
    RU = "ru"
    TU = "tu"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Sut:
    """The system under test; driver `simulator` is the built-in PVS."""

    role: str = "pvs"
    name: str = "Eingebautes PVS"
    version: str = ""
    certificate: str = ""
    """SHA-256 in hex of the client certificate it shows, where the harness cannot see it."""
    driver: str = "simulator"


@dataclass(frozen=True, slots=True)
class Target:
    """One neighbour: a mock the harness starts."""

    kind: str = "mock"
    settings: Mapping[str, object] = field(default_factory=dict)
    load: bool = False


NO_PRACTICE = "Selbsttest des Prüfstands: es gibt keine Praxis, die das bestätigen könnte"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the run folder hides, who stamps the time and who attests; `tsa_ca` is a PEM file."""

    require_second_person: bool = False
    redact: tuple[SecretKind, ...] = REDACTABLE
    tsa: str = ""
    tsa_ca: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a run talks to, what of the catalogue applies, and what its evidence shows."""

    name: str
    environment: Environment
    sut: Sut
    targets: Mapping[str, Target]
    applicability: Applicability = field(default_factory=Applicability)
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def selftest(self) -> bool:
        """Say whether the run proves the harness only: built-in PVS against own mocks."""
        mocks_only = all(target.kind == "mock" for target in self.targets.values())
        return self.sut.driver == "simulator" and mocks_only

    @property
    def sut_identity(self) -> dict[str, str]:
        """Name and version of the system under test; the built-in PVS has the harness's own."""
        return {"name": self.sut.name, "version": self.sut.version or pruefstand.__version__}

    def not_applicable(self, tags: Collection[str], area: str) -> str:
        """Return why a scenario in the feature folder `area` does not apply, empty if it does."""
        reason = self.applicability.reason(tags, area)
        return reason or (NO_PRACTICE if MANUAL in tags and self.selftest else "")


_KINDS: dict[type[Any], str] = {
    str: "ein Text",
    bool: "true oder false",
    dict: "eine Tabelle",
    tuple: "eine Liste",
}
_TOP = ("extends", "environment", "sut", "targets", "applicability", "evidence")


def load_profile(name: str, folder: Path) -> Profile:
    """Return the profile `name` (a file of `folder` or a path); raises ConfigurationError."""
    raw = _read(name, folder, ())
    path = f"Profil {name!r}"
    _known(raw, _TOP, path)
    environment = raw.get("environment", "mock")
    if environment not in [item.value for item in Environment]:
        raise ConfigurationError(
            f"{path}: environment = {environment!r} ist unbekannt",
            hint=f"erlaubt: {', '.join(Environment)}",
        )
    targets = {
        role: _build(Target, table, f"{path}, Tabelle targets.{role}")
        for role, table in _table(raw.get("targets", {}), f"{path}, targets").items()
    }
    for role, target in targets.items():
        if target.kind != "mock":
            raise ConfigurationError(
                f"{path}: targets.{role}.kind = {target.kind!r} kennt diese Version nicht",
                hint='kind = "mock" eintragen',
            )
    sut = _build(Sut, raw.get("sut", {}), f"{path}, Tabelle sut")
    evidence = _evidence(raw.get("evidence", {}), f"{path}, Tabelle evidence")
    return Profile(
        name, Environment(environment), sut, targets, _applicability(raw, path), evidence
    )


def _applicability(raw: Mapping[str, Any], path: str) -> Applicability:
    place = f"{path}, Tabelle applicability"
    table = _table(raw.get("applicability", {}), place)
    _known(table, tuple(item.name for item in fields(Applicability)), place)
    return read_applicability(table, place)


def _evidence(table: object, place: str) -> Evidence:
    given = _table(table, place)
    if isinstance(listed := given.get("redact"), list):
        given = {**given, "redact": tuple(listed)}
    evidence: Evidence = _build(Evidence, given, place)
    for word in evidence.redact:
        if word not in REDACTABLE:
            raise ConfigurationError(
                f"{place}: redact nennt {word!r}, das gibt es nicht",
                hint=f"erlaubt: {', '.join(REDACTABLE)}",
            )
    return replace(evidence, redact=tuple(map(SecretKind, evidence.redact)))


def _read(name: str, folder: Path, seen: tuple[str, ...]) -> dict[str, Any]:
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    if name in seen:
        raise ConfigurationError(f"Profil {name!r} erbt von sich selbst: {' → '.join(seen)}")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = sorted(item.stem for item in folder.glob("*.toml"))
        near = difflib.get_close_matches(name, known, 1)
        hint = f"meinten Sie {near[0]!r}?" if near else f"vorhanden: {', '.join(known)}"
        raise ConfigurationError(f"Profil {name!r} gibt es nicht ({path})", hint=hint) from error
    except OSError as error:
        raise ConfigurationError(f"Profil {path} ist nicht lesbar: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Profil {path} ist kein gültiges TOML: {error}") from error
    parent = raw.pop("extends", None)
    if parent is not None and not isinstance(parent, str):
        raise ConfigurationError(f"Profil {path}: extends = {parent!r} ist kein Profilname")
    return raw if parent is None else _merge(_read(parent, folder, (*seen, name)), raw)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both_tables else value
    return merged


def _build(kind: type[Any], table: object, place: str) -> Any:
    given = _table(table, place)
    _known(given, tuple(item.name for item in fields(kind)), place)
    # A field without a default of its own holds a table.
    wanted = {
        item.name: dict if item.default is MISSING else type(item.default) for item in fields(kind)
    }
    for key, value in given.items():
        if not isinstance(value, wanted[key]):
            raise ConfigurationError(
                f"{place}: {key} = {value!r} hat die falsche Art",
                hint=f"erwartet: {_KINDS[wanted[key]]}",
            )
    return kind(**given)


def _table(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place}: {value!r} ist keine Tabelle")
    return value


def _known(table: Mapping[str, Any], allowed: tuple[str, ...], place: str) -> None:
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"meinten Sie {near[0]!r}?" if near else f"erlaubt: {', '.join(allowed)}"
            raise ConfigurationError(f"{place}: unbekannter Schlüssel {key!r}", hint=hint)
