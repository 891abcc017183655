"""The RSA certificate of a card that also has an elliptic-curve one: the same holder, two keys."""

from __future__ import annotations

from cryptography import x509

from pruefstand.crypto.pki.authority import Authority, key_usage, sign
from pruefstand.crypto.pki.keys import derive_rsa_key, derive_serial
from pruefstand.crypto.pki.profiles import PROFILES
from pruefstand.crypto.pki.values import Identity, RsaIdentity
from pruefstand.rng import Rng


def make_twin(identity: Identity, authority: Authority, rng: Rng) -> RsaIdentity:
    """Return `identity` with an RSA-2048 key: holder, validity and extensions stay.

    The issuing authority keeps its elliptic-curve key, unlike the authorities of real RSA cards.
    """
    key = derive_rsa_key(rng)
    old = identity.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(key.public_key())
        .serial_number(derive_serial(rng))
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    usage = key_usage(PROFILES[identity.kind].rsa_key_usage)
    changed = {
        x509.KeyUsage.oid: usage,
        x509.SubjectKeyIdentifier.oid: x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
    }
    for extension in old.extensions:
        value = changed.get(extension.oid, extension.value)
        builder = builder.add_extension(value, critical=extension.critical)
    certificate, der = sign(builder, authority.key)
    return RsaIdentity(key, certificate, der, identity.kind)
