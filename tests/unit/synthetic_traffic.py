"""A made-up recording of one prescription's life, in which single things can be made wrong."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_qes import QesSigner, parse
from pruefstand.crypto.pki import Pki
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.http import Headers

PKI = Pki("checks", VirtualClock.at_day(date(2026, 7, 1)))
NOON = datetime(2026, 7, 1, 10, tzinfo=UTC)
ID = "160.000.123.456.789.37"
OTHER_ID = "160.000.123.456.790.34"
CODE = "a1" * 32
SECRET = "b2" * 32
SIGN_ORDER = (
    "<SignDocument><SignatureType>urn:ietf:rfc:5652</SignatureType>"
    "<IncludeEContent>true</IncludeEContent>"
    "<IncludeRevocationInfo>true</IncludeRevocationInfo>"
    '<Base64Data MimeType="text/plain; charset=utf-8"/></SignDocument>'
)
PARAMETER = "<parameter><name value='workflowType'/></parameter>"


def xml(name: str, content: str) -> bytes:
    """Return a FHIR resource."""
    return f'<{name} xmlns="http://hl7.org/fhir">{content}</{name}>'.encode()


def identifier(system: str, value: str) -> str:
    """Return an identifier element."""
    return f'<identifier><system value="{system}"/><value value="{value}"/></identifier>'


def resource(name: str, profile: str, content: str = "") -> str:
    """Return a bundle entry; an empty profile leaves meta out."""
    meta = f'<meta><profile value="https://x/{profile}"/></meta>' if profile else ""
    return f'<entry><resource><{name}><id value="1"/>{meta}{content}</{name}></resource></entry>'


def binary(content_type: str, data: bytes) -> str:
    """Return a Binary element."""
    text = base64.b64encode(data).decode()
    return f'<Binary><contentType value="{content_type}"/><data value="{text}"/></Binary>'


def envelope(key: int) -> bytes:
    """Return something as long as a VAU request, with version 1 and the ephemeral key `key`."""
    return b"\x01" + bytes([key]) * 64 + bytes(40)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Defaults are right; replace one field to make one thing wrong."""

    authorization: str = "Bearer a.b.c"
    parameters: str = PARAMETER
    created_code: str = CODE
    created_status: str = "draft"
    created_id: str = ID
    shown_code: str | None = CODE
    document_id: str = ID
    authored: str = "2026-07-01"
    signed_at: datetime = NOON
    with_ocsp: bool = True
    broken_signature: bool = False
    medication: str = "KBV_PR_ERP_Medication_PZN|1.4"
    patient_profile: str = "KBV_PR_FOR_Patient|1.2"
    task_status: str = "ready"
    sign_order: str = SIGN_ORDER
    delivered_change: bytes = b""
    shown_secret: str = SECRET
    receipt_digest: bytes | None = None
    signed_receipt_digest: bytes | None = None
    receipt_signature: bool = True
    abort_code: str | None = CODE
    abort_status: int = 204
    reject_status: int = 204
    tls_version: str = "TLSv1.3"
    user_agent: str = "Pruefstand/0.1.0 pruefstand/gematikTestPs"
    erp_user: str = "l"
    vau_paths: tuple[str, ...] = ("/VAU/0", "/VAU/p1", "/VAU/p2")
    vau_bodies: tuple[bytes, ...] = (envelope(1), envelope(2), envelope(3))
    open_path: str = "/VAUCertificate"
    left_out: frozenset[str] = frozenset()
    extra: tuple[Exchange, ...] = field(default=())

    def document(self) -> bytes:
        """Return what gets signed."""
        kvnr = identifier("http://fhir.de/sid/gkv/kvid-10", "X110411675")
        return xml(
            "Bundle",
            identifier("https://gematik.de/fhir/erp/NamingSystem/PrescriptionId", self.document_id)
            + resource("Patient", self.patient_profile, kvnr)
            + resource("MedicationRequest", "R|1.4", f'<authoredOn value="{self.authored}"/>')
            + resource("Medication", self.medication),
        )

    def signed(self) -> bytes:
        """Return the uploaded CMS document."""
        card = PKI.hba().qes
        ocsp = PKI.ocsp(card.der, at=self.signed_at) if self.with_ocsp else None
        whole = QesSigner(card).sign(self.document(), at=self.signed_at, ocsp=ocsp)
        return whole.replace(b"X110411675", b"X110411676") if self.broken_signature else whole

    def exchanges(self) -> list[Exchange]:
        """Return the recording."""
        inner = [self._create(), self._activate(), self._accept(), self._close()]
        inner += [self._reject(), self._abort()]
        whole = [*self._wire(), *inner, self._signing(), *self.extra]
        return [exchange for exchange in whole if exchange.operation not in self.left_out]

    def _create(self) -> Exchange:
        codes = identifier("https://x/GEM_ERP_NS_AccessCode", self.created_code)
        return in_vau(
            "Task/$create",
            "POST /Task/$create",
            201,
            xml("Parameters", self.parameters),
            xml(
                "Task",
                f'<id value="{self.created_id}"/>{codes}<status value="{self.created_status}"/>',
            ),
            (("Authorization", self.authorization),),
        )

    def _activate(self) -> Exchange:
        return in_vau(
            "Task/$activate",
            f"POST /Task/{ID}/$activate",
            200,
            xml("Parameters", binary("application/pkcs7-mime", self.signed())),
            xml("Task", f'<id value="{ID}"/><status value="{self.task_status}"/>'),
            () if self.shown_code is None else (("X-AccessCode", self.shown_code),),
        )

    def _accept(self) -> Exchange:
        card = PKI.hba().qes
        delivered = self.signed()
        if self.delivered_change:
            changed = self.document() + self.delivered_change
            delivered = QesSigner(card).sign(changed, at=self.signed_at)
        secret = identifier("https://x/GEM_ERP_NS_Secret", SECRET)
        return in_vau(
            "Task/$accept",
            f"POST /Task/{ID}/$accept?ac={CODE}",
            200,
            answer=xml(
                "Bundle", f"<Task>{secret}</Task>" + binary("application/pkcs7-mime", delivered)
            ),
        )

    def _close(self) -> Exchange:
        right = parse(self.signed()).message_digest
        shown = binary("application/octet-stream", self.receipt_digest or right)
        signed = binary("application/octet-stream", self.signed_receipt_digest or right)
        receipt = QesSigner(PKI.service("fd-sig")).sign(xml("Bundle", signed), at=NOON)
        if not self.receipt_signature:
            receipt = receipt.replace(b"octet-stream", b"octet-stroom")
        data = base64.b64encode(receipt).decode()
        return in_vau(
            "Task/$close",
            f"POST /Task/{ID}/$close?secret={self.shown_secret}",
            200,
            answer=xml("Bundle", f'{shown}<signature><data value="{data}"/></signature>'),
        )

    def _reject(self) -> Exchange:
        return in_vau(
            "Task/$reject",
            f"POST /Task/{ID}/$reject?secret={self.shown_secret}",
            self.reject_status,
        )

    def _abort(self) -> Exchange:
        headers = () if self.abort_code is None else (("X-AccessCode", self.abort_code),)
        return in_vau("Task/$abort", f"POST /Task/{ID}/$abort", self.abort_status, headers=headers)

    def _signing(self) -> Exchange:
        order = Message("SignDocument", body=self.sign_order.encode())
        return exchange(
            Layer.SOAP, "SignDocument", order, Message("", status=200), peer="konnektor"
        )

    def _wire(self) -> list[Exchange]:
        tls = exchange(
            Layer.TLS, "TLS", Message(), None, id="tls", facts={"version": self.tls_version}
        )
        whole = [tls, self._outer("VAUCertificate", "GET", self.open_path, b"")]
        for number, (path, body) in enumerate(zip(self.vau_paths, self.vau_bodies, strict=True)):
            whole.append(self._outer("VAU", "POST", path, body, f"p{number + 1}"))
        return [*whole, exchange(Layer.VAU, "VAU", Message(), Message(), id="vau", parent="tls")]

    def _outer(
        self, operation: str, method: str, path: str, body: bytes, given: str = ""
    ) -> Exchange:
        headers = (("User-Agent", self.user_agent), ("X-erp-user", self.erp_user))
        pseudonym = (("Userpseudonym", given),) if given else ()
        return exchange(
            Layer.HTTP,
            operation,
            Message(f"{method} https://localhost{path}", headers, body),
            Message("200", pseudonym, b"", 200),
            parent="tls",
        )


def exchange(
    layer: Layer,
    operation: str,
    request: Message,
    response: Message | None,
    *,
    id: str = "x",
    parent: str | None = None,
    actor: str = "pvs",
    peer: str = "erezept",
    facts: dict[str, str] | None = None,
) -> Exchange:
    """Return one recorded exchange."""
    return Exchange(
        id,
        parent,
        layer,
        Side.CLIENT,
        actor,
        peer,
        operation,
        NOON,
        0.0,
        request,
        response,
        facts or {},
    )


def in_vau(
    operation: str,
    start: str,
    status: int,
    body: bytes = b"",
    answer: bytes = b"",
    headers: Headers = (),
    answer_headers: Headers = (),
) -> Exchange:
    """Return an inner exchange with the Fachdienst."""
    return exchange(
        Layer.HTTP,
        operation,
        Message(start, headers, body),
        Message(str(status), answer_headers, answer, status),
        id=operation,
        parent="vau",
    )


def refusal(operation: str, status: int, text: str) -> Exchange:
    """Return a refused inner exchange with its OperationOutcome."""
    outcome = xml("OperationOutcome", f'<issue><details><text value="{text}"/></details></issue>')
    return in_vau(operation, f"POST /{operation}", status, answer=outcome)


def soap_call(operation: str, status: int, fault: str = "", actor: str = "pvs") -> Exchange:
    """Return a call at the Konnektor; `fault` is the gematik error code."""
    facts = {"fault": fault} if fault else {}
    return exchange(
        Layer.SOAP, operation, Message(), Message(status=status), actor=actor, facts=facts
    )
