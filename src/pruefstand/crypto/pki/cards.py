"""Personalisation: the cards of people and institutions, and the identities of services."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.crypto.pki import admission, roles, subjects
from pruefstand.crypto.pki.authority import Authority, Validity, issue
from pruefstand.crypto.pki.keys import BRAINPOOL, NIST
from pruefstand.crypto.pki.profiles import PROFILES, Branch, CertificateKind
from pruefstand.crypto.pki.values import Egk, Hba, Holder, Identity, Smcb
from pruefstand.errors import ConfigurationError
from pruefstand.rng import Rng

_GIVEN = ("Adelheid", "Bernd", "Clara", "Detlef", "Elif", "Frank", "Gülşen", "Hanno")
_SURNAMES = ("Ahornhain", "Birkenweg", "Fichtengrund", "Lindenhöfer", "Tannenberg", "Ulmenstieg")

# A service: certificate type, role, common name, curve. The ePA-VAU signs with P-256.
SERVICES: dict[str, tuple[CertificateKind, str, str, ec.EllipticCurve]] = {
    "erp-vau": (CertificateKind.FD_ENC, "erp-vau", "erezept-vau", BRAINPOOL),
    "fd-sig": (CertificateKind.FD_OSIG, "erezept", "erezept", BRAINPOOL),
    "idp-sig": (CertificateKind.FD_SIG, "idp", "IDP Sig 1", BRAINPOOL),
    "idp-enc": (CertificateKind.FD_ENC, "idp", "IDP Enc 1", BRAINPOOL),
    "epa-vau": (CertificateKind.FD_AUT, "epa-vau", "epa-vau", NIST),
    "konnektor": (CertificateKind.AK_AUT, "konnektor", "konnektor", BRAINPOOL),
    "kim": (CertificateKind.FD_SIG, "kim", "kim", BRAINPOOL),
    "vzd": (CertificateKind.ZD_SIG, "vzd", "vzd", BRAINPOOL),
    "popp": (CertificateKind.FD_SIG, "popp", "popp", BRAINPOOL),
    "tsl": (CertificateKind.TSL_SIG, "tsl-dienst", "MOCK.TSL-Signer1", BRAINPOOL),
    "ocsp": (CertificateKind.OCSP, "ocsp", "MOCK.OCSP-Signer1", BRAINPOOL),
}


class Personaliser:
    """Issues certificates from a set of authorities; equal seeds give equal cards."""

    def __init__(
        self, authorities: dict[Branch, Authority], validity: Validity, ocsp_url: str, rng: Rng
    ) -> None:
        self._authorities = authorities
        self._validity = validity
        self._ocsp_url = ocsp_url
        self._rng = rng

    def hba(self, name: str, role_key: str, telematik_id: str | None) -> Hba:
        """Return the professional's card called `name`."""
        role, rng = roles.person(role_key), self._rng.derive("hba", role_key, name)
        holder, iccsn = _holder(rng, name), _iccsn(rng)
        number = telematik_id or _telematik_id(role.sector, 1, role_key, rng)
        subject, entry = subjects.hba(holder, iccsn), admission.build(role, number)
        qes, aut, enc = (
            self._issue(kind, subject, entry, rng)
            for kind in (CertificateKind.HP_QES, CertificateKind.HP_AUT, CertificateKind.HP_ENC)
        )
        return Hba(holder, role_key, role.profession_oid, number, iccsn, qes, aut, enc)

    def smcb(self, name: str, role_key: str, telematik_id: str | None) -> Smcb:
        """Return the institution's card called `name`."""
        role, rng = roles.institution(role_key), self._rng.derive("smcb", role_key, name)
        owner, iccsn = _holder(rng, ""), _iccsn(rng)
        title = name[:1].upper() + name[1:]
        number = telematik_id or _telematik_id(role.sector, 2, role_key, rng)
        subject = subjects.smcb(title, number, iccsn, owner)
        entry = admission.build(role, number)
        aut, osig, enc = (
            self._issue(kind, subject, entry, rng)
            for kind in (CertificateKind.HCI_AUT, CertificateKind.HCI_OSIG, CertificateKind.HCI_ENC)
        )
        return Smcb(title, role_key, role.profession_oid, number, iccsn, aut, osig, enc)

    def egk(self, kvnr: str, name: str | None, insurer: str, iknr: str) -> Egk:
        """Return the insured person's card for `kvnr`."""
        rng = self._rng.derive("egk", kvnr)
        holder = _holder(rng, name or "")
        entry = admission.build(roles.PERSONS["versicherter"], None)
        subject = subjects.egk(holder, kvnr, iknr, insurer)
        aut = self._issue(CertificateKind.CH_AUT, subject, entry, rng)
        return Egk(holder, kvnr, iknr, insurer, _iccsn(rng), aut)

    def service(self, key: str) -> Identity:
        """Return the identity of a central service; raises ConfigurationError if unknown."""
        if key not in SERVICES:
            hint = "one of: " + ", ".join(SERVICES)
            raise ConfigurationError(f"the PKI has no service {key!r}", hint=hint)
        kind, role, common_name, curve = SERVICES[key]
        entry = admission.build(roles.TECHNICAL[role], None)
        rng = self._rng.derive("service", key)
        return self._issue(kind, subjects.service(common_name), entry, rng, curve)

    def _issue(
        self,
        kind: CertificateKind,
        subject: x509.Name,
        entry: x509.Admissions,
        rng: Rng,
        curve: ec.EllipticCurve = BRAINPOOL,
    ) -> Identity:
        return issue(
            self._authorities[PROFILES[kind].branch],
            kind,
            subject,
            entry,
            rng=rng.derive(kind),
            validity=self._validity,
            ocsp_url=self._ocsp_url,
            curve=curve,
        )


def _holder(rng: Rng, name: str) -> Holder:
    """Take a full name as it is; invent a synthetic one for a mere label."""
    given, _, surname = name.strip().rpartition(" ")
    if given:
        return Holder(given, surname)
    person = rng.derive("holder")
    return Holder(person.choice(_GIVEN), person.choice(_SURNAMES))


def _iccsn(rng: Rng) -> str:
    return "80276" + f"{rng.derive('iccsn').integer(0, 10**15 - 1):015}"


def _telematik_id(sector: int, part: int, role: str, rng: Rng) -> str:
    label = re.sub(r"[^A-Z]", "", role.upper())
    return f"{sector}-{part}-MOCK-{label}-{rng.derive('telematik-id').integer(0, 10**8 - 1):08}"
