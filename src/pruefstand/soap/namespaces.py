"""XML namespaces of the Konnektor's services under the prefixes of their schemas."""

from __future__ import annotations

from functools import cache, lru_cache

_GEMATIK = "http://ws.gematik.de"

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
"""SOAP 1.1."""

NAMESPACES = {
    "SOAP-ENV": SOAP,
    "SD": f"{_GEMATIK}/conn/ServiceDirectory/v3.1",
    "SI": f"{_GEMATIK}/conn/ServiceInformation/v2.0",
    "PI": f"{_GEMATIK}/int/version/ProductInformation/v1.1",
    "CONN": f"{_GEMATIK}/conn/ConnectorCommon/v5.0",
    "CCTX": f"{_GEMATIK}/conn/ConnectorContext/v2.0",
    "CARDCMN": f"{_GEMATIK}/conn/CardServiceCommon/v2.0",
    "CARD": f"{_GEMATIK}/conn/CardService/v8.1",
    "EVT": f"{_GEMATIK}/conn/EventService/v7.2",
    "CTI": f"{_GEMATIK}/conn/CardTerminalInfo/v8.0",
    "CT": f"{_GEMATIK}/conn/CardTerminalService/v1.1",
    "FA": f"{_GEMATIK}/fa/vsdm/vsd/v5.2",
    "PNW": f"{_GEMATIK}/fa/vsdm/pnw/v1.0",
    "VSD": f"{_GEMATIK}/conn/vsds/VSDService/v5.2",
    "CRYPT": f"{_GEMATIK}/conn/EncryptionService/v6.1",
    "KVK": f"{_GEMATIK}/conn/vsds/KvkService/v4.0",
    "CERT": f"{_GEMATIK}/conn/CertificateService/v6.0",
    "CERTCMN": f"{_GEMATIK}/conn/CertificateServiceCommon/v2.0",
    "SIG": f"{_GEMATIK}/conn/SignatureService/v7.5",
    "SIG74": f"{_GEMATIK}/conn/SignatureService/v7.4",
    "GERROR": f"{_GEMATIK}/tel/error/v2.0",
    "dss": "urn:oasis:names:tc:dss:1.0:core:schema",
    "vr": "urn:oasis:names:tc:dss-x:1.0:profiles:verificationreport:schema#",
    "sp": "urn:oasis:names:tc:dss-x:1.0:profiles:SignaturePolicy:schema#",
}

_WITHOUT_WSDL = {"VSDService": "VSDService", "KVKService": "KvkService"}
"""Services whose WSDL namespace is that of the messages, and their name in it."""

_IRREGULAR_ACTIONS = {
    "CRYPT:DecryptDocument": "crypt/EncryptionService/v6.1#DecryptDocument",
    "VSD:ReadVSD": "vsds/VSDService/v6.0#ReadVSD",
    "KVK:ReadKVK": "vsds/KvkService/v4.0#ReadVDT",
}
"""Operations whose WSDL names another action than namespace and name of the message."""

_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


@cache
def qname(name: str) -> str:
    """Return `CONN:Status` as `{http://…}Status`; a name without prefix stays as it is."""
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else name


@lru_cache(maxsize=4096)
def prefixed(tag: str) -> str:
    """Return `{http://…}Status` as `CONN:Status`; an unknown namespace stays spelled out."""
    uri, brace, local = tag.removeprefix("{").partition("}")
    return f"{_PREFIXES[uri]}:{local}" if brace and uri in _PREFIXES else tag


def wsdl(service: str, version: str) -> str:
    """Return the WSDL namespace by which a service directory names `service`, e.g. "7.5"."""
    if service in _WITHOUT_WSDL:
        return f"{_GEMATIK}/conn/vsds/{_WITHOUT_WSDL[service]}/v{version}"
    return f"{_GEMATIK}/conn/{service}/WSDL/v{version}"


def soap_action(name: str) -> str:
    """Return the SOAPAction of the operation `SIG:SignDocument`, without quotes."""
    if name in _IRREGULAR_ACTIONS:
        return f"{_GEMATIK}/conn/{_IRREGULAR_ACTIONS[name]}"
    prefix, _, local = name.partition(":")
    return f"{NAMESPACES[prefix]}#{local}"
