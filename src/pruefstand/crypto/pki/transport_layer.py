"""TLS identities of the mocks: P-256, because browsers and TLS stacks lack brainpool."""

from __future__ import annotations

from ipaddress import ip_address

from cryptography import x509

from pruefstand.crypto.pki import oids, subjects
from pruefstand.crypto.pki.authority import Authority, Validity, base_builder, key_usage, sign
from pruefstand.crypto.pki.keys import NIST, derive_key
from pruefstand.crypto.pki.profiles import CertificateKind
from pruefstand.crypto.pki.values import Identity
from pruefstand.rng import Rng

# TLS stacks ask the machine's clock, never the virtual one: the span covers every run.
TLS_VALIDITY = Validity.years(2020, 2049)

_NAMES = ("localhost",)
_ADDRESSES = ("127.0.0.1", "::1")


def make_server(authority: Authority, rng: Rng) -> Identity:
    """Return a server identity for localhost, 127.0.0.1 and ::1."""
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in _NAMES]
    names += [x509.IPAddress(ip_address(address)) for address in _ADDRESSES]
    return _make(authority, rng, "localhost", CertificateKind.FD_TLS_S, oids.EKU_SERVER_AUTH, names)


def make_client(authority: Authority, rng: Rng, name: str) -> Identity:
    """Return a client identity with the common name `name`."""
    names: list[x509.GeneralName] = [x509.DNSName("client.test")]
    return _make(authority, rng, name, CertificateKind.FD_TLS_C, oids.EKU_CLIENT_AUTH, names)


def _make(
    authority: Authority,
    rng: Rng,
    name: str,
    kind: CertificateKind,
    purpose: str,
    names: list[x509.GeneralName],
) -> Identity:
    key = derive_key(rng, NIST)
    builder = base_builder(
        subjects.service(name),
        authority.name,
        key.public_key(),
        authority.key.public_key(),
        rng,
        TLS_VALIDITY,
    )
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(frozenset({"digital_signature"})), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose)]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    certificate, der = sign(builder, authority.key)
    return Identity(key, certificate, der, kind)
