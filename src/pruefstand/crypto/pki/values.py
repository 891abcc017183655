"""What the PKI hands out: identities, certificate facts, and the problems it reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pruefstand.crypto.pki.profiles import CertificateKind
from pruefstand.errors import SutError


class ProblemCode(IntEnum):
    """Error codes of the certificate checks of the TI (gemSpec_PKI), as far as they occur."""

    WRONG_KEYUSAGE = 1016
    WRONG_EXTENDEDKEYUSAGE = 1017
    CERT_TYPE_MISMATCH = 1018
    CERTIFICATE_NOT_VALID_TIME = 1021
    AUTHORITYKEYID_DIFFERENT = 1023
    CERTIFICATE_NOT_VALID_MATH = 1024
    CA_CERT_MISSING = 1027
    OCSP_CERT_MISSING = 1030
    OCSP_SIGNATURE_ERROR = 1031
    OCSP_NOT_AVAILABLE = 1032
    CERT_TYPE_INFO_MISSING = 1033
    CERTHASH_EXTENSION_MISSING = 1040
    CERTHASH_MISMATCH = 1041
    CERT_UNKNOWN = 1044
    CERT_REVOKED = 1047
    QC_STATEMENT_ERROR = 1048
    CERT_TYPE_CA_NOT_AUTHORIZED = 1061


class CertificateProblem(SutError):
    """A certificate that is not acceptable; `code` is the TI's number, `text` the reason."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {ProblemCode(code).name}: {text}")
        self.code = ProblemCode(code)
        self.text = text


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its certificate."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate
    der: bytes
    kind: CertificateKind


@dataclass(frozen=True, slots=True)
class RsaIdentity:
    """The RSA key of an older card with its certificate."""

    key: RSAPrivateKey
    certificate: x509.Certificate
    der: bytes
    kind: CertificateKind


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What a certificate says about its holder, without any judgement about trust."""

    kind: CertificateKind | None
    profession_oids: tuple[str, ...]
    profession_items: tuple[str, ...]
    telematik_id: str | None
    admission_authority: str | None
    subject_cn: str
    given_name: str | None
    surname: str | None
    organization: str | None
    iccsn: str | None
    kvnr: str | None
    iknr: str | None
    issuer_cn: str
    serial: int
    not_before: datetime
    not_after: datetime
    policies: tuple[str, ...]
    ocsp_url: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Holder:
    """The natural person a card is made for."""

    given_name: str
    surname: str

    @property
    def name(self) -> str:
        """Return given name and surname."""
        return f"{self.given_name} {self.surname}"


@dataclass(frozen=True, slots=True)
class Hba:
    """A doctor's (or other professional's) card: qualified signature, login, encryption."""

    holder: Holder
    role: str
    profession_oid: str
    telematik_id: str
    iccsn: str
    qes: Identity
    aut: Identity
    enc: Identity


@dataclass(frozen=True, slots=True)
class Smcb:
    """An institution's card: login, organisation signature, encryption."""

    institution: str
    role: str
    profession_oid: str
    telematik_id: str
    iccsn: str
    aut: Identity
    osig: Identity
    enc: Identity


@dataclass(frozen=True, slots=True)
class Egk:
    """An insured person's card."""

    holder: Holder
    kvnr: str
    iknr: str
    insurer: str
    iccsn: str
    aut: Identity


def identities_of(made: object) -> tuple[Identity, ...]:
    """Return the identities of a card, or the identity that `made` itself is."""
    if isinstance(made, Hba):
        return (made.qes, made.aut, made.enc)
    if isinstance(made, Smcb):
        return (made.aut, made.osig, made.enc)
    if isinstance(made, Egk):
        return (made.aut,)
    return (made,) if isinstance(made, Identity) else ()
