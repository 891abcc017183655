"""Practices and the physicians who work there."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.ids import bsnr as bsnr_rules
from pruefstand.ids import lanr as lanr_rules
from pruefstand.ids import zanr as zanr_rules
from pruefstand.rng import Rng
from pruefstand.testdata import names
from pruefstand.testdata.names import Address, PersonName


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A physician or dentist; `number` is the LANR or, for a dentist, the ZANR.

    A trainee (qualification 03) may have no number: it is empty then.
    """

    name: PersonName
    number: str
    profession: str = "Fachärztin für Allgemeinmedizin"
    telematik_id: str | None = None
    is_dentist: bool = False
    qualification: str = ""
    """KBV_CS_FOR_Qualification_Type; when empty, 00 or for a dentist 01."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice, the holder of an SMC-B."""

    name: str
    bsnr: str
    phone: str
    address: Address
    telematik_id: str | None = None


def physician(
    rng: Rng,
    *,
    name: str | PersonName | None = None,
    lanr: str | None = None,
    telematik_id: str | None = None,
) -> Practitioner:
    """Return a general practitioner; what is given is taken unchecked."""
    return Practitioner(
        name=_name(rng, name),
        number=lanr if lanr is not None else lanr_rules.generate(rng.derive("lanr")),
        telematik_id=telematik_id,
    )


def dentist(
    rng: Rng,
    *,
    name: str | PersonName | None = None,
    zanr: str | None = None,
    telematik_id: str | None = None,
) -> Practitioner:
    """Return a dentist; what is given is taken unchecked."""
    return Practitioner(
        name=_name(rng, name),
        number=zanr if zanr is not None else zanr_rules.generate(rng.derive("zanr")),
        profession="Zahnärztin",
        telematik_id=telematik_id,
        is_dentist=True,
    )


def practice(rng: Rng, *, bsnr: str | None = None, telematik_id: str | None = None) -> Practice:
    """Return a practice; what is given is taken unchecked."""
    family = rng.derive("name").choice(names.FAMILY_NAMES)
    return Practice(
        name=f"Hausarztpraxis {family}",
        bsnr=bsnr if bsnr is not None else bsnr_rules.generate(rng.derive("bsnr")),
        phone=f"030{rng.derive('phone').integer(1_000_000, 9_999_999)}",
        address=names.address(rng.derive("address")),
        telematik_id=telematik_id,
    )


def _name(rng: Rng, given: str | PersonName | None) -> PersonName:
    if isinstance(given, str):
        return PersonName.parse(given)
    return given or names.person_name(rng.derive("name"), title="Dr. med.")
