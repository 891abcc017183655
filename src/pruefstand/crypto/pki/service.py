"""The PKI as one object: cards, services, transport identities, checks and revocation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pruefstand.clock import Clock
from pruefstand.crypto import ocsp as ocsp_wire
from pruefstand.crypto.pki import transport_layer
from pruefstand.crypto.pki.authority import (
    Authority,
    Validity,
    make_authority,
    make_root,
    make_tls_authority,
)
from pruefstand.crypto.pki.cards import Personaliser
from pruefstand.crypto.pki.chain import TrustSpace, check_chain
from pruefstand.crypto.pki.facts import CertificateFacts, der_of, read_certificate_info, read_facts
from pruefstand.crypto.pki.keys import NIST, derive_key
from pruefstand.crypto.pki.profiles import PROFILES, Branch, CertificateKind
from pruefstand.crypto.pki.rsa_twin import make_twin
from pruefstand.crypto.pki.values import (
    CertificateInfo,
    CertificateProblem,
    Egk,
    Hba,
    Identity,
    ProblemCode,
    RsaIdentity,
    Smcb,
    identities_of,
)
from pruefstand.rng import Rng

T = TypeVar("T")

DEFAULT_OCSP_URL = "http://ocsp.pki.test/ecc-ocsp"
_OCSP_CACHE = 4096
_CARD_YEARS = 5
"""A card's certificates live five years."""


class Pki:
    """A complete test PKI, created on first use and determined by seed and calendar year."""

    def __init__(self, seed: int | str, clock: Clock, *, ocsp_url: str = DEFAULT_OCSP_URL) -> None:
        self.ocsp_url = ocsp_url
        self._rng = Rng(seed).derive("pki")
        self._year = clock.now().year
        self._lock = threading.RLock()
        self._made: dict[tuple[str, ...], object] = {}
        self._by_serial: dict[int, bytes] = {}
        self._revoked: dict[bytes, datetime] = {}
        self._answers: dict[tuple[object, ...], bytes] = {}

    def hba(
        self,
        name: str = "default",
        *,
        role: str = "arzt",
        telematik_id: str | None = None,
        valid_until: date | None = None,
    ) -> Hba:
        """Return a professional's card; `name` is a label or "given name surname".

        `valid_until` is the last day of its certificates, three years from now without it.
        """
        card = self._once(
            ("hba", name, role, telematik_id or "", str(valid_until)),
            lambda: self._personaliser(valid_until).hba(name, role, telematik_id),
        )
        return self._known(card, card.qes, card.aut, card.enc)

    def smcb(
        self,
        name: str = "praxis",
        *,
        role: str = "praxis",
        telematik_id: str | None = None,
        valid_until: date | None = None,
    ) -> Smcb:
        """Return an institution's card; `name` becomes its printed name."""
        card = self._once(
            ("smcb", name, role, telematik_id or "", str(valid_until)),
            lambda: self._personaliser(valid_until).smcb(name, role, telematik_id),
        )
        return self._known(card, card.aut, card.osig, card.enc)

    def egk(
        self,
        kvnr: str,
        name: str | None = None,
        *,
        insurer: str = "Prüfkasse MOCK",
        iknr: str = "109500969",
        valid_until: date | None = None,
    ) -> Egk:
        """Return an insured person's card; `name` is "given name surname"."""
        card = self._once(
            ("egk", kvnr, name or "", insurer, iknr, str(valid_until)),
            lambda: self._personaliser(valid_until).egk(kvnr, name, insurer, iknr),
        )
        return self._known(card, card.aut)

    def rsa_twin(self, identity: Identity) -> RsaIdentity:
        """Return the RSA key and certificate of the card that `identity` is on."""

        def make() -> RsaIdentity:
            authority = self.authorities[PROFILES[identity.kind].branch]
            serial = identity.certificate.serial_number
            return make_twin(identity, authority, self._rng.derive("rsa", serial))

        twin = self._once(("rsa", identity.der.hex()), make)
        return self._known(twin, twin)

    def service(self, kind: str) -> Identity:
        """Return the identity of a central service, such as "erp-vau" or "idp-sig"."""
        identity = self._once(("service", kind), lambda: self._personaliser().service(kind))
        return self._known(identity, identity)

    def shared_key(self, name: str) -> bytes:
        """Return 32 octets that services of the TI share, such as "vsdm" for check digits."""
        return self._rng.derive("shared", name).token_bytes(32)

    def signing_key(self, name: str) -> ec.EllipticCurvePrivateKey:
        """Return a P-256 key without a certificate, for tokens only their issuer verifies."""
        return self._once(("key", name), lambda: derive_key(self._rng.derive("key", name), NIST))

    def tls_server(self) -> Identity:
        """Return the TLS server identity for localhost, valid 2020 to 2049."""
        rng = self._rng.derive("tls", "server")
        return self._once(
            ("tls-server",), lambda: transport_layer.make_server(self._tls_authority, rng)
        )

    def tls_client(self, name: str) -> Identity:
        """Return a TLS client identity, valid 2020 to 2049."""
        rng = self._rng.derive("tls", "client", name)
        return self._once(
            ("tls-client", name),
            lambda: transport_layer.make_client(self._tls_authority, rng, name),
        )

    @property
    def tls_ca(self) -> x509.Certificate:
        """Return the authority of all TLS identities."""
        return self._tls_authority.certificate

    @cached_property
    def root(self) -> Authority:
        """Return the root of the card PKI."""
        return make_root(self._rng.derive("root"), self._years(2, 7))

    @cached_property
    def authorities(self) -> dict[Branch, Authority]:
        """Return the issuing authorities below the root."""
        validity = self._years(2, 5)
        return {
            branch: make_authority(self._rng.derive("ca", branch), branch, self.root, validity)
            for branch in Branch
        }

    def ca_chain_pem(self) -> bytes:
        """Return root and issuing authorities of the card PKI as PEM."""
        chain = (self.root, *self.authorities.values())
        return b"".join(link.certificate.public_bytes(Encoding.PEM) for link in chain)

    read_certificate_info = staticmethod(read_certificate_info)

    def verify(
        self,
        certificate: x509.Certificate | bytes,
        *,
        kind: CertificateKind | None,
        at: datetime,
        revocation: bool = True,
    ) -> CertificateInfo:
        """Judge a certificate at `at`; raises CertificateProblem at the first defect.

        `revocation=False` leaves that question to an OCSP response.
        """
        facts = read_facts(der_of(certificate))
        info = check_chain(facts, self._trust, kind=kind, at=at)
        self._by_serial[info.serial] = facts.der
        revoked = self._revoked.get(facts.der)
        if revocation and revoked is not None and revoked <= at:
            raise CertificateProblem(
                ProblemCode.CERT_REVOKED, f"revoked since {revoked.isoformat()}"
            )
        return info

    def issued(self) -> tuple[Identity, ...]:
        """Return every identity made so far: of cards, services and TLS."""
        with self._lock:
            made = tuple(self._made.values())
        return tuple(identity for thing in made for identity in identities_of(thing))

    def revoke(self, certificate: x509.Certificate | bytes, at: datetime) -> None:
        """Revoke a certificate from the instant `at` on."""
        der = der_of(certificate)
        with self._lock:
            self._revoked[der] = at.astimezone(UTC)
            self._by_serial[read_certificate_info(der).serial] = der
            self._answers.clear()

    def reinstate(self, certificate: x509.Certificate | bytes) -> None:
        """Take a revocation back: test cards serve more than one scenario."""
        with self._lock:
            self._revoked.pop(der_of(certificate), None)
            self._answers.clear()

    def certificate_by_serial(self, serial: int) -> bytes | None:
        """Return the DER of a certificate this PKI has issued or verified."""
        return self._by_serial.get(serial)

    def ocsp(
        self, certificate: x509.Certificate | bytes, *, at: datetime, nonce: bytes | None = None
    ) -> bytes:
        """Return the DER OCSPResponse for a certificate as of `at`.

        Foreign certificates are `unknown`. Without a nonce one answer serves a minute.
        """
        facts = read_facts(der_of(certificate))
        moment = at.astimezone(UTC).replace(microsecond=0)
        if nonce is not None:
            return self._answer(facts, moment, nonce)
        moment = moment.replace(second=0)
        key = (facts.der, moment)
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= _OCSP_CACHE:
                self._answers.clear()
            answer = self._answers[key] = self._answer(facts, moment, None)
        return answer

    def ocsp_answer(self, inquiry: bytes, *, at: datetime) -> bytes:
        """Answer a DER OCSPRequest; an unheard-of serial number is `unknown`."""
        wanted = ocsp_wire.read_request(inquiry)
        der = self._by_serial.get(wanted.cert_id.serial)
        if der is not None and self._is_ours(read_facts(der)):
            facts = read_facts(der)
            issuer = self._trust.issuer_of(facts).certificate
            if wanted.cert_id == ocsp_wire.cert_id(der, issuer, wanted.cert_id.hash_oid):
                return self._answer(facts, at, wanted.nonce, wanted.cert_id)
        return ocsp_wire.build_response(
            self.service("ocsp"), wanted.cert_id, "unknown", this_update=at, nonce=wanted.nonce
        )

    def verify_ocsp(
        self,
        response: bytes,
        certificate: x509.Certificate | bytes,
        *,
        at: datetime,
        now: datetime | None = None,
    ) -> ocsp_wire.OcspStatus:
        """Judge an OCSP response for a certificate at `at`: signer, age, certHash, status.

        Raises OcspProblem when it cannot be read and CertificateProblem when it says no.
        """
        status = ocsp_wire.read_response(response)
        ocsp_wire.check_signature(status, (self.service("ocsp").der,))
        ocsp_wire.check_status(status, certificate, at=at, now=now)
        return status

    def _answer(
        self,
        facts: CertificateFacts,
        at: datetime,
        nonce: bytes | None,
        cert_id: ocsp_wire.CertId | None = None,
    ) -> bytes:
        signer = self.service("ocsp")
        ours = self._is_ours(facts)
        issuer = self._trust.issuer_of(facts) if ours else self.root
        cert_id = cert_id or ocsp_wire.cert_id(facts.der, issuer.certificate)
        revoked = self._revoked.get(facts.der)
        if not ours:
            return ocsp_wire.build_response(signer, cert_id, "unknown", this_update=at, nonce=nonce)
        if revoked is not None and revoked <= at:
            return ocsp_wire.build_response(
                signer,
                cert_id,
                "revoked",
                this_update=at,
                revoked_at=revoked,
                certificate=facts.der,
                nonce=nonce,
            )
        return ocsp_wire.build_response(
            signer, cert_id, "good", this_update=at, certificate=facts.der, nonce=nonce
        )

    def _is_ours(self, facts: CertificateFacts) -> bool:
        try:
            return self._trust.is_signed(facts, self._trust.issuer_of(facts))
        except CertificateProblem:
            return False

    @cached_property
    def _trust(self) -> TrustSpace:
        links = self.authorities.values()
        return TrustSpace({(link.name.public_bytes(), link.key_id): link for link in links})

    @cached_property
    def _tls_authority(self) -> Authority:
        return make_tls_authority(self._rng.derive("tls", "ca"), NIST, transport_layer.TLS_VALIDITY)

    def _personaliser(self, valid_until: date | None = None) -> Personaliser:
        # Valid since last year: signatures of past prescriptions are judged at their own time.
        validity, rng = self._years(1, 3), self._rng
        if valid_until is not None:
            last = datetime.combine(valid_until, time(23, 59, 59), UTC)
            validity = Validity(last.replace(year=last.year - _CARD_YEARS, day=1), last)
            rng = rng.derive("until", valid_until)
        return Personaliser(self.authorities, validity, self.ocsp_url, rng)

    def _years(self, before: int, after: int) -> Validity:
        return Validity.years(self._year - before, self._year + after)

    def _once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]  # type: ignore[return-value]

    def _known(self, card: T, *identities: Identity | RsaIdentity) -> T:
        for identity in identities:
            self._by_serial[identity.certificate.serial_number] = identity.der
        return card
