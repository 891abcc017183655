"""Which format comes in and which goes out: XML or JSON (gemSpec_FD_eRp, content negotiation)."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from mocks.erezept.errors import Refused
from mocks.erezept.roles import INSURED
from pruefstand.model.http import Request


class Format(StrEnum):
    """The two FHIR formats of the service."""

    XML = "fhir+xml"
    JSON = "fhir+json"

    @property
    def media_type(self) -> str:
        """The Content-Type of an answer."""
        return f"application/{self.value};charset=utf-8"


_REQUEST_TYPES = {
    "application/fhir+xml": Format.XML,
    "application/xml": Format.XML,
    "application/fhir+json": Format.JSON,
    "application/json": Format.JSON,
}
_ACCEPTED = {f"application/{kind.value}": kind for kind in Format}
_BOM = b"\xef\xbb\xbf"


def answer_format(request: Request, oid: str | None) -> Format:
    """Return the answer's format; raises Refused 406. `*/*` is not understood by the original."""
    wanted = request.query.get("_format")
    if wanted is not None:
        return _named(wanted.replace(" ", "+"))
    accept = request.header("Accept")
    if accept is None:
        return default_format(oid)
    for media, _ in sorted(weighted(accept), key=lambda item: -item[1]):
        if media in _ACCEPTED:
            return _ACCEPTED[media]
    raise Refused("not-acceptable", media=accept)


def default_format(oid: str | None) -> Format:
    """Return what a caller gets who asks for nothing: JSON for the insured, else XML."""
    return Format.JSON if oid == INSURED else Format.XML


def body_format(request: Request) -> Format:
    """Return the body's format; raises Refused 400 or 415."""
    value = request.header("Content-Type")
    if value is None:
        raise Refused("content-type-missing")
    media, *parameters = [part.strip().lower() for part in value.split(";")]
    if media not in _REQUEST_TYPES:
        raise Refused("content-type", media=media)
    for name, _, text in (parameter.partition("=") for parameter in parameters):
        charset = text.strip('"')
        if name == "charset" and charset != "utf-8":
            raise Refused("charset", charset=charset)
    return _REQUEST_TYPES[media]


def check_bom(request: Request) -> None:
    """Refuse a byte order mark, with the text that fits the declared type (step 4)."""
    if not request.body.startswith(_BOM):
        return
    media = (request.header("Content-Type") or "").split(";")[0].strip().lower()
    found = _REQUEST_TYPES.get(media)
    kinds = {Format.XML: "bom-xml", Format.JSON: "bom-json"}
    raise Refused(kinds[found] if found else "bom-request")


def _named(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise Refused("not-acceptable", media=name) from None


@lru_cache(maxsize=256)
def weighted(accept: str) -> tuple[tuple[str, float], ...]:
    """Return the items of an Accept or Accept-Language header in lower case with their weight."""
    found = []
    for item in accept.split(","):
        media, *parameters = [part.strip().lower() for part in item.split(";")]
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            found.append((media, float(weight)))
        except ValueError:
            found.append((media, 0.0))
    return tuple((media, weight) for media, weight in found if weight > 0)
