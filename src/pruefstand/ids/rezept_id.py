"""Rezept-ID (PrescriptionID): flow type, twelve-digit sequence, check number ISO 7064 MOD 97-10."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from pruefstand.rng import Rng

SYSTEM = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"

_SHAPE = re.compile(r"([0-9]{3})\.([0-9]{3})\.([0-9]{3})\.([0-9]{3})\.([0-9]{3})\.([0-9]{2})")
_LAST_SEQUENCE = 10**12 - 1


class FlowType(IntEnum):
    """The workflows of the E-Rezept-Fachdienst (GEM_ERP_CS_FlowType)."""

    DRUG = 160
    DIGITAL_APPLICATION = 162
    TERATOGENIC = 166
    STEERED = 169
    DRUG_PRIVATE = 200
    STEERED_PRIVATE = 209


@dataclass(frozen=True, slots=True)
class RezeptId:
    """The parts of a Rezept-ID; `str` gives the written form."""

    flow_type: int
    sequence: int

    def __str__(self) -> str:
        return compose(self.flow_type, self.sequence)


def check_number(flow_type: int, sequence: int) -> int:
    """Return the check number, 1 to 97."""
    return 98 - int(f"{flow_type:03d}{sequence:012d}") * 100 % 97


def compose(flow_type: int, sequence: int) -> str:
    """Return the written form; an unknown flow or more than twelve digits raise ValueError."""
    if flow_type not in set(FlowType) or not 0 <= sequence <= _LAST_SEQUENCE:
        raise ValueError(f"Rezept-ID: Workflow {flow_type} oder Nummer {sequence} unmöglich")
    block = f"{sequence:012d}"
    groups = [block[i : i + 3] for i in range(0, 12, 3)]
    check = check_number(flow_type, sequence)
    return ".".join([f"{int(flow_type):03d}", *groups, f"{check:02d}"])


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a Rezept-ID, in German, or None."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return "Rezept-ID: erwartet die Form 160.000.123.456.789.37"
    if int(match[1]) not in set(FlowType):
        return f"Rezept-ID: den Workflow {match[1]} gibt es nicht"
    expected = check_number(int(match[1]), int("".join(match.groups()[1:5])))
    if int(match[6]) != expected:
        return f"Rezept-ID: Prüfnummer {match[6]} ist falsch, richtig wäre {expected:02d}"
    return None


def is_valid(text: str) -> bool:
    """Return whether `text` is a Rezept-ID of a known workflow with the right check number."""
    return problem(text) is None


def parse(text: str) -> RezeptId:
    """Return the parts of `text`; raises ValueError with the German reason."""
    reason = problem(text)
    if reason is not None:
        raise ValueError(reason)
    groups = text.split(".")
    return RezeptId(int(groups[0]), int("".join(groups[1:5])))


def generate(rng: Rng, flow_type: int = FlowType.DRUG) -> str:
    """Return a Rezept-ID of `flow_type`."""
    return compose(flow_type, rng.integer(1, _LAST_SEQUENCE))
