"""Certification authorities of the test PKI, and how they issue certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from pruefstand.crypto import der as asn1
from pruefstand.crypto.pki import oids, subjects
from pruefstand.crypto.pki.keys import BRAINPOOL, derive_key, derive_serial
from pruefstand.crypto.pki.profiles import (
    BRANCH_UNIT,
    PROFILES,
    Branch,
    CertificateKind,
    CertificateProfile,
    kinds_of,
)
from pruefstand.crypto.pki.values import Identity
from pruefstand.rng import Rng

_CPS = "http://www.e-arztausweis.de/policies/EE_policy.html"
_USAGE_NAMES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, slots=True)
class Validity:
    """A span of whole calendar years, so that equal years give equal certificates."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def years(cls, first: int, last: int) -> Validity:
        """Return the span from 1 January `first` to the last second of `last`, UTC."""
        return cls(
            datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, 23, 59, 59, tzinfo=UTC)
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """An issuing authority: key, certificate, and the certificate types it may issue."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    der: bytes
    kinds: frozenset[CertificateKind]

    @property
    def name(self) -> x509.Name:
        """Return the subject name, which its certificates carry as issuer."""
        return self.certificate.subject

    @property
    def key_id(self) -> bytes:
        """Return the subject key identifier."""
        extension = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return extension.value.digest


def key_usage(names: frozenset[str]) -> x509.KeyUsage:
    """Return the extension with exactly the usages `names`."""
    return x509.KeyUsage(**{name: name in names for name in _USAGE_NAMES})


def make_root(rng: Rng, validity: Validity) -> Authority:
    """Return the self-signed root of the card PKI."""
    key = derive_key(rng)
    name = subjects.authority("MOCK.RCA1 TEST-ONLY", "Zentrale Root-CA der Telematikinfrastruktur")
    builder = _authority_builder(name, name, key, key, rng, validity, None)
    return _authority(key, builder, key, frozenset())


def make_authority(rng: Rng, branch: Branch, root: Authority, validity: Validity) -> Authority:
    """Return the issuing authority of `branch` below `root`."""
    key = derive_key(rng)
    name = subjects.authority(f"MOCK.{branch}1 TEST-ONLY", BRANCH_UNIT[branch])
    builder = _authority_builder(name, root.name, key, root.key, rng, validity, 0)
    return _authority(key, builder, root.key, kinds_of(branch))


def make_tls_authority(rng: Rng, curve: ec.EllipticCurve, validity: Validity) -> Authority:
    """Return the self-signed authority of the transport certificates."""
    key = derive_key(rng, curve)
    name = subjects.authority("MOCK.TLS-CA1 TEST-ONLY", None)
    builder = _authority_builder(name, name, key, key, rng, validity, 0)
    return _authority(key, builder, key, frozenset({CertificateKind.FD_TLS_S}))


def sign(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey
) -> tuple[x509.Certificate, bytes]:
    """Sign a certificate with a deterministic nonce: equal input gives equal octets."""
    certificate = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    return certificate, certificate.public_bytes(Encoding.DER)


def base_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    rng: Rng,
    validity: Validity,
) -> x509.CertificateBuilder:
    """Start a certificate with what every one has: names, time, serial, key identifiers."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(derive_serial(rng))
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def issue(
    authority: Authority,
    kind: CertificateKind,
    subject: x509.Name,
    admissions: x509.Admissions | None,
    *,
    rng: Rng,
    validity: Validity,
    ocsp_url: str,
    curve: ec.EllipticCurve = BRAINPOOL,
) -> Identity:
    """Return a new identity of `kind`; `rng` determines its key and serial number."""
    profile = PROFILES[kind]
    key = derive_key(rng, curve)
    builder = base_builder(
        subject, authority.name, key.public_key(), authority.key.public_key(), rng, validity
    )
    builder = _add_profile(builder, profile, ocsp_url)
    if admissions is not None:
        builder = builder.add_extension(admissions, critical=False)
    certificate, der = sign(builder, authority.key)
    return Identity(key, certificate, der, kind)


def _add_profile(
    builder: x509.CertificateBuilder, profile: CertificateProfile, ocsp_url: str
) -> x509.CertificateBuilder:
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(profile.key_usage), critical=True)
        .add_extension(_policies((profile.type_policy, *profile.policies)), critical=False)
        .add_extension(_ocsp_access(ocsp_url), critical=False)
    )
    if profile.extended_usage:
        usage = x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, profile.extended_usage))
        builder = builder.add_extension(usage, critical=False)
    return _add_qualified(builder) if profile.qualified else builder


def _authority_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    rng: Rng,
    validity: Validity,
    path_length: int | None,
) -> x509.CertificateBuilder:
    builder = base_builder(
        subject, issuer, key.public_key(), issuer_key.public_key(), rng, validity
    )
    return builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    ).add_extension(key_usage(frozenset({"key_cert_sign", "crl_sign"})), critical=True)


def _authority(
    key: ec.EllipticCurvePrivateKey,
    builder: x509.CertificateBuilder,
    signer: ec.EllipticCurvePrivateKey,
    kinds: frozenset[CertificateKind],
) -> Authority:
    certificate, der = sign(builder, signer)
    return Authority(key, certificate, der, kinds)


def _policies(identifiers: tuple[str, ...]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        x509.PolicyInformation(
            x509.ObjectIdentifier(identifier),
            [_CPS] if identifier == oids.POLICY_HBA_CP else None,
        )
        for identifier in identifiers
    )


def _ocsp_access(url: str) -> x509.AuthorityInformationAccess:
    location = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
    )


def _add_qualified(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """Add qcStatements (QcCompliance first) and the chain model: judged at signing time."""
    statements = asn1.sequence(
        *(asn1.sequence(asn1.oid(oid)) for oid in (oids.QC_COMPLIANCE, oids.QC_SSCD))
    )
    model = asn1.sequence(asn1.oid(oids.VALIDITY_MODEL_CHAIN))
    for oid, value in ((oids.QC_STATEMENTS, statements), (oids.VALIDITY_MODEL, model)):
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
        builder = builder.add_extension(extension, critical=False)
    return builder
