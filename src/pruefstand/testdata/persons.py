"""Insured persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pruefstand.ids import kvnr as kvnr_rules
from pruefstand.rng import Rng
from pruefstand.testdata import names
from pruefstand.testdata.names import Address, PersonName

_FIRST_BIRTHDAY = date(1938, 1, 1)
_LAST_BIRTHDAY = date(2008, 12, 31)


@dataclass(frozen=True, slots=True)
class Insured:
    """An insured person as it stands on the eGK."""

    kvnr: str
    name: PersonName
    birth_date: date
    address: Address


def insured(rng: Rng, *, kvnr: str | None = None) -> Insured:
    """Return an invented adult with a synthetic KVNR, or with `kvnr` unchecked."""
    span = (_LAST_BIRTHDAY - _FIRST_BIRTHDAY).days
    return Insured(
        kvnr=kvnr if kvnr is not None else kvnr_rules.generate(rng.derive("kvnr")),
        name=names.person_name(rng.derive("name")),
        birth_date=_FIRST_BIRTHDAY + timedelta(days=rng.derive("birth").integer(0, span)),
        address=names.address(rng.derive("address")),
    )
