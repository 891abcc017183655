"""The admission extension 1.3.36.8.3.3: who may act in which role, with which Telematik-ID."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from pruefstand.crypto.pki.roles import Role


@dataclass(frozen=True, slots=True)
class AdmissionFacts:
    """The content of an admission extension, flattened over its entries."""

    profession_oids: tuple[str, ...] = ()
    profession_items: tuple[str, ...] = ()
    telematik_id: str | None = None
    authority: str | None = None


def build(role: Role, telematik_id: str | None) -> x509.Admissions:
    """Return the extension value for `role`; the authority stands on the outer level."""
    profession = x509.ProfessionInfo(
        None, [role.item], [x509.ObjectIdentifier(role.profession_oid)], telematik_id, None
    )
    authority = None
    if role.authority is not None and telematik_id is not None:
        authority = x509.DirectoryName(
            x509.Name(
                [
                    x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, role.authority),
                ]
            )
        )
    return x509.Admissions(authority, [x509.Admission(None, None, [profession])])


def read(extension: x509.Admissions | None) -> AdmissionFacts:
    """Return the roles and the first Telematik-ID; empty when there is no extension."""
    if extension is None:
        return AdmissionFacts()
    infos = [info for admission in extension for info in admission.profession_infos]
    numbers = [info.registration_number for info in infos if info.registration_number]
    return AdmissionFacts(
        tuple(oid.dotted_string for info in infos for oid in info.profession_oids or ()),
        tuple(item for info in infos for item in info.profession_items),
        numbers[0] if numbers else None,
        _organization(extension.authority),
    )


def _organization(authority: x509.GeneralName | None) -> str | None:
    if not isinstance(authority, x509.DirectoryName):
        return None
    names = authority.value.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else None
