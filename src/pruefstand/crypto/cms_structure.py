"""The structure of an enveloping CAdES signature: from octets (DER or BER) to a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_certificate import SignerCertificate, load_signer_certificate
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.der import OCTET_STRING, OID, SEQUENCE, SET, DerProblem, Element

ID_DATA = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
CONTENT_HINT = "1.2.840.113549.1.9.16.2.4"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
MIME_TYPE = "0.4.0.1733.2.1"
RECIPIENT_EMAILS = "1.2.276.0.76.4.173"
OCSP_IN_CRLS = "1.3.6.1.5.5.7.16.2"

# Larger than any prescription by orders of magnitude; keeps hostile input cheap.
MAX_SIZE = 64 * 1024 * 1024
_CACHED_ATTRIBUTE = 512
_VERSIONS = (1, 3, 4, 5)
_C0, _C1 = 0xA0, 0xA1


@dataclass(frozen=True, slots=True)
class QesDocument:
    """A signed document taken apart; `signed_attributes` are the DER octets that are signed."""

    content: bytes
    signer_certificate: bytes
    signing_time: datetime
    message_digest: bytes
    ocsp: bytes | None
    signer_info_count: int
    version: int
    digest_algorithm: bytes
    signature_algorithm: bytes
    signature: bytes
    signed_attributes: bytes
    attributes: dict[str, bytes]
    certificates: tuple[bytes, ...]
    is_der: bool

    @property
    def mime_type(self) -> str | None:
        """Return the ETSI mime type attribute, if present."""
        value = self.attributes.get(MIME_TYPE)
        return None if value is None else _text(value, 0)

    @property
    def short_text(self) -> str | None:
        """Return the description in the content hint attribute, if present."""
        value = self.attributes.get(CONTENT_HINT)
        if value is None:
            return None
        return _text(value, asn1.read(value, 0, len(value)).start)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a detached signature leaves to its document: the content, in a PDF also the time."""

    content: bytes
    signing_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where the fields of a SignedData lie."""

    version: int
    digests: Element
    content: Element
    certificates: Element | None
    crls: Element | None
    signers: Element


def parse(signed: bytes, outside: Outside | None = None) -> QesDocument:
    """Take a signed document apart; raises QesProblem. No signature is judged.

    `outside` has what a detached signature leaves to its document.
    """
    try:
        return _parse(signed, outside)
    except DerProblem as problem:
        raise QesProblem(f"not a readable CMS: {problem}") from problem


def read_envelope(data: bytes) -> Envelope:
    """Locate the fields of the SignedData in a ContentInfo; raises DerProblem or QesProblem."""
    if len(data) > MAX_SIZE:
        raise QesProblem(f"the CMS is larger than {MAX_SIZE} octets")
    outer = asn1.expect(data, 0, len(data), SEQUENCE, "ContentInfo")
    if outer.end != len(data):
        raise QesProblem("octets follow the CMS")
    kind = asn1.expect(data, outer.start, outer.stop, OID, "content type")
    if _oid(data, kind) != ID_SIGNED_DATA:
        raise QesProblem("the CMS is not signedData")
    explicit = asn1.expect(data, kind.end, outer.stop, _C0, "signedData")
    body = asn1.expect(data, explicit.start, explicit.stop, SEQUENCE, "SignedData")
    return _fields(data, body)


def _fields(data: bytes, body: Element) -> Envelope:
    version = asn1.expect(data, body.start, body.stop, asn1.INTEGER, "version")
    digests = asn1.expect(data, version.end, body.stop, SET, "digestAlgorithms")
    content = asn1.expect(data, digests.end, body.stop, SEQUENCE, "encapContentInfo")
    item = asn1.read(data, content.end, body.stop)
    certificates = crls = None
    if item.tag == _C0:
        certificates, item = item, asn1.read(data, item.end, body.stop)
    if item.tag == _C1:
        crls, item = item, asn1.read(data, item.end, body.stop)
    if item.tag != SET:
        raise QesProblem("the CMS has no signerInfos")
    if item.end != body.stop:
        raise QesProblem("octets follow the signerInfos")
    number = int.from_bytes(data[version.start : version.stop], "big")
    if number not in _VERSIONS:
        raise QesProblem(f"SignedData of version {number}")
    return Envelope(number, digests, content, certificates, crls, item)


def find_ocsp(data: bytes, crls: Element | None) -> bytes | None:
    """Return the first OCSPResponse among the revocation values."""
    if crls is None:
        return None
    for entry in asn1.children(data, crls):
        if is_ocsp(data, entry):
            oid = asn1.read(data, entry.start, entry.stop)
            return asn1.raw(data, asn1.read(data, oid.end, entry.stop))
    return None


def is_ocsp(data: bytes, entry: Element) -> bool:
    """Tell whether a revocation value is an OCSP response (otherRevInfo)."""
    if entry.tag != _C1:
        return False
    oid = asn1.expect(data, entry.start, entry.stop, OID, "revocation format")
    return _oid(data, oid) == OCSP_IN_CRLS


def _parse(data: bytes, outside: Outside | None) -> QesDocument:
    envelope = read_envelope(data)
    signers = list(asn1.children(data, envelope.signers))
    if len(signers) != 1:
        raise QesProblem(f"{len(signers)} signers, exactly one is allowed")
    content = _content(data, envelope.content, outside)
    certificates = _certificates(data, envelope.certificates)
    sid, digest, attrs, algorithm, signature = _signer_fields(data, signers[0])
    _check_listed(data, envelope.digests, digest)
    signed, attributes = _attributes(data, attrs)
    return QesDocument(
        content=content,
        signer_certificate=_select(data, sid, certificates).der,
        signing_time=_signing_time(attributes, outside),
        message_digest=_digest(_required(attributes, MESSAGE_DIGEST, "messageDigest")),
        ocsp=find_ocsp(data, envelope.crls),
        signer_info_count=1,
        version=envelope.version,
        digest_algorithm=asn1.raw(data, digest),
        signature_algorithm=asn1.raw(data, algorithm),
        signature=asn1.octets(data, signature),
        signed_attributes=signed,
        attributes=attributes,
        certificates=tuple(certificates),
        is_der=data[1] != 0x80,
    )


def _content(data: bytes, encapsulated: Element, outside: Outside | None) -> bytes:
    kind = asn1.expect(data, encapsulated.start, encapsulated.stop, OID, "eContentType")
    if _oid(data, kind) != ID_DATA:
        raise QesProblem("the signed content is not of type id-data")
    if kind.end >= encapsulated.stop and outside is not None:
        return outside.content
    if kind.end >= encapsulated.stop:
        raise QesProblem("detached signature: the CMS does not hold the content")
    explicit = asn1.expect(data, kind.end, encapsulated.stop, _C0, "eContent")
    value = asn1.read(data, explicit.start, explicit.stop)
    if value.tag & ~asn1.CONSTRUCTED != OCTET_STRING:
        raise QesProblem("eContent is not an OCTET STRING")
    return asn1.octets(data, value)


def _certificates(data: bytes, element: Element | None) -> list[bytes]:
    found: list[bytes] = []
    if element is not None:
        found += [asn1.raw(data, e) for e in asn1.children(data, element) if e.tag == SEQUENCE]
    if not found:
        raise QesProblem("the CMS does not hold the signer's certificate")
    return found


def _signer_fields(
    data: bytes, signer: Element
) -> tuple[Element, Element, Element, Element, Element]:
    if signer.tag != SEQUENCE:
        raise QesProblem("SignerInfo is not a SEQUENCE")
    stop = signer.stop
    version = asn1.expect(data, signer.start, stop, asn1.INTEGER, "SignerInfo version")
    sid = asn1.read(data, version.end, stop)
    # RFC 5652 section 5.3: version 1 names issuer and serial, version 3 the key identifier.
    if (data[version.start : version.stop], sid.tag) not in ((b"\x01", SEQUENCE), (b"\x03", 0x80)):
        raise QesProblem("SignerInfo version and signer identifier do not belong together")
    digest = asn1.expect(data, sid.end, stop, SEQUENCE, "digestAlgorithm")
    attrs = asn1.expect(data, digest.end, stop, _C0, "signedAttrs")
    algorithm = asn1.expect(data, attrs.end, stop, SEQUENCE, "signatureAlgorithm")
    signature = asn1.read(data, algorithm.end, stop)
    if signature.tag & ~asn1.CONSTRUCTED != OCTET_STRING:
        raise QesProblem("the signature is not an OCTET STRING")
    return sid, digest, attrs, algorithm, signature


def _check_listed(data: bytes, listed: Element, digest: Element) -> None:
    """Require the signer's digest among digestAlgorithms: one-pass verifiers hash by that list."""
    wanted = data[digest.start : asn1.read(data, digest.start, digest.stop).end]
    choices = (wanted, wanted + b"\x05\x00")
    if not any(
        algorithm.tag == SEQUENCE and data[algorithm.start : algorithm.stop] in choices
        for algorithm in asn1.children(data, listed)
    ):
        raise QesProblem("digestAlgorithms does not list the signer's digest algorithm")


def _select(data: bytes, sid: Element, certificates: list[bytes]) -> SignerCertificate:
    """Return the embedded certificate that the signer identifier names."""
    # As it stands first: restoring DER costs more than all comparisons.
    for restore in (asn1.raw, asn1.canonical):
        wanted = restore(data, sid)
        for der in certificates:
            candidate = load_signer_certificate(der)
            if wanted in (candidate.issuer_and_serial, candidate.key_id_choice):
                return candidate
    raise QesProblem("the signer identifier names none of the embedded certificates")


def _attributes(data: bytes, element: Element) -> tuple[bytes, dict[str, bytes]]:
    encoded: list[bytes] = []
    values: dict[str, bytes] = {}
    for child in asn1.children(data, element):
        octets = asn1.raw(data, child)
        small = len(octets) <= _CACHED_ATTRIBUTE
        oid, value, canonical = (_attribute if small else _attribute.__wrapped__)(octets)
        if oid in values:
            raise QesProblem(f"the signed attribute {oid} occurs twice")
        values[oid] = value
        encoded.append(canonical)
    return asn1.set_of(*encoded), values


@lru_cache(maxsize=2048)
def _attribute(octets: bytes) -> tuple[str, bytes, bytes]:
    """Return OID, values and DER of an attribute; most recur from one signature to next."""
    data = asn1.canonical(octets, asn1.read(octets, 0, len(octets)))
    outer = asn1.expect(data, 0, len(data), SEQUENCE, "Attribute")
    oid = asn1.expect(data, outer.start, outer.stop, OID, "attribute type")
    values = asn1.expect(data, oid.end, outer.stop, SET, "attribute values")
    found = list(asn1.children(data, values))
    name = _oid(data, oid)
    # KIM writes one value per recipient; all attributes of a signature itself have one.
    if not found or values.end != outer.stop or (len(found) > 1 and name != RECIPIENT_EMAILS):
        raise QesProblem("a signed attribute must have exactly one value")
    return name, data[values.start : values.stop], data


def _signing_time(attributes: dict[str, bytes], outside: Outside | None) -> datetime:
    if SIGNING_TIME not in attributes and outside is not None and outside.signing_time is not None:
        return outside.signing_time
    return _utc_time(_required(attributes, SIGNING_TIME, "signingTime"))


def _required(attributes: dict[str, bytes], oid: str, name: str) -> bytes:
    try:
        return attributes[oid]
    except KeyError:
        raise QesProblem(f"the signed attribute {name} is missing") from None


def _digest(value: bytes) -> bytes:
    element = asn1.expect(value, 0, len(value), OCTET_STRING, "messageDigest")
    return value[element.start : element.stop]


def _utc_time(value: bytes) -> datetime:
    if value[:2] != b"\x17\x0d" or value[14:] != b"Z" or not value[2:14].isdigit():
        raise QesProblem("signingTime is not a UTCTime YYMMDDhhmmssZ")
    year, month, day, hour, minute, second = (int(value[i : i + 2]) for i in range(2, 14, 2))
    try:
        return datetime(
            year + (2000 if year < 50 else 1900), month, day, hour, minute, second, tzinfo=UTC
        )
    except ValueError as problem:
        raise QesProblem(f"signingTime is no date: {problem}") from problem


def _oid(data: bytes, element: Element) -> str:
    return asn1.dotted_oid(data[element.start : element.stop])


def _text(value: bytes, begin: int) -> str | None:
    element = asn1.read(value, begin, len(value))
    return value[element.start : element.stop].decode("utf-8", "replace")
