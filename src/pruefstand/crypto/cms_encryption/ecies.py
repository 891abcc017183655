"""TI-ECIES: a content key for the holder of a brainpoolP256r1 key (gemSpec_COS, A_17220).

The blob holds curve, ephemeral point, encrypted key and the checksum over it:
`A6{06 oid, 7F49{86 point}, 86{02 ‖ cipher}, 8E mac}`.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_encryption.problems import EncryptionProblem

CURVE = ec.BrainpoolP256R1()
_CURVE_OID = asn1.oid("1.3.36.3.3.2.8.1.1.7")
_BLOCK = 16
_MAC_SIZE = 8
_POINT_SIZE = 65
_FOLLOWS_CIPHER = b"\x02"
"""Padding indicator of the card: what follows is a cryptogram."""

_TOTAL, _POINT, _CIPHER, _MAC = b"\xa6", b"\x86", b"\x86", b"\x8e"
_PUBLIC_KEY = b"\x7f\x49"


def seal_key(
    content_key: bytes,
    public_key: ec.EllipticCurvePublicKey,
    *,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return the blob that carries `content_key` to the holder of `public_key`.

    `ephemeral` fixes the sender's one-time key and with it the whole blob. Raises
    EncryptionProblem for a key on another curve.
    """
    if public_key.curve.name != CURVE.name:
        raise EncryptionProblem(
            f"TI-ECIES needs {CURVE.name}, the key is on {public_key.curve.name}"
        )
    sender = ephemeral or ec.generate_private_key(CURVE)
    encryption, authentication = _derive(sender.exchange(ec.ECDH(), public_key))
    cipher = _cbc(encryption, _pad(content_key), seal=True)
    point = sender.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    body = (
        _CURVE_OID
        + _field(_PUBLIC_KEY, _field(_POINT, point))
        + _field(_CIPHER, _FOLLOWS_CIPHER + cipher)
        + _field(_MAC, _mac(authentication, cipher))
    )
    return _field(_TOTAL, body)


def open_key(blob: bytes, private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the content key in `blob`; raises EncryptionProblem when it is altered or foreign."""
    total = _take(blob, _TOTAL)
    if not total.startswith(_CURVE_OID):
        raise EncryptionProblem(f"ECIES blob does not name {CURVE.name}")
    rest = total[len(_CURVE_OID) :]
    public, rest = _split(rest, _PUBLIC_KEY)
    cipher, rest = _split(rest, _CIPHER)
    point, checksum = _take(public, _POINT), _take(rest, _MAC)
    if not cipher.startswith(_FOLLOWS_CIPHER) or (len(cipher) - 1) % _BLOCK or len(cipher) == 1:
        raise EncryptionProblem("ECIES cryptogram is not made of whole blocks")
    encryption, authentication = _derive(_agree(point, private_key))
    if not hmac.compare_digest(_mac(authentication, cipher[1:]), checksum):
        raise EncryptionProblem("ECIES checksum is wrong: altered, or encrypted for another key")
    return _unpad(_cbc(encryption, cipher[1:], seal=False))


def _agree(point: bytes, private_key: ec.EllipticCurvePrivateKey) -> bytes:
    if len(point) != _POINT_SIZE:
        raise EncryptionProblem(f"ECIES point has {len(point)} octets, expected {_POINT_SIZE}")
    try:
        # An off-curve point would leak the private key; the parser refuses it.
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        return private_key.exchange(ec.ECDH(), sender)
    except ValueError as problem:
        raise EncryptionProblem(f"ECIES point is not usable: {problem}") from problem


def _derive(shared: bytes) -> tuple[bytes, bytes]:
    first, second = (hashlib.sha256(shared + n.to_bytes(4, "big")).digest() for n in (1, 2))
    return first, second


def _cbc(key: bytes, data: bytes, *, seal: bool) -> bytes:
    # The first block is chained to the encryption of zeros (secure messaging of the card).
    zeros = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(bytes(_BLOCK))  # noqa: S305
    cipher = Cipher(algorithms.AES(key), modes.CBC(zeros))
    return (cipher.encryptor() if seal else cipher.decryptor()).update(data)


def _mac(key: bytes, cipher: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(_pad(cipher))
    return code.finalize()[:_MAC_SIZE]


def _pad(data: bytes) -> bytes:
    """Pad to whole blocks as ISO/IEC 7816-4 says: always, with 80 and zeros."""
    return data + b"\x80" + bytes(-(len(data) + 1) % _BLOCK)


def _unpad(data: bytes) -> bytes:
    head, mark, zeros = data.rpartition(b"\x80")
    if not mark or zeros.strip(b"\x00") or len(zeros) >= _BLOCK:
        raise EncryptionProblem("ECIES plaintext is not padded")
    return head


def _field(tag: bytes, content: bytes) -> bytes:
    return tag[:-1] + asn1.tlv(tag[-1], content)


def _take(data: bytes, tag: bytes) -> bytes:
    content, rest = _split(data, tag)
    if rest:
        raise EncryptionProblem("ECIES blob is longer than it says")
    return content


def _split(data: bytes, tag: bytes) -> tuple[bytes, bytes]:
    if not data.startswith(tag):
        raise EncryptionProblem(f"ECIES blob lacks field {tag.hex()}")
    # The reader knows tags of one octet; of the two-octet tag the second one stands for it.
    begin = len(tag) - 1
    try:
        size, start = data[begin + 1], begin + 2
        if size > 0x81 or size == 0x80:
            raise EncryptionProblem("ECIES field is too long")
        if size == 0x81:
            size, start = data[start], start + 1
    except IndexError:
        raise EncryptionProblem("ECIES blob is truncated") from None
    if start + size > len(data):
        raise EncryptionProblem("ECIES blob is truncated")
    return data[start : start + size], data[start + size :]
