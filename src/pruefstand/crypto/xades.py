"""XAdES: an enveloped signature inside an XML document (ETSI TS 101 903, XMLDSig core).

Exclusive canonicalisation is the only one here: what lxml makes of a part by the inclusive one is
not what others make of it. Signing writes the basic form with the OCSP response among the unsigned
properties where there is one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from lxml import etree

from pruefstand.crypto.cms_certificate import load_signer_certificate
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.pki.values import Identity, RsaIdentity

Element: TypeAlias = etree._Element

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
_NAMES = {"ds": DS, "xades": XADES}
_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
_ENVELOPED = f"{DS}enveloped-signature"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_RSA_PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
_SCHEME = ec.ECDSA(hashes.SHA256())
_SIGNED = "ds:Object/xades:QualifyingProperties/xades:SignedProperties"


@dataclass(frozen=True, slots=True)
class XmlSignature:
    """The signature of an XML document; `check` tells whether it holds."""

    signer_certificate: bytes
    signing_time: datetime
    ocsp: bytes | None
    _root: Element
    _signature: Element

    def check(self) -> None:
        """Check both references and the value; raises QesProblem.

        Whether the signer's certificate is trusted is the business of `Pki.verify`.
        """
        _check(self)


def sign_xml(
    document: bytes, identity: Identity | RsaIdentity, *, at: datetime, ocsp: bytes | None = None
) -> bytes:
    """Return `document` with a signature as the last child of its root, as UTF-8.

    Raises QesProblem when it is not well-formed, has a document type, or is signed already.
    """
    root = _parse(document)
    if root.find(f".//{{{DS}}}Signature") is not None:
        raise QesProblem("the document is signed already")
    whole = _digest(_canonical(root.getroottree()))
    name = f"sig-{hashlib.sha256(identity.der + document).hexdigest()[:16]}"
    signature = _element(root, "ds:Signature", Id=name)
    info = _element(signature, "ds:SignedInfo")
    value = _element(signature, "ds:SignatureValue")
    holder = _element(_element(signature, "ds:KeyInfo"), "ds:X509Data")
    _element(holder, "ds:X509Certificate", _base64(identity.der))
    properties = _properties(signature, name, identity.der, at, ocsp)
    is_rsa = isinstance(identity, RsaIdentity)
    _element(info, "ds:CanonicalizationMethod", Algorithm=_EXCLUSIVE)
    _element(info, "ds:SignatureMethod", Algorithm=_RSA_PSS if is_rsa else _ECDSA)
    _reference(info, whole, [_ENVELOPED, _EXCLUSIVE], URI="")
    uri = f"#{properties.get('Id')}"
    _reference(info, _digest(_canonical(properties)), [_EXCLUSIVE], URI=uri, Type=_PROPERTIES_TYPE)
    value.text = _base64(_signed(_canonical(info), identity))
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def read_xml(document: bytes) -> XmlSignature | None:
    """Return the signature in `document`, None without one; raises QesProblem for an unreadable."""
    root = _parse(document)
    found = root.findall(f".//{{{DS}}}Signature")
    if not found:
        return None
    if len(found) > 1:
        raise QesProblem("more than one signature")
    (signature,) = found
    # Only what is signed tells when: an unsigned property could name any day.
    written = _text(signature, f"{_SIGNED}/xades:SignedSignatureProperties/xades:SigningTime")
    try:
        at = datetime.fromisoformat(written)
    except ValueError as problem:
        raise QesProblem(f"SigningTime {written!r}") from problem
    if at.tzinfo is None:
        raise QesProblem(f"SigningTime {written!r} has no zone")
    ocsp = signature.find(".//xades:EncapsulatedOCSPValue", _NAMES)
    return XmlSignature(
        _octets(_text(signature, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")),
        at,
        None if ocsp is None else _octets(ocsp.text or ""),
        root,
        signature,
    )


def _properties(
    signature: Element, name: str, der: bytes, at: datetime, ocsp: bytes | None
) -> Element:
    """Append the qualifying properties and return those that are signed."""
    outer = _element(_element(signature, "ds:Object"), "xades:QualifyingProperties")
    outer.set("Target", f"#{name}")
    properties = _element(outer, "xades:SignedProperties", Id=f"{name}-properties")
    own = _element(properties, "xades:SignedSignatureProperties")
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _element(own, "xades:SigningTime", when)
    holder = _element(_element(own, "xades:SigningCertificateV2"), "xades:Cert")
    digest = _element(holder, "xades:CertDigest")
    _element(digest, "ds:DigestMethod", Algorithm=_SHA256)
    _element(digest, "ds:DigestValue", _base64(_digest(der)))
    if ocsp is not None:
        unsigned = _element(outer, "xades:UnsignedProperties")
        values = _element(
            _element(unsigned, "xades:UnsignedSignatureProperties"), "xades:RevocationValues"
        )
        _element(_element(values, "xades:OCSPValues"), "xades:EncapsulatedOCSPValue", _base64(ocsp))
    return properties


def _reference(info: Element, digest: bytes, transforms: list[str], **attributes: str) -> None:
    reference = _element(info, "ds:Reference", **attributes)
    holder = _element(reference, "ds:Transforms")
    for transform in transforms:
        _element(holder, "ds:Transform", Algorithm=transform)
    _element(reference, "ds:DigestMethod", Algorithm=_SHA256)
    _element(reference, "ds:DigestValue", _base64(digest))


def _signed(data: bytes, identity: Identity | RsaIdentity) -> bytes:
    if isinstance(identity, RsaIdentity):
        return identity.key.sign(data, _PSS, hashes.SHA256())
    size = (identity.key.key_size + 7) // 8
    return b"".join(
        part.to_bytes(size, "big")
        for part in decode_dss_signature(identity.key.sign(data, _SCHEME))
    )


def _check(found: XmlSignature) -> None:
    signature = found._signature
    info = _one(signature, "ds:SignedInfo")
    _expect(info, "ds:CanonicalizationMethod", _EXCLUSIVE)
    _check_value(found, _canonical(info))
    properties = _one(signature, _SIGNED)
    own = f"#{properties.get('Id')}"
    contents: Mapping[str, Callable[[], Element | etree._ElementTree]] = {
        own: lambda: properties,
        "": lambda: _without_signature(found),
    }
    listed = list(info.iterfind("ds:Reference", _NAMES))
    references = {one.get("URI") or "": one for one in listed}
    if references.keys() != contents.keys() or len(references) < len(listed):
        raise QesProblem(f"signed are {sorted(references)}, not the document and its properties")
    for uri, reference in references.items():
        _check_reference(reference, uri, contents[uri])
    hashed = _one(properties, ".//xades:CertDigest/ds:DigestMethod").get("Algorithm")
    named = _octets(_text(properties, ".//xades:CertDigest/ds:DigestValue"))
    if hashed != _SHA256 or named != _digest(found.signer_certificate):
        raise QesProblem("the signed certificate digest is another one's")


def _check_reference(
    reference: Element, uri: str, content: Callable[[], Element | etree._ElementTree]
) -> None:
    path = "ds:Transforms/ds:Transform"
    transforms = [one.get("Algorithm") or "" for one in reference.iterfind(path, _NAMES)]
    if reference.find(f"{path}/*", _NAMES) is not None:
        raise QesProblem("transforms with parameters are not supported")
    if transforms != ([_EXCLUSIVE] if uri else [_ENVELOPED, _EXCLUSIVE]):
        raise QesProblem(f"unsupported transforms of {uri or 'the document'}")
    _expect(reference, "ds:DigestMethod", _SHA256)
    if _octets(_text(reference, "ds:DigestValue")) != _digest(_canonical(content())):
        raise QesProblem(f"the digest of {uri or 'the document'} does not match")


def _check_value(found: XmlSignature, data: bytes) -> None:
    key = load_signer_certificate(found.signer_certificate).public_key
    value = _octets(_text(found._signature, "ds:SignatureValue"))
    method = _one(found._signature, "ds:SignedInfo/ds:SignatureMethod").get("Algorithm")
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and method == _ECDSA:
            half = (key.key_size + 7) // 8
            if len(value) != 2 * half:
                raise QesProblem(f"the signature value has {len(value)} octets")
            r, s = (int.from_bytes(part, "big") for part in (value[:half], value[half:]))
            key.verify(encode_dss_signature(r, s), data, _SCHEME)
        elif isinstance(key, rsa.RSAPublicKey) and method == _RSA_PSS:
            key.verify(value, data, _PSS, hashes.SHA256())
        else:
            raise QesProblem(f"unsupported signature method {method}")
    except InvalidSignature as problem:
        raise QesProblem("the signature value is wrong") from problem


def _without_signature(found: XmlSignature) -> etree._ElementTree:
    """Return the document as it was before the signature came in."""
    tree = deepcopy(found._root.getroottree())
    signature = _one(tree.getroot(), ".//ds:Signature")
    parent, before = signature.getparent(), signature.getprevious()
    if parent is None:
        raise QesProblem("the signature is the whole document")
    # What stands behind the signature belongs to the document.
    if before is not None:
        before.tail = (before.tail or "") + (signature.tail or "")
    else:
        parent.text = (parent.text or "") + (signature.tail or "")
    signature.tail = None
    parent.remove(signature)
    return tree


def _parse(document: bytes) -> Element:
    if b"<!DOCTYPE" in document:
        raise QesProblem("a document type declaration is not allowed")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        return etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise QesProblem(f"no well-formed XML: {problem}") from problem


def _canonical(node: Element | etree._ElementTree) -> bytes:
    try:
        return etree.tostring(node, method="c14n", exclusive=True, with_comments=False)
    except etree.C14NError as problem:
        # A relative namespace name is well-formed and yet has no canonical form.
        raise QesProblem("the document has no canonical form") from problem


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _element(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    prefix, _, local = name.partition(":")
    node = etree.SubElement(parent, f"{{{_NAMES[prefix]}}}{local}", nsmap={prefix: _NAMES[prefix]})
    node.text = text
    for key, value in attributes.items():
        node.set(key, value)
    return node


def _one(parent: Element, path: str) -> Element:
    found = parent.findall(path, _NAMES)
    if len(found) != 1:
        raise QesProblem(f"{len(found)} elements {path}, expected 1")
    return found[0]


def _text(parent: Element, path: str) -> str:
    return (_one(parent, path).text or "").strip()


def _expect(parent: Element, path: str, algorithm: str) -> None:
    found = _one(parent, path).get("Algorithm")
    if found != algorithm:
        raise QesProblem(f"unsupported {path} {found}")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise QesProblem(f"not base64: {problem}") from problem
