"""JWS, JWE and JWK: the TI's names, exact lengths, nothing malleable."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from pruefstand.crypto import jwe, jws
from pruefstand.crypto.base64url import b64u, unb64u
from pruefstand.crypto.jwk import from_jwk, public_jwk
from pruefstand.crypto.jws import JoseProblem
from pruefstand.rng import Rng

BP = ec.BrainpoolP256R1()
P256 = ec.SECP256R1()
KEY = ec.derive_private_key(0x1234567890ABCDEF, BP)
OTHER = ec.derive_private_key(0xFEDCBA0987654321, BP)
NIST = ec.derive_private_key(0x1234567890ABCDEF, P256)
RSA = rsa.generate_private_key(65537, 2048)


def flip(token: str, part: int, bit: int = 0) -> str:
    parts = token.split(".")
    raw = bytearray(unb64u(parts[part]))
    raw[bit // 8] ^= 1 << bit % 8
    parts[part] = b64u(bytes(raw))
    return ".".join(parts)


def key_with_leading_zero(coordinate: str) -> ec.EllipticCurvePrivateKey:
    """Return a key whose public `coordinate` begins with a zero byte."""
    for number in range(1, 5000):
        key = ec.derive_private_key(number, BP)
        if getattr(key.public_key().public_numbers(), coordinate) >> 248 == 0:
            return key
    raise AssertionError("none found")


@pytest.mark.parametrize("data", [b"", b"f", b"fo", b"foo", b"\xfb\xff\xfe", bytes(range(256))])
def test_base64url_round_trip(data: bytes) -> None:
    assert unb64u(b64u(data)) == data


@pytest.mark.parametrize(
    "text", ["Zg==", "Zm+v", "Zm/v", "Z", "Zh", "Zm9=", "Zm 9v", "Zm9v\n", "Zmü", "===="]
)
def test_base64url_refuses_other_spellings(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        unb64u(text)


def test_pkce_vector_of_the_handbook() -> None:
    verifier = "drfxigjvseyirdjfg03q489rtjoiesrdjgfv3ws4e8rujgf0q3gjwe4809rdjt89fq3j48r9jw3894efrj"
    digest = hashlib.sha256(verifier.encode()).digest()
    assert b64u(digest) == "Ca3Ve8jSsBQOBFVqQvLs1E-dGV1BXg2FTvrd-Tg19Vg"


@pytest.mark.parametrize(("key", "alg"), [(KEY, "BP256R1"), (NIST, "ES256"), (RSA, "PS256")])
def test_signed_token_verifies_under_its_own_algorithm(key: jws.PrivateKey, alg: str) -> None:
    token = jws.sign({"njwt": "ü"}, key, {"typ": "JWT", "cty": "NJWT"}, alg=alg)
    opened = jws.verify(token, key.public_key())
    assert opened.header == {"alg": alg, "typ": "JWT", "cty": "NJWT"}
    assert opened.claims == {"njwt": "ü"}


def test_ec_signature_has_64_bytes() -> None:
    for number in range(40):
        token = jws.sign(str(number).encode(), KEY, {})
        assert len(jws.decode_unverified(token).signature) == 64


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize("bit", [0, 7, 63])
def test_flipped_bit_breaks_the_signature(part: int, bit: int) -> None:
    token = jws.sign(b"twelve bytes", KEY, {})
    jws.verify(token, KEY.public_key())
    with pytest.raises(JoseProblem, match="does not fit"):
        jws.verify(flip(token, part, bit), KEY.public_key())


def test_every_change_of_the_last_character_is_detected() -> None:
    token = jws.sign(b"x", KEY, {})
    for last in set("ABCDEFGHabcdefgh0123-_") - {token[-1]}:
        with pytest.raises(JoseProblem):
            jws.verify(token[:-1] + last, KEY.public_key())


def test_foreign_key_does_not_verify() -> None:
    with pytest.raises(JoseProblem, match="does not fit"):
        jws.verify(jws.sign(b"x", KEY, {}), OTHER.public_key())


@pytest.mark.parametrize("alg", ["none", "ES256", "HS256", "PS256"])
def test_foreign_label_is_refused(alg: str) -> None:
    with pytest.raises(JoseProblem, match="expected BP256R1"):
        jws.verify(jws.sign(b"x", KEY, {}, alg=alg), KEY.public_key())


def test_es256_label_on_a_brainpool_key_is_a_switchable_tolerance() -> None:
    token = jws.sign(b"x", KEY, {}, alg="ES256")
    tolerated = jws.verify(token, KEY.public_key(), algorithms=("BP256R1", "ES256"))
    assert tolerated.payload == b"x"


def test_critical_extension_is_refused() -> None:
    with pytest.raises(JoseProblem, match="crit"):
        jws.verify(jws.sign(b"x", KEY, {"crit": ["b64"]}), KEY.public_key())


@pytest.mark.parametrize(
    "token", ["", "a.b", "a.b.c.d", "!.!.!", "W10.e30.AA", "e30x.e30.AA", "bm8.e30.AA"]
)
def test_malformed_token_is_a_jose_problem(token: str) -> None:
    with pytest.raises(JoseProblem):
        jws.decode_unverified(token)


def test_short_signature_is_refused_before_it_reaches_the_curve() -> None:
    token = jws.assemble(jws.signing_input(b"x", {}), b"\1" * 63)
    with pytest.raises(JoseProblem, match="63 bytes"):
        jws.verify(token, KEY.public_key())


def test_claims_must_be_an_object() -> None:
    assert jws.decode_unverified(jws.sign(b'{"a":1}', KEY, {})).claims == {"a": 1}
    with pytest.raises(JoseProblem, match="no JSON object"):
        _ = jws.decode_unverified(jws.sign(b"[1]", KEY, {})).claims


def test_card_signature_over_the_digest_makes_a_valid_token() -> None:
    content = jws.signing_input({"njwt": "challenge"}, {"typ": "JWT"})
    digest = hashlib.sha256(content).digest()
    card_answer = KEY.sign(digest, ec.ECDSA(Prehashed(SHA256())))
    jws.verify(jws.assemble(content, jws.der_to_raw(card_answer)), KEY.public_key())


def test_rsa_card_signature_is_pss_with_salt_32() -> None:
    content = jws.signing_input(b"x", {}, alg="PS256")
    pss = padding.PSS(padding.MGF1(SHA256()), 32)
    token = jws.assemble(content, RSA.sign(content, pss, SHA256()))
    jws.verify(token, RSA.public_key())


@pytest.mark.parametrize(("r", "s"), [(1, 2), (2**200, 2**255), (2**255, 1)])
def test_r_and_s_are_left_padded(r: int, s: int) -> None:
    raw = jws.der_to_raw(encode_dss_signature(r, s))
    assert raw == r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert jws.raw_to_der(raw) == encode_dss_signature(r, s)


@pytest.mark.parametrize("signature", [b"", b"garbage", encode_dss_signature(2**300, 1)])
def test_no_256_bit_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(JoseProblem):
        jws.der_to_raw(signature)


def test_x5c_is_standard_base64() -> None:
    der = b"\xfb\xff\xfe"
    assert jws.x5c(der) == ["+//+"]
    assert jws.certificates_of({"x5c": ["+//+"]}) == (der,)
    assert jws.certificates_of({}) == ()
    for wrong in ("-__-", "+//"):
        with pytest.raises(JoseProblem):
            jws.certificates_of({"x5c": [wrong]})
    with pytest.raises(JoseProblem):
        jws.certificates_of({"x5c": "+//+"})


@pytest.mark.parametrize("coordinate", ["x", "y"])
def test_jwk_coordinates_are_left_padded(coordinate: str) -> None:
    key = key_with_leading_zero(coordinate).public_key()
    jwk = public_jwk(key, kid="puk_idp_enc", use="enc")
    assert {len(unb64u(jwk[name])) for name in ("x", "y")} == {32}
    assert (jwk["kty"], jwk["crv"], jwk["kid"]) == ("EC", "BP-256", "puk_idp_enc")
    assert from_jwk(jwk) == key


def test_jwk_without_leading_zeros_is_still_read() -> None:
    key = key_with_leading_zero("x").public_key()
    jwk = public_jwk(key)
    jwk["x"] = b64u(unb64u(jwk["x"]).lstrip(b"\0"))
    assert from_jwk(jwk) == key


@pytest.mark.parametrize(
    "change",
    [
        {"crv": "P-521"},
        {"crv": "P-256"},
        {"kty": "RSA"},
        {"x": b64u(b"\1" * 32)},
        {"x": b64u(b"\0" * 32), "y": b64u(b"\0" * 32)},
        {"y": b64u(b"\xff" * 40)},
        {"x": "?"},
        {"x": None},
    ],
)
def test_wrong_jwk_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(JoseProblem):
        from_jwk({**public_jwk(KEY.public_key()), **change})


def test_ecdh_round_trip_with_the_header_of_the_idp() -> None:
    token = jwe.encrypt_ecdh(b"secret", KEY.public_key(), headers={"cty": "NJWT", "exp": 99})
    opened = jwe.decrypt_ecdh(token, KEY)
    assert opened.plaintext == b"secret"
    assert opened.header["alg"] == "ECDH-ES"
    assert (opened.header["enc"], opened.header["exp"]) == ("A256GCM", 99)
    assert opened.header["epk"]["crv"] == "BP-256"
    assert token.split(".")[1] == ""


def test_ecdh_works_on_p256_as_well() -> None:
    token = jwe.encrypt_ecdh(b"x", NIST.public_key(), headers={})
    assert jwe.decrypt_ecdh(token, NIST).plaintext == b"x"


def test_concat_kdf_is_one_round_over_the_fields_in_order() -> None:
    """One round over counter, Z, AlgorithmID, apu, apv and the key length."""
    shared = bytes(range(32))
    content = b"\0\0\0\1" + shared + b"\0\0\0\x07A256GCM" + b"\0\0\0\0" * 2 + b"\0\0\1\0"
    assert jwe.concat_kdf(shared) == hashlib.sha256(content).digest()
    assert jwe.concat_kdf(shared, b"Alice", b"Bob") != jwe.concat_kdf(shared, b"Bob", b"Alice")


def test_shared_secret_with_leading_zero_still_opens() -> None:
    seen = 0
    for number in range(2, 3000):
        ephemeral = ec.derive_private_key(number, BP)
        if ephemeral.exchange(ec.ECDH(), KEY.public_key())[0] == 0:
            seen += 1
            token = jwe.encrypt_ecdh(b"x", KEY.public_key(), headers={}, ephemeral=ephemeral)
            assert jwe.decrypt_ecdh(token, KEY).plaintext == b"x"
        if seen == 2:
            break
    assert seen == 2


@pytest.mark.parametrize("coordinate", ["x", "y"])
def test_ephemeral_key_with_leading_zero_still_opens(coordinate: str) -> None:
    ephemeral = key_with_leading_zero(coordinate)
    token = jwe.encrypt_ecdh(b"x", KEY.public_key(), headers={}, ephemeral=ephemeral)
    assert jwe.decrypt_ecdh(token, KEY).plaintext == b"x"


def test_rng_makes_a_token_reproducible_and_its_absence_does_not() -> None:
    def sealed(rng: Rng | None) -> str:
        return jwe.encrypt_ecdh(b"x", KEY.public_key(), rng=rng, headers={})

    assert sealed(Rng(1)) == sealed(Rng(1))
    assert sealed(Rng(1)) != sealed(Rng(2))
    assert sealed(None) != sealed(None)
    assert jwe.decrypt_ecdh(sealed(Rng(1)), KEY).plaintext == b"x"


@pytest.mark.parametrize("part", [2, 3, 4])
def test_flipped_bit_of_a_jwe_does_not_open(part: int) -> None:
    token = jwe.encrypt_dir(b"plain", b"k" * 32, {})
    with pytest.raises(JoseProblem, match="does not open"):
        jwe.decrypt_dir(flip(token, part), b"k" * 32)


def test_changed_jwe_header_does_not_open() -> None:
    token = jwe.encrypt_dir(b"plain", b"k" * 32, {"exp": 1})
    header = json.dumps({"alg": "dir", "enc": "A256GCM", "exp": 2}).encode()
    with pytest.raises(JoseProblem, match="does not open"):
        jwe.decrypt_dir(b64u(header) + token[token.index(".") :], b"k" * 32)


def test_dir_round_trip_and_wrong_keys() -> None:
    token = jwe.encrypt_dir(b"plain", b"k" * 32, {"cty": "NJWT"})
    assert jwe.decrypt_dir(token, b"k" * 32) == jwe.Jwe(
        {"alg": "dir", "enc": "A256GCM", "cty": "NJWT"}, b"plain"
    )
    with pytest.raises(JoseProblem, match="does not open"):
        jwe.decrypt_dir(token, b"K" * 32)
    with pytest.raises(JoseProblem, match="16 bytes"):
        jwe.decrypt_dir(token, b"k" * 16)


def test_jwe_of_another_kind_is_refused() -> None:
    direct = jwe.encrypt_dir(b"x", b"k" * 32, {})
    agreed = jwe.encrypt_ecdh(b"x", KEY.public_key(), headers={})
    with pytest.raises(JoseProblem, match="expected ECDH-ES"):
        jwe.decrypt_ecdh(direct, KEY)
    with pytest.raises(JoseProblem, match="expected dir"):
        jwe.decrypt_dir(agreed, b"k" * 32)
    with pytest.raises(JoseProblem, match="does not open"):
        jwe.decrypt_ecdh(agreed, OTHER)
    with pytest.raises(JoseProblem, match="P-256"):
        jwe.decrypt_ecdh(agreed, NIST)


@pytest.mark.parametrize("token", ["", "a.b.c", "e30....", "e30..AA.AA.AA", "!....", "W10..AA..AA"])
def test_malformed_jwe_is_a_jose_problem(token: str) -> None:
    with pytest.raises(JoseProblem):
        jwe.decode_unopened(token)
