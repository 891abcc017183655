"""The insured person's data on an eGK, as the three containers of VSD 5.2."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import cast

from lxml import etree

from mocks.konnektor.cards import Card
from pruefstand.crypto.pki import read_certificate_info
from pruefstand.rng import Rng
from pruefstand.soap.envelope import Element, element
from pruefstand.testdata.persons import Insured, insured

VERSION = "5.2.0"
_COVERAGE_BEGIN = "20190101"


@dataclass(frozen=True, slots=True)
class InsuredData:
    """Compressed containers, and what the hash check value is made of."""

    personal: bytes
    general: bytes
    protected: bytes
    coverage_begin: str
    street: str


def insured_data(card: Card, rng: Rng) -> InsuredData:
    """Return the data on `card`; the same card always holds the same."""
    person = insured(rng.derive("vsd", card.kvnr), kvnr=card.kvnr)
    return InsuredData(
        compress(_personal(card, person), VERSION),
        compress(_general(card), VERSION),
        compress(_protected(), VERSION),
        _COVERAGE_BEGIN,
        person.address.street,
    )


def compress(root: Element, version: str) -> bytes:
    """Return `root` under its data model `version`, in ISO-8859-15, compressed with gzip."""
    root.set("CDM_VERSION", version)
    etree.cleanup_namespaces(root)
    data = cast("bytes", etree.tostring(root, encoding="ISO-8859-15", xml_declaration=True))
    return gzip.compress(data, mtime=0)


def _country() -> Element:
    return element("FA:Land", element("FA:Wohnsitzlaendercode", "D"))


def _personal(card: Card, person: Insured) -> Element:
    given, _, surname = card.holder.rpartition(" ")
    address = element(
        "FA:StrassenAdresse",
        element("FA:Postleitzahl", person.address.postal_code),
        element("FA:Ort", person.address.city),
        _country(),
        element("FA:Strasse", person.address.street),
        element("FA:Hausnummer", person.address.house_number),
    )
    body = element(
        "FA:Person",
        element("FA:Geburtsdatum", person.birth_date.strftime("%Y%m%d")),
        element("FA:Vorname", given or surname),
        element("FA:Nachname", surname),
        element("FA:Geschlecht", "X"),
        address,
    )
    holder = element("FA:Versicherter", element("FA:Versicherten_ID", person.kvnr), body)
    return element("FA:UC_PersoenlicheVersichertendatenXML", holder)


def _general(card: Card) -> Element:
    info = read_certificate_info(card.own_key().der)
    payer = element(
        "FA:Kostentraeger",
        element("FA:Kostentraegerkennung", info.iknr or "0"),
        element("FA:Kostentraegerlaendercode", "D"),
        element("FA:Name", (info.organization or "")[:45]),
    )
    coverage = element("FA:Versicherungsschutz", element("FA:Beginn", _COVERAGE_BEGIN), payer)
    settlement = element("FA:Zusatzinfos_Abrechnung_GKV", element("FA:WOP", "72"))
    details = element("FA:ZusatzinfosGKV", element("FA:Versichertenart", "1"), settlement)
    holder = element("FA:Versicherter", coverage, element("FA:Zusatzinfos", details))
    return element("FA:UC_AllgemeineVersicherungsdatenXML", holder)


def _protected() -> Element:
    return element(
        "FA:UC_GeschuetzteVersichertendatenXML",
        element("FA:Zuzahlungsstatus", element("FA:Status", "0")),
        element(
            "FA:Selektivvertraege",
            element("FA:Aerztlich", "0"),
            element("FA:Zahnaerztlich", "0"),
        ),
    )
