"""What the web layer answers about certificates, unencrypted and without a token."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mocks.erezept.faults import FILLED_LIST, VAU_ROLE
from pruefstand.crypto.ocsp import OcspProblem
from pruefstand.mockkit import MockContext, Route
from pruefstand.model.http import Request, Response

_OCSP = (("Content-Type", "application/ocsp-response"),)
_JSON = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class PkiEndpoints:
    """OCSP answers and issuing certificates of the test PKI."""

    ctx: MockContext

    def vau_certificate(self, request: Request) -> Response:
        """GET /VAUCertificate: C.FD.ENC in DER (A_20160)."""
        shown = "idp-enc" if VAU_ROLE in self.ctx.faults else "erp-vau"
        der = self.ctx.pki.service(shown).der
        return Response(200, (("Content-Type", "application/pkix-cert"),), der)

    def vau_ocsp(self, request: Request) -> Response:
        """GET /VAUCertificateOCSPResponse: deprecated, still answered."""
        certificate = self.ctx.pki.service("erp-vau").der
        return self._status_of(certificate)

    def ocsp_response(self, request: Request) -> Response:
        """GET /OCSPResponse?issuer-cn=&serial-nr=: the status of one certificate, or 400, 404."""
        issuer, serial = request.query.get("issuer-cn"), request.query.get("serial-nr", "")
        if not issuer or not serial.isascii() or not serial.isdigit():
            return Response(400)
        certificate = self.ctx.pki.certificate_by_serial(int(serial))
        if certificate is None or _issuer_name(certificate) != issuer:
            return Response(404)
        return self._status_of(certificate)

    def certificates(self, request: Request) -> Response:
        """GET /PKICertificates?currentRoot=: issuing certificates below the root, or 400, 404."""
        root = request.query.get("currentRoot")
        if not root:
            return Response(400)
        pki = self.ctx.pki
        if root != _common_name(pki.root.certificate.subject):
            return Response(404)
        issuers = [authority.certificate for authority in pki.authorities.values()]
        content = {"ca_certs": [_encoded(issuer) for issuer in issuers], "add_roots": []}
        return Response(200, _JSON, json.dumps(content).encode())

    def forward(self, request: Request) -> Response:
        """POST /ocspf: pass an OCSPRequest on to the responder."""
        try:
            answer = self.ctx.pki.ocsp_answer(request.body, at=self.ctx.clock.now())
        except OcspProblem:
            return Response(400)
        return Response(200, _OCSP, answer)

    def retired(self, request: Request) -> Response:
        """GET /CertList and /OCSPList: deprecated, empty."""
        if FILLED_LIST in self.ctx.faults:
            return Response(200, _JSON, b"[]")
        return Response(200, (("Content-Length", "0"),))

    def _status_of(self, certificate: bytes) -> Response:
        return Response(200, _OCSP, self.ctx.pki.ocsp(certificate, at=self.ctx.clock.now()))

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        return (
            Route("GET", "/VAUCertificate", "VAUCertificate", self.vau_certificate, "A_20160"),
            Route("GET", "/VAUCertificateOCSPResponse", "VAUCertificateOCSP", self.vau_ocsp),
            Route("GET", "/OCSPResponse", "OCSPResponse", self.ocsp_response),
            Route("GET", "/PKICertificates", "PKICertificates", self.certificates),
            Route("POST", "/ocspf", "OCSPForward", self.forward),
            Route("GET", "/CertList", "CertList", self.retired),
            Route("GET", "/OCSPList", "OCSPList", self.retired),
        )


def _encoded(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


def _issuer_name(der: bytes) -> str:
    return _common_name(x509.load_der_x509_certificate(der).issuer)


def _common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
