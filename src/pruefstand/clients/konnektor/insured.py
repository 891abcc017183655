"""Reading an eGK (VSDService 5.2)."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.messages import context
from pruefstand.errors import SutError
from pruefstand.soap.envelope import (
    Element,
    SoapProblem,
    decode,
    element,
    parse_xml,
    text,
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof of an online check: result 1 to 6, and the check digit where there is one."""

    result: int
    timestamp: str
    check_digit: bytes | None
    error: int = 0
    """The code of the problem that kept the check from being done."""


@dataclass(frozen=True, slots=True)
class Insurance:
    """The data of an eGK as XML in ISO-8859-15, with the proof where it was asked for."""

    personal: bytes
    general: bytes
    protected: bytes | None
    receipt: Receipt | None


def read_insurance(
    client: KonnektorClient, egk: str, professional: str, *, online: bool, receipt: bool
) -> Insurance:
    """Read the card `egk` with an unlocked SMC-B or HBA; raises KonnektorFault on refusal."""
    request = element(
        "VSD:ReadVSD",
        element("VSD:EhcHandle", egk),
        element("VSD:HpcHandle", professional),
        element("VSD:PerformOnlineCheck", "true" if online else "false"),
        element("VSD:ReadOnlineReceipt", "true" if receipt else "false"),
        context(client.context),
    )
    body = client.call("VSDService", "5.2", request, card=egk).body
    proof = _container(body, "Pruefungsnachweis")
    return Insurance(
        _container(body, "PersoenlicheVersichertendaten") or b"",
        _container(body, "AllgemeineVersicherungsdaten") or b"",
        _container(body, "GeschuetzteVersichertendaten"),
        _receipt(proof) if proof else None,
    )


def _container(body: Element, name: str) -> bytes | None:
    value = text(body, f"VSD:{name}")
    if not value:
        return None
    try:
        return gzip.decompress(decode(value))
    except (SoapProblem, OSError, EOFError, zlib.error) as problem:
        raise SutError(f"Konnektor liefert {name} nicht als gzip in base64") from problem


def _receipt(data: bytes) -> Receipt:
    try:
        root = parse_xml(data.decode("iso-8859-15").partition("?>")[2].encode())
        digits = text(root, "PNW:PZ")
        return Receipt(
            int(text(root, "PNW:E") or 0),
            text(root, "PNW:TS") or "",
            decode(digits) if digits else None,
            int(text(root, "PNW:EC") or 0),
        )
    except ValueError as problem:
        raise SutError("der Prüfungsnachweis ist nicht lesbar") from problem
