"""Reading connector.sds: which service version is served where."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.errors import SutError
from pruefstand.soap.envelope import Element, SoapProblem, child, children, parse_xml, text
from pruefstand.soap.namespaces import qname, wsdl


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One version of a service; `location` is its TLS address."""

    service: str
    namespace: str
    version: str
    location: str
    plain_location: str = ""
    """The address without TLS, empty where TLS is mandatory."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The service directory of one Konnektor."""

    product: str
    tls_mandatory: bool
    client_authentication_mandatory: bool
    endpoints: tuple[Endpoint, ...]

    def find(self, service: str, *versions: str) -> Endpoint:
        """Return the newest endpoint of the first of `versions` ("7.5") that is offered."""
        for version in versions:
            namespace = wsdl(service, version)
            offered = [entry for entry in self.endpoints if entry.namespace == namespace]
            if offered:
                return max(offered, key=lambda entry: _numbers(entry.version))
        raise SutError(
            f"Konnektor bietet {service} {' / '.join(versions)} nicht an",
            hint="Firmware des Konnektors und sein Dienstverzeichnis connector.sds prüfen.",
        )


def read_directory(data: bytes) -> Directory:
    """Return the directory in connector.sds; raises SutError when it is none."""
    try:
        root = parse_xml(data)
    except SoapProblem as problem:
        raise _unreadable(problem.text) from problem
    if root.tag != qname("SD:ConnectorServices"):
        raise _unreadable(f"Wurzelelement {root.tag}")
    misc = "PI:ProductInformation/PI:ProductMiscellaneous"
    endpoints = tuple(
        Endpoint(
            service.get("Name", ""),
            version.get("TargetNamespace", ""),
            version.get("Version", ""),
            _location(version, "SI:EndpointTLS"),
            _location(version, "SI:Endpoint"),
        )
        for service in children(root, "SI:ServiceInformation/SI:Service")
        for version in children(service, "SI:Versions/SI:Version")
    )
    return Directory(
        text(root, f"{misc}/PI:ProductName") or "",
        text(root, "SD:TLSMandatory") in ("true", "1"),
        text(root, "SD:ClientAutMandatory") in ("true", "1"),
        tuple(entry for entry in endpoints if entry.location),
    )


def _location(version: Element, name: str) -> str:
    endpoint = child(version, name)
    return endpoint.get("Location", "") if endpoint is not None else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _unreadable(reason: str) -> SutError:
    return SutError(
        f"connector.sds des Konnektors ist nicht lesbar: {reason}",
        hint="Adresse des Konnektors prüfen; unter ihr muss connector.sds liegen.",
    )
