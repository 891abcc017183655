"""The VAU channel of the E-Rezept-Fachdienst: one ECIES envelope per request (A_20161-01, A_20163).

request body    01 | X 32 | Y 32 | IV 12 | AES-128-GCM ciphertext | tag 16
its plaintext   1 <access token> <request id> <response key> <inner HTTP request>
response body   IV 12 | AES-128-GCM ciphertext | tag 16, under the response key
its plaintext   1 <request id> <inner HTTP response>
"""

from __future__ import annotations

import binascii
import secrets
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pruefstand.errors import SutError

CURVE = ec.BrainpoolP256R1()
VERSION = b"\x01"
IV_SIZE = 12
TAG_SIZE = 16
KEY_SIZE = 16
POINT_SIZE = 64
MINIMUM_SIZE = 1 + POINT_SIZE + IV_SIZE + TAG_SIZE

_ECDH = ec.ECDH()
_INFO = b"ecies-vau-transport"
_HEAD = 1 + POINT_SIZE


class VauProblem(SutError):
    """The channel cannot be opened; `status` and `text` are those of the outer answer."""

    def __init__(self, status: int, text: str, *, diagnostics: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.diagnostics = diagnostics
        """The field `message` of the outer answer, where the service fills it."""


@dataclass(frozen=True, slots=True)
class SealedRequest:
    """An envelope with the secrets that open its answer."""

    body: bytes
    request_id: str
    response_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """What the service finds in an envelope."""

    token: str
    request_id: str
    response_key: bytes = field(repr=False)
    inner: bytes = field(repr=False)


class VauClient:
    """The client's end of the channel for one VAU certificate."""

    def __init__(self, key: ec.EllipticCurvePublicKey | bytes) -> None:
        """Take the VAU's public key or its certificate in DER; raises VauProblem."""
        self._key = key if isinstance(key, ec.EllipticCurvePublicKey) else _certified_key(key)

    def seal(
        self,
        token: str,
        inner: bytes,
        *,
        request_id: str | None = None,
        response_key: bytes | None = None,
    ) -> SealedRequest:
        """Put an inner HTTP request into an envelope with fresh id, response key and key pair."""
        request_id = request_id or secrets.token_hex(16)
        response_key = response_key or secrets.token_bytes(KEY_SIZE)
        head = f"1 {token} {request_id} {response_key.hex()} ".encode("ascii")
        return SealedRequest(seal_envelope(self._key, head + inner), request_id, response_key)

    def open(self, sealed: SealedRequest, body: bytes) -> bytes:
        """Return the inner HTTP response; raises VauProblem when it does not answer `sealed`."""
        try:
            plain = AESGCM(sealed.response_key).decrypt(body[:IV_SIZE], body[IV_SIZE:], None)
        except (InvalidTag, ValueError) as error:
            raise VauProblem(200, "VAU answer does not open under the response key") from error
        expected = f"1 {sealed.request_id} ".encode("ascii")
        if not plain.startswith(expected):
            raise VauProblem(200, "VAU answer has another version or request id than the request")
        return plain[len(expected) :]


class VauServer:
    """The service's end of the channel; the order of checks and the texts are the original's."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._key = private_key

    def open(self, body: bytes) -> OpenedRequest:
        """Open and split an envelope; raises VauProblem with the service's own text."""
        return _split(open_envelope(self._key, body))

    def seal(self, opened: OpenedRequest, inner_response: bytes) -> bytes:
        """Encrypt an inner HTTP response for the client that sent `opened`."""
        iv = secrets.token_bytes(IV_SIZE)
        plain = f"1 {opened.request_id} ".encode("ascii") + inner_response
        return iv + AESGCM(opened.response_key).encrypt(iv, plain, None)


def seal_envelope(
    key: ec.EllipticCurvePublicKey,
    plaintext: bytes,
    *,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
    iv: bytes | None = None,
) -> bytes:
    """Encrypt `plaintext` for the VAU; key pair and IV are fresh unless a test fixes them."""
    pair = ephemeral or ec.generate_private_key(CURVE)
    iv = iv or secrets.token_bytes(IV_SIZE)
    point = pair.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    sealed = AESGCM(_derive(pair.exchange(_ECDH, key))).encrypt(iv, plaintext, None)
    return VERSION + point[1:] + iv + sealed


def open_envelope(key: ec.EllipticCurvePrivateKey, body: bytes) -> bytes:
    """Decrypt an envelope; raises VauProblem in the order length, version, point, tag."""
    if len(body) < MINIMUM_SIZE:
        raise _refused("body is too short to be a outer request body")
    if body[:1] != VERSION:
        raise _undecipherable("invalid TEE version")
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, b"\x04" + body[1:_HEAD])
    except ValueError as error:
        raise _refused("Unable to create public key from message data", str(error)) from error
    iv, sealed = body[_HEAD : _HEAD + IV_SIZE], body[_HEAD + IV_SIZE :]
    try:
        return AESGCM(_derive(key.exchange(_ECDH, point))).decrypt(iv, sealed, None)
    except InvalidTag as error:
        raise _undecipherable("can't finalize AES-GCM decryption") from error


def _derive(shared: bytes) -> bytes:
    return HKDF(SHA256(), KEY_SIZE, None, _INFO).derive(shared)


def _certified_key(der: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except ValueError as error:
        raise VauProblem(200, f"VAU certificate is no X.509 certificate: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != CURVE.name:
        raise VauProblem(200, "VAU certificate holds no key on brainpoolP256r1")
    return key


def _split(plain: bytes) -> OpenedRequest:
    version_end = _item_end(plain, 0)
    token_end = _item_end(plain, version_end)
    id_end = _item_end(plain, token_end)
    key_end = _item_end(plain, id_end)
    token = _token(plain[version_end + 1 : token_end])
    request_id = plain[token_end + 1 : id_end]
    _unhex(request_id, "request-id")
    response_key = _unhex(plain[id_end + 1 : key_end], "aes-key")
    if plain[:version_end] != b"1":
        raise _undecipherable("wrong version")
    if len(response_key) != KEY_SIZE:
        raise _undecipherable("AES key has wrong size")
    return OpenedRequest(token, request_id.decode("ascii"), response_key, plain[key_end + 1 :])


def _item_end(plain: bytes, start: int) -> int:
    """Return where the item ends that begins behind the space at `start`."""
    if len(plain) <= start + 1:
        raise _refused("item is empty")
    if start == 0 and plain[:1] == b" ":
        raise _refused("first item has leading separator")
    if start > 0 and plain[start + 1 : start + 2] == b" ":
        raise _refused("item is not separated by leading space")
    end = plain.find(b" ", start + 1)
    if end < 0:
        raise _refused("item has no end")
    return end


def _token(item: bytes) -> str:
    if item.count(b".") != 2 or not item.isascii():
        raise VauProblem(401, "vau decryption failed: JwtException JWT has invalid RFC format")
    return item.decode("ascii")


def _unhex(item: bytes, element: str) -> bytes:
    try:
        return binascii.unhexlify(item)
    except binascii.Error as error:
        raise _refused(f"Invalid encoded hex value for element {element}") from error


def _refused(text: str, diagnostics: str = "") -> VauProblem:
    return VauProblem(400, f"vau decryption failed: ErpException {text}", diagnostics=diagnostics)


def _undecipherable(text: str) -> VauProblem:
    return VauProblem(400, f"vau decryption failed: AesGcmException {text}")
