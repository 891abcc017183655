"""GET /Task by a pharmacy: the eGK was there, proven by PoPP token or Prüfungsnachweis (PNW)."""

from __future__ import annotations

import base64
import binascii
import zlib
from datetime import UTC, datetime, timedelta

from mocks.erezept.errors import Refused
from mocks.erezept.records import Failures
from mocks.erezept.service import Call, Service, same
from pruefstand.clock import berlin_day
from pruefstand.crypto import hcv, jws
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.fhir.xpath import Element
from pruefstand.ids import kvnr as kvnrs

MAX_FAILURES = 100
"""Failed checks of one Telematik-ID on one day."""
TOKEN_AGE = timedelta(seconds=1800)
RECEIPT_AGE = timedelta(minutes=30)
MAX_RECEIPT = 64 * 1024
"""Octets of an unpacked Prüfungsnachweis."""

_GZIP = zlib.MAX_WBITS | 16
_NAMESPACE = "{http://ws.gematik.de/fa/vsdm/pnw/v1.0}"
_CONFIRMED = ("1", "2")
_OFFLINE = "3"


class Presence:
    """Who was there; `status` is 202 where the proof could not be confirmed online."""

    __slots__ = ("kvnr", "status")

    def __init__(self, kvnr: str, status: int = 200) -> None:
        self.kvnr = kvnr
        self.status = status


def proven(service: Service, call: Call) -> Presence:
    """Return the insured person whose presence the caller proves; raises Refused."""
    token = call.request.header("X-PoPP-Token")
    receipt = call.request.query.get("pnw")
    if token is not None:
        return _by_token(service, call, token)
    if not receipt:
        raise Refused("presence-missing")
    _check_blocked(service, call)
    return _by_receipt(service, call, receipt)


def _by_token(service: Service, call: Call, token: str) -> Presence:
    key = service.ctx.pki.service("popp").key.public_key()
    try:
        claims = jws.verify(token, key, algorithms=("ES256",)).claims
        issued = datetime.fromtimestamp(int(claims["iat"]), UTC)
        kvnr, actor = str(claims["patientId"]), str(claims["actorId"])
    except (jws.JoseProblem, KeyError, TypeError, ValueError, OverflowError, OSError):
        raise Refused("presence-token") from None
    age = service.ctx.clock.now() - issued
    if actor != call.caller.id_number or abs(age) > TOKEN_AGE or not kvnrs.is_valid(kvnr):
        raise Refused("presence-token")
    return Presence(kvnr)


def _by_receipt(service: Service, call: Call, text: str) -> Presence:
    root = _unpacked(text)
    result = root.findtext(f"{_NAMESPACE}E")
    if result == _OFFLINE and service.flag("accept_pn3"):
        return Presence(_named_kvnr(call), 202)
    if result not in _CONFIRMED:
        raise Refused("presence-offline")
    digits = root.findtext(f"{_NAMESPACE}PZ")
    if not digits:
        raise Refused("presence-no-kvnr")
    proof = _proof(service, digits)
    if abs(service.ctx.clock.now() - proof.at) > RECEIPT_AGE:
        raise Refused("presence-old")
    wanted = call.request.query.get("kvnr")
    if wanted is not None and wanted != proof.kvnr:
        raise _failure(service, call, "presence-kvnr")
    if proof.hcv is not None:
        _check_hcv(service, call, proof.hcv)
    return Presence(proof.kvnr)


def _unpacked(text: str) -> Element:
    try:
        # A plus sign arrives as a space where the sender did not encode it.
        packed = base64.b64decode(text.replace(" ", "+"), validate=True)
        unpacker = zlib.decompressobj(_GZIP)
        content = unpacker.decompress(packed, MAX_RECEIPT)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise zlib.error
    except (binascii.Error, ValueError, zlib.error):
        raise Refused("presence-decoding") from None
    try:
        root = safe_parse(content)
    except FhirSyntaxProblem:
        raise Refused("presence-xml") from None
    if root.tag != f"{_NAMESPACE}PN":
        raise Refused("presence-xml")
    return root


def _proof(service: Service, digits: str) -> hcv.Proof:
    try:
        data = base64.b64decode(digits, validate=True)
        return hcv.read(data, service.ctx.pki.shared_key("vsdm"))
    except (binascii.Error, ValueError):
        raise Refused("presence-digits") from None


def _named_kvnr(call: Call) -> str:
    kvnr = call.request.query.get("kvnr")
    if not kvnr:
        raise Refused("presence-no-kvnr")
    return kvnr


def _check_hcv(service: Service, call: Call, stored: bytes) -> None:
    given = call.request.query.get("hcv")
    if not given:
        raise Refused("presence-no-hcv")
    expected = base64.urlsafe_b64encode(stored).decode().rstrip("=")
    if not same(given.rstrip("="), expected):
        raise _failure(service, call, "presence-hcv")


def _check_blocked(service: Service, call: Call) -> None:
    found = service.records.failures.get(call.caller.id_number)
    today = berlin_day(service.ctx.clock.now())
    if found is not None and found.day == today and found.count >= MAX_FAILURES:
        raise Refused("presence-blocked")


def _failure(service: Service, call: Call, refusal: str) -> Refused:
    """Count a failed check against the caller and return its refusal."""
    today, records = berlin_day(service.ctx.clock.now()), service.records
    with records.store.atomic():
        found = records.failures.get(call.caller.id_number)
        count = found.count if found is not None and found.day == today else 0
        records.failures.put(call.caller.id_number, Failures(today, count + 1))
    return Refused(refusal)
