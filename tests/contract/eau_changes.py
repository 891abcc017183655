"""Single changes to a FHIR document in its dictionary form, and the identifiers they write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pruefstand.fhir import kbv

Json = dict[str, Any]
Change = Callable[[Json], object]
ADXP = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
NAMES = "https://fhir.kbv.de/NamingSystem"


def resources(bundle: Json, name: str) -> list[Json]:
    """Return the resources of the profile `…_PR_<name>`."""
    held = (entry["resource"] for entry in bundle["entry"])
    return [one for one in held if one["meta"]["profile"][0].partition("|")[0].endswith(name)]


def at(bundle: Json, path: str) -> tuple[Any, Any]:
    """Return the container and the last step of `FOR_Patient.address.0.city`."""
    name, *steps = path.split(".")
    number, _, name = name.rpartition("#") if "#" in name else ("0", "", name)
    node: Any = resources(bundle, f"PR_{name}")[int(number)] if name != "Bundle" else bundle
    keys: list[Any] = [int(step) if step.isdigit() else step for step in steps]
    for key in keys[:-1]:
        node = node[key]
    return node, keys[-1]


def drop(*paths: str) -> Change:
    """Return the change that takes elements away."""

    def change(bundle: Json) -> None:
        for path in paths:
            node, key = at(bundle, path)
            del node[key]

    return change


def put(path: str, value: object, *, before: str = "") -> Change:
    """Return the change that gives an element this value; a new one stands `before` another."""

    def change(bundle: Json) -> None:
        node, key = at(bundle, path)
        _place(node, key, before)
        node[key] = value

    return change


def add(path: str, *values: object) -> Change:
    """Return the change that adds items to a list, which may be missing."""

    def change(bundle: Json) -> None:
        node, key = at(bundle, path)
        _place(node, key, "")
        node[key] = [*(node[key] or []), *values]

    return change


def _place(node: Any, key: Any, before: str) -> None:
    """Make room for a new element where FHIR wants it; extensions come first."""
    if isinstance(node, list) or key in node:
        return
    head = ("resourceType", "id", "meta")
    names = [name for name in node if name not in head]
    place = names.index(before) if before else 0 if key == "extension" else len(names)
    names.insert(place, key)
    held = dict(node)
    node.clear()
    node.update({name: held.get(name) for name in [*(n for n in head if n in held), *names]})


def each(*changes: Change) -> Change:
    """Return all changes as one."""
    return lambda bundle: [change(bundle) for change in changes]


def numbered(system: str, value: str, types: str, code: str) -> Json:
    """Return an identifier with its type."""
    return kbv.identifier(system, value, type_system=types, type_code=code)


def line(path: str, *texts: tuple[str, dict[str, str]]) -> Change:
    """Return the change that writes address lines: a text, and the parts it says it has."""
    lines = [text for text, _ in texts]
    parts = [
        {"extension": [{"url": ADXP + name, "valueString": value} for name, value in row.items()]}
        for _, row in texts
    ]
    return each(put(f"{path}.line", lines), put(f"{path}._line", parts))


def kvk() -> Json:
    """Return the number of a Krankenversichertenkarte."""
    types = f"{kbv.CODE_SYSTEMS}/KBV_CS_Base_identifier_type"
    return numbered("http://fhir.de/sid/gkv/kvk-versichertennummer", "1234567890", types, "kvk")


def pkv_number() -> Json:
    """Return the number of a private insurance, which the form's profile does not know."""
    made = numbered("urn:x", "123", kbv.GERMAN_IDENTIFIER_TYPES, "PKV")
    return made | {"assigner": {"display": "x"}}


def iknr(value: str) -> Json:
    """Return an IK as an organisation's number."""
    return numbered("http://fhir.de/sid/arge-ik/iknr", value, kbv.IDENTIFIER_TYPES, "XX")


def kzva(value: str) -> Json:
    """Return the number a KZV bills under."""
    system = "http://fhir.de/sid/kzbv/kzvabrechnungsnummer"
    return numbered(system, value, kbv.GERMAN_IDENTIFIER_TYPES, "KZVA")


def site(value: str) -> Json:
    """Return the number of a hospital's site."""
    types = f"{kbv.CODE_SYSTEMS}/KBV_CS_Base_identifier_type"
    return numbered("http://fhir.de/sid/dkgev/standortnummer", value, types, "KSN")


def lanr(value: str) -> Json:
    """Return a physician's number."""
    return numbered(f"{NAMES}/KBV_NS_Base_ANR", value, kbv.IDENTIFIER_TYPES, "LANR")


def zanr(value: str) -> Json:
    """Return a dentist's number."""
    system = "http://fhir.de/sid/kzbv/zahnarztnummer"
    return numbered(system, value, kbv.GERMAN_IDENTIFIER_TYPES, "ZANR")


def second_ik(value: str) -> Json:
    """Return the IK of another payer."""
    return kbv.extension("KBV_EX_FOR_Alternative_IK", valueIdentifier=iknr(value))
