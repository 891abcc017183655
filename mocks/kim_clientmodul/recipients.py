"""Who of the recipients can be encrypted for, and why the others cannot."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mocks.kim_clientmodul.state import ClientModule
from pruefstand.crypto.pki import CertificateKind, CertificateProblem, read_certificate_info
from pruefstand.crypto.smime_kim import KimError, Recipient
from pruefstand.ldap.problem import LdapProblem

RECEIVES_LARGE = "1.5+"
_KINDS = (CertificateKind.HCI_ENC, CertificateKind.HP_ENC)
_LOG = logging.getLogger("pruefstand.mock.kim")

REASONS = {
    KimError.RECIPIENT_VERSION_TOO_LOW: "Die KIM-Version des Empfängers ist zu niedrig.",
    KimError.NO_UNIQUE_TELEMATIK_ID: "Für den Empfänger gibt es keine eindeutige Telematik-ID"
    " mit Verschlüsselungszertifikat.",
    KimError.NOT_ENCRYPTABLE_FOR_ALL: "Für den Empfänger kann nicht verschlüsselt werden.",
    KimError.DIFFERING_TELEMATIK_IDS: "Die Verschlüsselungszertifikate des Empfängers gehören"
    " zu verschiedenen Telematik-IDs.",
}
"""What the sender reads."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One address: what to encrypt for, or the reason against it."""

    address: str
    certificates: tuple[bytes, ...] = ()
    version: str = "1.0"
    error: KimError | None = None

    def recipients(self) -> Iterator[Recipient]:
        """Yield the address with each of its certificates."""
        for certificate in self.certificates:
            yield Recipient(self.address, certificate)


def judge(module: ClientModule, address: str) -> Judged:
    """Look an address up and decide whether it can be encrypted for."""
    try:
        found = module.find(address)
    except (LdapProblem, OSError) as problem:
        _LOG.info("directory: %s", problem)
        return Judged(address, error=KimError.NO_UNIQUE_TELEMATIK_ID)
    if len({entry.telematik_id for entry in found.entries}) != 1:
        return Judged(address, error=KimError.NO_UNIQUE_TELEMATIK_ID)
    entry = found.entries[0]
    usable = tuple(c for c in entry.certificates if _is_usable(module, c))
    if not usable:
        return Judged(address, error=KimError.NOT_ENCRYPTABLE_FOR_ALL)
    owners = {read_certificate_info(certificate).telematik_id for certificate in usable}
    if owners != {entry.telematik_id}:
        return Judged(address, error=KimError.DIFFERING_TELEMATIK_IDS)
    return Judged(address, usable, entry.version)


def for_large_mail(judged: Judged) -> Judged:
    """Turn down an address whose owner does not receive large mail."""
    if judged.error is None and judged.version != RECEIVES_LARGE:
        return Judged(judged.address, error=KimError.RECIPIENT_VERSION_TOO_LOW)
    return judged


def accepted(judged: Sequence[Judged]) -> list[Judged]:
    """Return those that can be encrypted for."""
    return [one for one in judged if one.error is None]


def turned_down(judged: Sequence[Judged]) -> list[Judged]:
    """Return the others."""
    return [one for one in judged if one.error is not None]


def _is_usable(module: ClientModule, certificate: bytes) -> bool:
    """Tell whether a certificate is a valid C.HCI.ENC or C.HP.ENC the Konnektor can use."""
    try:
        info = module.ctx.pki.verify(certificate, kind=None, at=module.ctx.clock.now())
    except CertificateProblem:
        return False
    if info.kind not in _KINDS:
        return False
    key = x509.load_der_x509_certificate(certificate).public_key()
    return module.behaviour.konnektor_knows_ecc or not isinstance(key, ec.EllipticCurvePublicKey)
