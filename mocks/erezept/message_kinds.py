"""The kinds of Communication: who writes to whom about what, as data (handbook 1.12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mocks.erezept import resources
from mocks.erezept.roles import COST_BEARER, INSURED, PHARMACIES
from mocks.erezept.transitions import Status

_ERP = f"{resources.PROFILE}GEM_ERP_PR_Communication_"
_CHARGE = "https://gematik.de/fhir/erpchrg/StructureDefinition/GEM_ERPCHRG_PR_Communication_"


@dataclass(frozen=True, slots=True)
class Kind:
    """One profile of Communication."""

    name: str
    canonical: str
    """Without version."""
    senders: frozenset[str]
    recipient_system: str
    about: str = "Task"
    states: frozenset[Status] | None = None
    """The states the task must have; None when any but cancelled will do."""
    with_code: bool = False
    """Whether a sender who is not the insured of the task shows the AccessCode."""


_INSURED = frozenset({INSURED})
_READY = frozenset({Status.READY})

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.canonical: kind
        for kind in (
            Kind(
                "DispReq",
                f"{_ERP}DispReq",
                _INSURED,
                resources.TELEMATIK_ID,
                states=_READY,
                with_code=True,
            ),
            Kind("Reply", f"{_ERP}Reply", PHARMACIES, resources.KVID),
            Kind("DiGA", f"{_ERP}DiGA", frozenset({COST_BEARER}), resources.KVID),
            Kind(
                "Representative",
                f"{_ERP}Representative",
                _INSURED,
                resources.KVID,
                states=_READY | {Status.IN_PROGRESS},
                with_code=True,
            ),
            Kind(
                "ChargChangeReq",
                f"{_CHARGE}ChargChangeReq",
                _INSURED,
                resources.TELEMATIK_ID,
                about="ChargeItem",
            ),
            Kind(
                "ChargChangeReply",
                f"{_CHARGE}ChargChangeReply",
                PHARMACIES,
                resources.KVID,
                about="ChargeItem",
            ),
        )
    }
)
PREFIXES: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {160: ("3-", "5-", "9-"), 162: ("8-",), 166: ("3-", "5-", "9-"), 200: ("3-", "5-", "9-")}
)
"""How the Telematik-ID of a recipient of DispReq begins, where the flow limits it."""
MAX_REPRESENTATIVE = 10
"""Messages to representatives per task."""
