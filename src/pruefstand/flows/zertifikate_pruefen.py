"""Zertifikate und Signaturen prüfen: ask the Konnektor before anything is trusted."""

from __future__ import annotations

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.clients.konnektor.verification import Verifier
from pruefstand.crypto.pki.roles import TECHNICAL
from pruefstand.errors import SutError

VAU, IDP = (TECHNICAL[key].profession_oid for key in ("erp-vau", "idp"))
"""Roles of the certificates that encrypt for the Fachdienst and sign the IDP's tokens."""
VALID = "VALID"


def require_certificate(konnektor: KonnektorClient, der: bytes, role: str) -> None:
    """Accept a certificate of the TI with VerifyCertificate (A_20764, A_20675-01).

    Raises SutError unless the Konnektor calls it valid and names `role`.
    """
    found = Verifier(konnektor).certificate(der)
    if found.result != VALID or role not in found.roles:
        raise SutError(
            f"Der Konnektor hält das Zertifikat für {found.result} "
            f"mit Rolle {', '.join(found.roles) or 'keine'}, erwartet {VALID} mit {role}",
            hint="Der Ablauf wird abgebrochen; Gegenstelle prüfen.",
        )


def require_signature(konnektor: KonnektorClient, signed: bytes) -> None:
    """Accept a prescription's signature with VerifyDocument (A_19745); raises SutError."""
    result = Verifier(konnektor).document(signed).result
    if result != VALID:
        raise SutError(
            f"Der Konnektor hält die Signatur der Verordnung für {result}",
            hint="Nicht beliefern; mit der Praxis klären.",
        )
