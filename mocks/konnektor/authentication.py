"""AuthSignatureService 7.4: signing a login challenge with C.AUT."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.cards import Card
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.faults import ANY_DIGEST
from mocks.konnektor.pin_operations import check_alive
from mocks.konnektor.signing import prefix_of, require_pin, signature_element
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.crypto.pki import Identity, RsaIdentity
from pruefstand.crypto.prehashed import sign_digest
from pruefstand.soap.envelope import Element, SoapProblem, child, decode, element, encode, text

ECDSA = "urn:bsi:tr:03111:ecdsa"
RSA = "urn:ietf:rfc:3447"
_PSS, _PKCS1 = "RSASSA-PSS", "RSASSA-PKCS1-v1_5"
_HASHES = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}


def external_authenticate(node: Element, call: Call, state: State) -> Answer:
    """Sign a finished digest with C.AUT; an ECDSA value is DER."""
    prefix, card = prefix_of(node), call.the_card()
    if not (card.is_hba or card.is_smb):
        raise KonnektorError(4058, card.card_type)
    inputs = f"{prefix}:OptionalInputs"
    kind = text(node, f"{inputs}/dss:SignatureType") or RSA
    scheme = text(node, f"{inputs}/{prefix}:SignatureSchemes") or _PSS
    key = _key(card, kind)
    digest = _digest(node, prefix, kind, scheme, any_length=ANY_DIGEST in state.ctx.faults)
    check_alive(card)
    require_pin(call, "PIN.CH" if card.is_hba else "PIN.SMC", state)
    if isinstance(key, RsaIdentity):
        value = _sign_rsa(key, digest, scheme)
    else:
        value = sign_digest(key.key, digest)
    body = element(
        f"{prefix}:ExternalAuthenticateResponse",
        status(state),
        signature_element(encode(value), kind),
    )
    work = seconds(state.behaviour.timing, "authenticate", state.ctx.rng)
    return Answer(body, state.occupy(card, work))


def _key(card: Card, kind: str) -> Identity | RsaIdentity:
    """Return the key for a signature type; 4111 for a type that is unknown or not on the card."""
    crypt = {ECDSA: "ECC", RSA: "RSA"}.get(kind)
    key = card.key("C.AUT", crypt) if crypt else None
    if key is None:
        raise KonnektorError(4111, f"SignatureType {kind}: kein Schlüssel dafür auf der Karte")
    return key


def _sign_rsa(identity: RsaIdentity, digest: bytes, scheme: str) -> bytes:
    algorithm = _HASHES[len(digest)]
    if scheme == _PKCS1:
        return identity.key.sign(digest, padding.PKCS1v15(), utils.Prehashed(algorithm))
    mask = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
    return identity.key.sign(digest, mask, utils.Prehashed(algorithm))


def _digest(node: Element, prefix: str, kind: str, scheme: str, *, any_length: bool) -> bytes:
    data = child(node, f"{prefix}:BinaryString/dss:Base64Data")
    if data is None or data.get("MimeType") != "application/octet-stream":
        raise KonnektorError(4000, "BinaryString ohne application/octet-stream", faultcode="Client")
    if scheme not in (_PSS, _PKCS1):
        raise KonnektorError(4000, f"SignatureSchemes {scheme}", faultcode="Client")
    try:
        digest = decode(data.text or "")
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem
    # Longer hash values than SHA-256 are for the older RSA scheme only.
    sizes = tuple(_HASHES) if kind == RSA and scheme == _PKCS1 else (32,)
    if len(digest) not in sizes and any_length:
        return hashlib.sha256(digest).digest()
    if len(digest) not in sizes:
        raise KonnektorError(4000, f"Hashwert hat {len(digest)} Bytes", faultcode="Client")
    return digest
