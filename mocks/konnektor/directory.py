"""The service directory `connector.sds` (gemSpec_Kon, Dienstverzeichnisdienst)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pruefstand.soap.envelope import Element, element, serialize
from pruefstand.soap.fault import xml_time
from pruefstand.soap.namespaces import wsdl


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the directory names it; `versions` are full version numbers."""

    name: str
    abstract: str
    versions: tuple[str, ...]

    @property
    def path(self) -> str:
        """One path serves all versions of a service."""
        return f"/ws/{self.name}"


SERVICES = (
    Service("EventService", "Systeminformationsdienst", ("7.2.0",)),
    Service("CardService", "Kartendienst", ("8.1.0", "8.1.1", "8.1.2")),
    Service("CardTerminalService", "Kartenterminaldienst", ("1.1.0",)),
    Service("VSDService", "Fachmodul VSDM", ("5.2.0",)),
    Service("KVKService", "Lesen der KVK", ("4.0.0",)),
    Service("CertificateService", "Zertifikatsdienst", ("6.0.0", "6.0.1")),
    Service("SignatureService", "Signaturdienst", ("7.4.0", "7.4.2", "7.5.5")),
    Service("AuthSignatureService", "Authentisierungsdienst", ("7.4.0", "7.4.1")),
    Service("EncryptionService", "Verschlüsselungsdienst", ("6.1.0", "6.1.1")),
)

MODULES = ("VSDService", "KVKService")
"""What reads insurance cards."""

_VENDOR = {"id": "MOCKV", "code": "mockkon", "name": "Pruefstand", "product": "Konnektor (Mock)"}
_TYPE_VERSION, _HARDWARE, _FIRMWARE = "6.0.2", "1.0.0", "6.0.5"


def directory(
    base_url: str,
    at: datetime,
    *,
    client_authentication: bool,
    plain_url: str | None = None,
    unsafe: Collection[str] = (),
) -> bytes:
    """Return connector.sds; endpoints lie below `base_url`, those of `unsafe` services without TLS.

    Where TLS is not mandatory they are offered below `plain_url` as well.
    """
    tls, plain = base_url.rstrip("/"), plain_url.rstrip("/") if plain_url else None
    bare = tls.replace("https:", "http:", 1)
    services = [
        _service(service, bare if service.name in unsafe else tls, plain) for service in SERVICES
    ]
    root = element(
        "SD:ConnectorServices",
        product_information(at, "Konnektor", _VENDOR["product"]),
        element("SD:TLSMandatory", "false" if plain else "true"),
        element("SD:ClientAutMandatory", "true" if client_authentication else "false"),
        element("SI:ServiceInformation", *services),
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + serialize(root)


def _service(service: Service, base_url: str, plain: str | None) -> Element:
    versions = [
        element(
            "SI:Version",
            element("SI:Abstract", version),
            element("SI:Endpoint", Location=plain + service.path) if plain else None,
            element("SI:EndpointTLS", Location=base_url + service.path),
            TargetNamespace=wsdl(service.name, version.rpartition(".")[0]),
            Version=version,
        )
        for version in service.versions
    ]
    return element(
        "SI:Service",
        element("SI:Abstract", service.abstract),
        element("SI:Versions", *versions),
        Name=service.name,
    )


def product_information(at: datetime, product_type: str, name: str) -> Element:
    """Return who made a product of `product_type` (Konnektor, KT) and which one it is."""
    local = element(
        "PI:Local", element("PI:HWVersion", _HARDWARE), element("PI:FWVersion", _FIRMWARE)
    )
    return element(
        "PI:ProductInformation",
        element("PI:InformationDate", xml_time(at)),
        element(
            "PI:ProductTypeInformation",
            element("PI:ProductType", product_type),
            element("PI:ProductTypeVersion", _TYPE_VERSION),
        ),
        element(
            "PI:ProductIdentification",
            element("PI:ProductVendorID", _VENDOR["id"]),
            element("PI:ProductCode", _VENDOR["code"]),
            element("PI:ProductVersion", local),
        ),
        element(
            "PI:ProductMiscellaneous",
            element("PI:ProductVendorName", _VENDOR["name"]),
            element("PI:ProductName", name),
        ),
    )
