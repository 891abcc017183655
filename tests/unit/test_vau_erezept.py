"""The VAU channel of the Fachdienst: the known answer, the original's refusals, padding."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.crypto import vau_erezept
from pruefstand.crypto.vau_erezept import (
    CURVE,
    OpenedRequest,
    VauClient,
    VauProblem,
    VauServer,
    open_envelope,
    seal_envelope,
)

SERVER_KEY = ec.derive_private_key(
    0xA54A5685B80F71FD5EBEE91659AFA98C847C5C864E2335844146675AFC595E3C, CURVE
)
EPHEMERAL = ec.derive_private_key(
    0x5BBBA34D47502BD588ED680DFA2309CA375EB7A35DDBBD67CC7F8B6B687A1C1D, CURVE
)
IV = bytes.fromhex("257db4604af8ae0dfced37ce")
MESSAGE = bytes.fromhex(
    "01"
    "754e548941e5cd073fed6d734578a484be9f0bbfa1b6fa3168ed7ffb22878f0f"
    "9aef9bbd932a020d8828367bd080a3e72b36c41ee40c87253f9b1b0beb8371bf"
    "257db4604af8ae0dfced37ce"
    "86c2b491c7a8309e750b4e6e307219863938c204dfe85502ee0a"
)
TOKEN = "header.claims.signature"
ID = "0123456789abcdef0123456789abcdef"
INNER = b"POST /Task/$create HTTP/1.1\r\nHost: erp\r\n\r\n\xff\x00body"
CLIENT = VauClient(SERVER_KEY.public_key())
SERVER = VauServer(SERVER_KEY)
ERP = "vau decryption failed: ErpException "
HEX = "Invalid encoded hex value for element "
GCM = "vau decryption failed: AesGcmException "


def refusal(plaintext: bytes) -> VauProblem:
    with pytest.raises(VauProblem) as caught:
        SERVER.open(seal_envelope(SERVER_KEY.public_key(), plaintext))
    return caught.value


def test_known_answer_matches_byte_for_byte() -> None:
    sealed = seal_envelope(SERVER_KEY.public_key(), b"Hallo Test", ephemeral=EPHEMERAL, iv=IV)
    assert sealed == MESSAGE
    assert open_envelope(SERVER_KEY, MESSAGE) == b"Hallo Test"


def test_known_answer_server_key_is_the_handbook_point() -> None:
    numbers = SERVER_KEY.public_key().public_numbers()
    assert f"{numbers.x:064x}" == "8634212830dad457ca05305e6687134166b9c21a65ffebf555f4e75dfb048888"
    assert f"{numbers.y:064x}" == "66e4b6843624cbda43c97ea89968bc41fd53576f82c03efa7d601b9facac2b29"


def test_request_and_answer_travel_unchanged() -> None:
    sealed = CLIENT.seal(TOKEN, INNER)
    opened = SERVER.open(sealed.body)
    assert opened == OpenedRequest(TOKEN, sealed.request_id, sealed.response_key, INNER)
    assert CLIENT.open(sealed, SERVER.seal(opened, b"HTTP/1.1 201 Created\r\n\r\n")) == (
        b"HTTP/1.1 201 Created\r\n\r\n"
    )


def test_every_request_has_fresh_secrets() -> None:
    first, second = CLIENT.seal(TOKEN, INNER), CLIENT.seal(TOKEN, INNER)
    assert first.request_id != second.request_id
    assert first.response_key != second.response_key
    assert first.body[1:65] != second.body[1:65]
    assert len(first.request_id) == 32


def test_secrets_do_not_show_in_a_representation() -> None:
    sealed = CLIENT.seal(TOKEN, INNER, response_key=b"k" * 16)
    assert "kkkk" not in repr(sealed)
    assert "kkkk" not in repr(SERVER.open(sealed.body))


@pytest.mark.parametrize("size", [0, 1, 65, 92])
def test_truncated_body_is_too_short(size: int) -> None:
    with pytest.raises(VauProblem) as caught:
        SERVER.open(MESSAGE[:size])
    assert caught.value.status == 400
    assert caught.value.text == ERP + "body is too short to be a outer request body"


def test_body_of_the_minimum_size_passes_the_length_check() -> None:
    assert len(seal_envelope(SERVER_KEY.public_key(), b"")) == 93
    assert refusal(b"").text == ERP + "item is empty"


@pytest.mark.parametrize("version", [0, 2, 0x30, 0xFF])
def test_wrong_version_byte(version: int) -> None:
    with pytest.raises(VauProblem) as caught:
        SERVER.open(bytes([version]) + MESSAGE[1:])
    assert (caught.value.status, caught.value.text) == (400, GCM + "invalid TEE version")


@pytest.mark.parametrize("position", [1, 32, 33, 64])
def test_point_off_the_curve(position: int) -> None:
    body = bytearray(MESSAGE)
    body[position] ^= 1
    with pytest.raises(VauProblem) as caught:
        SERVER.open(bytes(body))
    assert caught.value.status == 400
    assert caught.value.text == ERP + "Unable to create public key from message data"


@pytest.mark.parametrize("point", [b"\0" * 64, b"\xff" * 64])
def test_infinity_and_oversized_coordinates_are_no_points(point: bytes) -> None:
    with pytest.raises(VauProblem, match="Unable to create public key from message data"):
        SERVER.open(b"\1" + point + MESSAGE[65:])


def test_point_of_another_curve_is_refused() -> None:
    foreign = ec.derive_private_key(7, ec.SECP256R1()).public_key().public_numbers()
    point = foreign.x.to_bytes(32, "big") + foreign.y.to_bytes(32, "big")
    with pytest.raises(VauProblem, match="Unable to create public key from message data"):
        SERVER.open(b"\1" + point + MESSAGE[65:])


@pytest.mark.parametrize("position", [65, 76, 77, 86, 87, 102])
def test_flipped_bit_in_iv_ciphertext_or_tag(position: int) -> None:
    body = bytearray(MESSAGE)
    body[position] ^= 0x80
    with pytest.raises(VauProblem) as caught:
        SERVER.open(bytes(body))
    assert (caught.value.status, caught.value.text) == (
        400,
        GCM + "can't finalize AES-GCM decryption",
    )


def test_cut_tail_and_foreign_server_key_do_not_open() -> None:
    body = CLIENT.seal(TOKEN, INNER).body
    foreign = VauServer(ec.derive_private_key(5, CURVE))
    for server, message in ((SERVER, body[:-1]), (SERVER, body + b"\0"), (foreign, body)):
        with pytest.raises(VauProblem, match="can't finalize AES-GCM decryption"):
            server.open(message)


@pytest.mark.parametrize(
    ("plaintext", "text"),
    [
        (b"1", "item is empty"),
        (b"1 ", "item is empty"),
        (b"1 " + TOKEN.encode() + b" ", "item is empty"),
        (b"12", "item has no end"),
        (b" 1 a", "first item has leading separator"),
        (b"1  a.b.c x y z", "item is not separated by leading space"),
        (b"1 a.b.c  " + ID.encode() + b" " + ID.encode() + b" GET", "item is not separated by"),
        (b"1 a.b.c " + ID.encode() + b" " + ID.encode(), "item has no end"),
        (b"1 a.b.c xyz " + ID.encode() + b" GET", HEX + "request-id"),
        (b"1 a.b.c abc " + ID.encode() + b" GET", HEX + "request-id"),
        (b"1 a.b.c " + ID.encode() + b" xyz GET", HEX + "aes-key"),
        (b"1 a.b.c " + ID.encode() + b" 0\n1\n GET", HEX + "aes-key"),
        (b"1 a.b.c \xc3\xa4 " + ID.encode() + b" GET", HEX),
    ],
)
def test_malformed_structure_gives_the_original_text(plaintext: bytes, text: str) -> None:
    problem = refusal(plaintext)
    assert problem.status == 400
    assert problem.text.startswith(ERP + text)


@pytest.mark.parametrize("token", [b"abc", b"a.b", b"a.b.c.d", b"a.\xff.c"])
def test_unreadable_token_is_401(token: bytes) -> None:
    assert refusal(b"1 " + token + b" " + ID.encode() + b" " + ID.encode() + b" GET").status == 401


def test_inner_version_and_key_size() -> None:
    tail = f" a.b.c {ID} ".encode()
    assert refusal(b"2" + tail + ID.encode() + b" GET").text == GCM + "wrong version"
    assert refusal(b"1" + tail + b"00" * 15 + b" GET").text == GCM + "AES key has wrong size"
    assert refusal(b"1" + tail + b"00" * 17 + b" GET").text == GCM + "AES key has wrong size"


@pytest.mark.parametrize("coordinate", ["x", "y"])
def test_ephemeral_coordinates_are_left_padded(coordinate: str) -> None:
    keys = (ec.derive_private_key(number, CURVE) for number in range(1, 5000))
    short = next(
        key for key in keys if getattr(key.public_key().public_numbers(), coordinate) >> 248 == 0
    )
    body = seal_envelope(SERVER_KEY.public_key(), b"x", ephemeral=short)
    assert body[1 if coordinate == "x" else 33] == 0
    assert len(body) == 94
    assert open_envelope(SERVER_KEY, body) == b"x"


def test_shared_secret_is_left_padded() -> None:
    keys = (ec.derive_private_key(number, CURVE) for number in range(1, 5000))
    public = SERVER_KEY.public_key()
    short = next(key for key in keys if key.exchange(ec.ECDH(), public)[0] == 0)
    shared = short.exchange(ec.ECDH(), public)
    assert len(shared) == 32
    assert open_envelope(SERVER_KEY, seal_envelope(public, b"x", ephemeral=short)) == b"x"


def test_derivation_without_the_leading_zero_is_a_different_key() -> None:
    shared = b"\0" + b"\7" * 31
    assert vau_erezept._derive(shared) != vau_erezept._derive(shared.lstrip(b"\0"))


def test_client_refuses_an_answer_to_another_request() -> None:
    sealed = CLIENT.seal(TOKEN, INNER)
    other = dataclasses.replace(SERVER.open(sealed.body), request_id="f" * 32)
    with pytest.raises(VauProblem, match="request id"):
        CLIENT.open(sealed, SERVER.seal(other, b"HTTP/1.1 200 OK\r\n\r\n"))


@pytest.mark.parametrize("body", [b"", b"short", b"\0" * 64])
def test_client_refuses_garbage(body: bytes) -> None:
    with pytest.raises(VauProblem, match="does not open"):
        CLIENT.open(CLIENT.seal(TOKEN, INNER), body)


def test_client_refuses_every_flipped_bit_of_the_answer() -> None:
    sealed = CLIENT.seal(TOKEN, INNER)
    answer = SERVER.seal(SERVER.open(sealed.body), b"HTTP/1.1 204 No Content\r\n\r\n")
    for position in range(len(answer)):
        changed = bytearray(answer)
        changed[position] ^= 1
        with pytest.raises(VauProblem):
            CLIENT.open(sealed, bytes(changed))


@pytest.mark.parametrize("der", [b"", b"no certificate"])
def test_client_refuses_what_is_no_certificate(der: bytes) -> None:
    with pytest.raises(VauProblem, match="no X"):
        VauClient(der)
