"""Persons and secrets in XML, by element: FHIR, the insured data of the eGK, SOAP.

The reader looks for elements where they stand and needs no well-formed document: what is cut off,
embedded in binary content or broken on purpose is read as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pruefstand.evidence.redaction.span import Span
from pruefstand.model.secret_kind import SecretKind

ELEMENTS: dict[str, SecretKind] = {
    # FHIR
    "name": SecretKind.NAME,
    "family": SecretKind.NAME,
    "given": SecretKind.NAME,
    "address": SecretKind.ADDRESS,
    "telecom": SecretKind.CONTACT,
    "birthDate": SecretKind.BIRTHDATE,
    # insured data of the eGK (VSD), Konnektor
    "Vorname": SecretKind.NAME,
    "Nachname": SecretKind.NAME,
    "Namenszusatz": SecretKind.NAME,
    "Vorsatzwort": SecretKind.NAME,
    "CardHolderName": SecretKind.NAME,
    "StrassenAdresse": SecretKind.ADDRESS,
    "PostfachAdresse": SecretKind.ADDRESS,
    "Strasse": SecretKind.ADDRESS,
    "Hausnummer": SecretKind.ADDRESS,
    "Postleitzahl": SecretKind.ADDRESS,
    "Ort": SecretKind.ADDRESS,
    "Anschriftenzusatz": SecretKind.ADDRESS,
    "Geburtsdatum": SecretKind.BIRTHDATE,
    "Versicherten_ID": SecretKind.KVNR,
    "Kvnr": SecretKind.KVNR,
    "KVNR": SecretKind.KVNR,
    "UserId": SecretKind.SECRET,
    "PIN": SecretKind.PIN,
    "Pin": SecretKind.PIN,
    "OldPin": SecretKind.PIN,
    "NewPin": SecretKind.PIN,
    "PUK": SecretKind.PIN,
    "TAN": SecretKind.PIN,
    "Password": SecretKind.PIN,
    "Passwort": SecretKind.PIN,
    "Telefon": SecretKind.CONTACT,
    "Email": SecretKind.CONTACT,
    "EMail": SecretKind.CONTACT,
}
"""Local name of the element → what it holds."""
PLACES: dict[str, bool] = {
    "Organization": True,
    "Location": True,
    "HealthcareService": True,
    "agent": True,
    "parameter": False,
    "Parameters": False,
    "Patient": False,
    "Practitioner": False,
    "Medication": False,
    "MedicationRequest": False,
    "Composition": False,
    "CapabilityStatement": False,
    "Device": False,
}
"""Element of FHIR → whether `<name value="…"/>` in it names somebody, or just a thing."""
DISPLAYED = frozenset({"subject", "author", "requester", "performer", "sender", "recipient", "who"})
"""References of FHIR whose display is a name."""
_UNLEARNED = frozenset({"name", "CardHolderName"})
"""An institution's name is made of ordinary words: it is hidden here and not looked for."""
_STRUCTURAL = frozenset({"use", "type", "system", "rank", "start", "end", "period", "country"})
_TAG = re.compile(
    rf"<(?:[A-Za-z_][\w.-]*:)?({'|'.join((*ELEMENTS, *PLACES, *DISPLAYED))})(?=[\s/>])([^<>]*)>"
)
_VALUE = re.compile(r"\bvalue(?:String)?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_INSIDE = re.compile(
    r"<(?:[\w.-]+:)?([\w.-]+)\b[^<>]*?\bvalue(?:String)?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
    r"|>([^<>]*[^<>\s][^<>]*)<"
)
_DISPLAY = re.compile(r"<display\s+value\s*=\s*\"([^\"]*)\"")


def spans(text: str) -> Iterator[Span]:
    """Yield the values of persons and secrets that the elements in `text` hold."""
    if "<" not in text:
        return
    place, named = 0, False
    unclosed: set[str] = set()
    while found := _TAG.search(text, place):
        name, place = found[1], found.end()
        if name in PLACES:
            named = PLACES[name]
        elif found[2].rstrip().endswith("/"):
            yield from _attribute(found, named=named)
        elif name not in unclosed:
            stop = _closing(text, name, place)
            if stop < 0:
                unclosed.add(name)
                stop = len(text)
            yield from _region(text, name, place, stop)
            place = stop if name in ELEMENTS else place


def _closing(text: str, name: str, start: int) -> int:
    """Return where the element ends, or -1: `</name>` under whatever prefix."""
    place = start
    while (place := text.find(f"{name}>", place)) >= 0:
        opening = text.rfind("</", max(start, place - 40), place)
        if opening >= 0 and ">" not in text[opening:place]:
            return opening
        place += len(name)
    return -1


def _attribute(tag: re.Match[str], *, named: bool) -> Iterator[Span]:
    name = tag[1]
    value = _VALUE.search(tag[2])
    if value is None or name in DISPLAYED or (name == "name" and not named):
        return
    start, stop = value.span(1 if value[1] is not None else 2)
    shift = tag.start(2)
    yield Span(start + shift, stop + shift, ELEMENTS[name], learn=name not in _UNLEARNED)


def _region(text: str, name: str, start: int, stop: int) -> Iterator[Span]:
    if name in DISPLAYED:
        for shown in _DISPLAY.finditer(text, start, stop):
            yield Span(*shown.span(1), SecretKind.NAME, learn=False)
        return
    kind = ELEMENTS[name]
    if "<" not in text[start:stop]:
        yield Span(start, stop, kind, learn=name not in _UNLEARNED)
        return
    for value in _INSIDE.finditer(text, start - 1, stop + 1):
        group = value.lastindex or 0
        if group > 1 and value[1] not in _STRUCTURAL:
            yield Span(*value.span(group), kind)
