"""Reading a certificate once: what it says, and what a chain check needs of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from pruefstand.crypto import der as asn1
from pruefstand.crypto.parser_problems import PARSER_PROBLEMS
from pruefstand.crypto.pki import admission, oids
from pruefstand.crypto.pki.profiles import KIND_BY_POLICY, CertificateKind
from pruefstand.crypto.pki.values import CertificateInfo, CertificateProblem, ProblemCode

T = TypeVar("T")
E = TypeVar("E", bound=x509.ExtensionType)

_KVNR = re.compile(r"[A-Z]\d{9}")
_IKNR = re.compile(r"\d{9}")
_ICCSN = re.compile(r"(?:\d{1,2}\.)?(80276\d{15})")
_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
_MORE_USAGES = ("key_agreement", "key_cert_sign", "crl_sign")


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A parsed certificate: its statement, and the parts that link it to its issuer."""

    certificate: x509.Certificate
    der: bytes
    info: CertificateInfo
    issuer: bytes
    authority_key_id: bytes | None
    subject_key_id: bytes | None
    critical: frozenset[str]
    key_usage: frozenset[str]
    extended_usage: tuple[str, ...]
    qc_statements: tuple[str, ...]
    is_rsa: bool


def der_of(certificate: x509.Certificate | bytes) -> bytes:
    """Return the DER octets of a certificate."""
    if isinstance(certificate, bytes):
        return certificate
    return certificate.public_bytes(Encoding.DER)


@lru_cache(maxsize=4096)
def read_facts(der: bytes) -> CertificateFacts:
    """Parse a certificate, once per octets; raises CertificateProblem when it is none."""
    try:
        return _read(der)
    except PARSER_PROBLEMS as problem:
        raise CertificateProblem(
            ProblemCode.CERT_TYPE_INFO_MISSING, f"the certificate cannot be read: {problem}"
        ) from problem


def read_certificate_info(certificate: x509.Certificate | bytes) -> CertificateInfo:
    """Return what a certificate says; no chain, time or revocation is judged."""
    return read_facts(der_of(certificate)).info


def _read(der: bytes) -> CertificateFacts:
    certificate = x509.load_der_x509_certificate(der)
    extensions = certificate.extensions
    authority = _value(extensions, x509.AuthorityKeyIdentifier)
    subject = _value(extensions, x509.SubjectKeyIdentifier)
    extended = _value(extensions, x509.ExtendedKeyUsage)
    return CertificateFacts(
        certificate=certificate,
        der=der,
        info=_info(certificate, extensions, der),
        issuer=certificate.issuer.public_bytes(),
        authority_key_id=authority.key_identifier if authority else None,
        subject_key_id=subject.digest if subject else None,
        critical=frozenset(e.oid.dotted_string for e in extensions if e.critical),
        key_usage=_usages(_value(extensions, x509.KeyUsage)),
        extended_usage=tuple(oid.dotted_string for oid in extended or ()),
        qc_statements=_qc_statements(extensions),
        is_rsa=isinstance(certificate.public_key(), rsa.RSAPublicKey),
    )


def _info(certificate: x509.Certificate, ext: x509.Extensions, der: bytes) -> CertificateInfo:
    subject = certificate.subject
    entries = admission.read(_value(ext, x509.Admissions))
    stated = _value(ext, x509.CertificatePolicies) or ()
    policies = tuple(policy.policy_identifier.dotted_string for policy in stated)
    units = _texts(subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
    return CertificateInfo(
        kind=_kind(policies),
        profession_oids=entries.profession_oids,
        profession_items=entries.profession_items,
        telematik_id=entries.telematik_id,
        admission_authority=entries.authority,
        subject_cn=_first(_texts(subject, NameOID.COMMON_NAME)) or "",
        given_name=_first(_texts(subject, NameOID.GIVEN_NAME)),
        surname=_first(_texts(subject, NameOID.SURNAME)),
        organization=_first(_texts(subject, NameOID.ORGANIZATION_NAME)),
        iccsn=_iccsn(_texts(subject, NameOID.SERIAL_NUMBER)),
        kvnr=_first([unit for unit in units if _KVNR.fullmatch(unit)]),
        iknr=_first([unit for unit in units if _IKNR.fullmatch(unit)]),
        issuer_cn=_first(_texts(certificate.issuer, NameOID.COMMON_NAME)) or "",
        serial=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        policies=policies,
        ocsp_url=_ocsp_url(_value(ext, x509.AuthorityInformationAccess)),
        fingerprint=hashlib.sha256(der).hexdigest(),
    )


def _value(extensions: x509.Extensions, wanted: type[E]) -> E | None:
    try:
        return extensions.get_extension_for_class(wanted).value
    except x509.ExtensionNotFound:
        return None


def _kind(policies: tuple[str, ...]) -> CertificateKind | None:
    return _first([KIND_BY_POLICY[policy] for policy in policies if policy in KIND_BY_POLICY])


def _first(values: list[T]) -> T | None:
    return values[0] if values else None


def _texts(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]


def _iccsn(serials: list[str]) -> str | None:
    matches = [match for serial in serials if (match := _ICCSN.fullmatch(serial))]
    return matches[0][1] if matches else None


def _ocsp_url(access: x509.AuthorityInformationAccess | None) -> str | None:
    urls = [
        entry.access_location.value
        for entry in access or ()
        if entry.access_method == AuthorityInformationAccessOID.OCSP
    ]
    return str(urls[0]) if urls else None


def _usages(usage: x509.KeyUsage | None) -> frozenset[str]:
    if usage is None:
        return frozenset()
    return frozenset(name for name in _USAGES + _MORE_USAGES if getattr(usage, name))


def _qc_statements(extensions: x509.Extensions) -> tuple[str, ...]:
    wanted = x509.ObjectIdentifier(oids.QC_STATEMENTS)
    for extension in extensions:
        if extension.oid == wanted and isinstance(extension.value, x509.UnrecognizedExtension):
            return _statement_ids(extension.value.value)
    return ()


def _statement_ids(data: bytes) -> tuple[str, ...]:
    outer = asn1.expect(data, 0, len(data), asn1.SEQUENCE, "qcStatements")
    found = []
    for statement in asn1.children(data, outer):
        oid = asn1.expect(data, statement.start, statement.stop, asn1.OID, "statement id")
        found.append(asn1.dotted_oid(data[oid.start : oid.stop]))
    return tuple(found)
