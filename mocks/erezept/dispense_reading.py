"""GET /MedicationDispense: what an insured person was handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.search import Search, midnight
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Dispensed, Resource


def _day(field: str) -> Callable[[Dispensed], datetime | None]:
    def value(item: Dispensed) -> datetime | None:
        text = item.dispense.get(field)
        return midnight(date.fromisoformat(text[:10])) if text else None

    return value


SEARCH: Search[Dispensed] = Search(
    dates={"whenhandedover": _day("whenHandedOver"), "whenprepared": _day("whenPrepared")},
    tokens={
        "performer": lambda item: (item.dispense["performer"][0]["actor"]["identifier"]["value"],),
        "identifier": lambda item: [found["value"] for found in item.dispense["identifier"]],
    },
)


def search_dispenses(service: Service, call: Call) -> Answer:
    """List all dispensations of the caller, each Medication included; there is no paging."""
    insured = call.caller.id_number
    stored = [item for task in service.tasks_of(insured) for item in task.dispensed]
    _check_identifier(call.request.query.get("identifier"))
    found = SEARCH.select(stored, call.request.query)
    base = service.ctx.base_url
    bundle = resources.searchset(
        [("self", f"{base}/MedicationDispense/")],
        [(f"{base}/MedicationDispense/{item.dispense['id']}", item.dispense) for item in found],
        total=len(found),
        included=_medications(base, found),
    )
    return Answer(200, bundle, insured=insured)


def _medications(base: str, found: list[Dispensed]) -> list[tuple[str, Resource]]:
    medications = [item.medication for item in found if item.medication is not None]
    return [(f"{base}/Medication/{item['id']}", item) for item in medications]


def _check_identifier(text: str | None) -> None:
    if text is None:
        return
    system, bar, value = text.rpartition("|")
    if not value or (bar and system != resources.PRESCRIPTION_ID):
        raise Refused("search-parameter")
