"""Subject names in the layouts of the cards."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from pruefstand.crypto.pki.values import Holder

ORGANIZATION = "Pruefstand MOCK NOT-VALID"


def _attribute(oid: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(oid, text)


_COUNTRY = _attribute(NameOID.COUNTRY_NAME, "DE")


def hba(holder: Holder, iccsn: str) -> x509.Name:
    """Return the name of a HBA: the country, then one RDN with four attributes."""
    person = x509.RelativeDistinguishedName(
        [
            _attribute(NameOID.GIVEN_NAME, holder.given_name),
            _attribute(NameOID.SURNAME, holder.surname),
            _attribute(NameOID.SERIAL_NUMBER, f"16.{iccsn}"),
            _attribute(NameOID.COMMON_NAME, f"{holder.name} TEST-ONLY"),
        ]
    )
    return x509.Name([x509.RelativeDistinguishedName([_COUNTRY]), person])


def smcb(institution: str, telematik_id: str, iccsn: str, owner: Holder) -> x509.Name:
    """Return the name of an SMC-B; its organisation is the Telematik-ID."""
    return x509.Name(
        [
            _COUNTRY,
            _attribute(NameOID.STATE_OR_PROVINCE_NAME, "Berlin"),
            _attribute(NameOID.LOCALITY_NAME, "Berlin"),
            _attribute(NameOID.POSTAL_CODE, "10117"),
            _attribute(NameOID.STREET_ADDRESS, "Musterstraße 1"),
            _attribute(NameOID.ORGANIZATION_NAME, telematik_id),
            _attribute(NameOID.SERIAL_NUMBER, f"10.{iccsn}"),
            _attribute(NameOID.SURNAME, owner.surname),
            _attribute(NameOID.GIVEN_NAME, owner.given_name),
            _attribute(NameOID.COMMON_NAME, f"{institution} TEST-ONLY"),
        ]
    )


def egk(holder: Holder, kvnr: str, iknr: str, insurer: str) -> x509.Name:
    """Return the name of an eGK; KVNR and IK are two organisational units."""
    return x509.Name(
        [
            _COUNTRY,
            _attribute(NameOID.ORGANIZATION_NAME, f"{insurer} NOT-VALID"),
            _attribute(NameOID.ORGANIZATIONAL_UNIT_NAME, kvnr),
            _attribute(NameOID.ORGANIZATIONAL_UNIT_NAME, iknr),
            _attribute(NameOID.SURNAME, holder.surname),
            _attribute(NameOID.GIVEN_NAME, holder.given_name),
            _attribute(NameOID.COMMON_NAME, f"{holder.name} TEST-ONLY"),
        ]
    )


def service(common_name: str) -> x509.Name:
    """Return the name of a central service."""
    return x509.Name(
        [
            _COUNTRY,
            _attribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            _attribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def authority(common_name: str, unit: str | None) -> x509.Name:
    """Return the name of a certification authority."""
    units = [] if unit is None else [_attribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
    return x509.Name(
        [
            _COUNTRY,
            _attribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            *units,
            _attribute(NameOID.COMMON_NAME, common_name),
        ]
    )
