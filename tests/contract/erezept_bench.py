"""A Fachdienst in this process, with callers of every role and signed prescriptions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from mocks.erezept import app
from mocks.erezept.inner import AUDIENCE
from mocks.erezept.records import Records
from mocks.erezept.roles import OID
from pruefstand.clients.erezept import CreatedTask, ErezeptClient
from pruefstand.clock import BERLIN, VirtualClock
from pruefstand.crypto import jws
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.charge_item import charge_item_body
from pruefstand.fhir.consent import CHARGING, consent_body
from pruefstand.fhir.dispensation import dispensation_body
from pruefstand.fhir.dispense_item import dispense_item
from pruefstand.fhir.prescription import build_prescription
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import kvnr
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng
from pruefstand.testdata.orders import PrescriptionOrder, order
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder

BASE = "https://erezept.test"
DAY = date(2026, 11, 23)
IDS = {
    "practice": ("50", "1-praxis-1"),
    "pharmacy": ("54", "3-apotheke-1"),
    "other_pharmacy": ("54", "3-apotheke-2"),
    "hospital_pharmacy": ("55", "5-apotheke-3"),
    "payer": ("59", "8-kasse-1"),
    "ncpeh": ("292", "1-ncpeh-1"),
}
XML = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
SIGNED_DOCUMENT = "application/pkcs7-mime"
Edit = Callable[[bytes], bytes]


def activation_body(signed: bytes) -> bytes:
    """Return the body of $activate."""
    data = base64.b64encode(signed).decode()
    binary = {"resourceType": "Binary", "contentType": SIGNED_DOCUMENT, "data": data}
    return to_xml(
        {"resourceType": "Parameters", "parameter": [{"name": "ePrescription", "resource": binary}]}
    )


@dataclass(slots=True)
class Bench:
    """The mock and everybody who talks to it."""

    pki: Pki
    clock: VirtualClock
    settings: dict[str, object] = field(default_factory=dict)
    app: App = field(init=False)
    context: MockContext = field(init=False)
    records: Records = field(init=False)
    recorder: Recorder = field(init=False)
    rng: Rng = field(default_factory=lambda: Rng("bench"))
    _clients: dict[str, ErezeptClient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock.move_to(datetime.combine(DAY, time(10), BERLIN))
        self.context = MockContext(
            clock=self.clock,
            rng=Rng("erezept"),
            pki=self.pki,
            base_url=BASE,
            settings=self.settings,
        )
        self.app = app(self.context)
        self.records = Records.of(self.context.store)
        self.recorder = Recorder(self.clock)

    @property
    def insured(self) -> str:
        """The KVNR of the patient on all prescriptions."""
        return kvnr.generate(Rng("insured"))

    def order(self, **wanted: object) -> PrescriptionOrder:
        """Return an order for the insured person."""
        return order(self.rng, **{"kvnr": self.insured, **wanted})  # type: ignore[arg-type]

    def claims(self, oid: str, id_number: str) -> dict[str, object]:
        """Return the claims of a valid token."""
        now = int(self.clock.now().timestamp())
        return {
            "professionOID": OID + oid,
            "idNummer": id_number,
            "sub": f"sub-{id_number}",
            "iss": "https://idp.test",
            "aud": AUDIENCE,
            "acr": "gematik-ehealth-loa-high",
            "jti": "1",
            "iat": now,
            "exp": now + 300,
            "organizationName": "Org",
            "display_name": "Name",
        }

    def token(self, oid: str, id_number: str, **changed: object) -> str:
        """Return a signed token; a claim set to None is left out."""
        claims = {**self.claims(oid, id_number), **changed}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jws.sign(kept, self.pki.service("idp-sig").key, {"typ": "at+JWT"})

    def client(self, oid: str, id_number: str) -> ErezeptClient:
        """Return the client of a role; it renews its token with every call."""
        key = f"{oid} {id_number}"
        if key not in self._clients:
            transport = HttpTransport(self.recorder, actor="pvs", inner=mock_transport(self.app))
            self._clients[key] = ErezeptClient(
                transport, BASE, tokens=lambda: self.token(oid, id_number), user_agent="T/1 T/1"
            )
        return self._clients[key]

    def as_role(self, name: str) -> ErezeptClient:
        """Return the client of a named role, `insured` included."""
        oid, id_number = ("49", self.insured) if name == "insured" else IDS[name]
        return self.client(oid, id_number)

    def send(
        self,
        role: str,
        method: str,
        target: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Send any inner request."""
        inner = Request(method, target, tuple((headers or {}).items()), body)
        return self.as_role(role).call(inner, target, "Task")

    def document(self, prescription_id: str, *, version: str = "1.4", **wanted: object) -> bytes:
        """Return a KBV bundle for the task."""
        flow_type = int(prescription_id[:3])
        insurance = "PKV" if flow_type >= 200 else "GKV"
        details = {"flow_type": flow_type, "insurance": insurance, **wanted}
        return build_prescription(
            self.order(**details),
            rezept_id=prescription_id,
            version=version,
            authored=self.clock.now(),
        )

    def sign(self, document: bytes, *, role: str = "arzt", ocsp: bytes | None = None) -> bytes:
        """Sign with an HBA now."""
        card = self.pki.hba(role, role=role)
        return QesSigner(card.qes).sign(document, at=self.clock.now(), ocsp=ocsp)

    def created(self, flow_type: int = 160) -> CreatedTask:
        """Return a draft task."""
        return self.as_role("practice").create(flow_type)

    def ready(self, flow_type: int = 160, edit: Edit = bytes) -> CreatedTask:
        """Return an activated task."""
        task = self.created(flow_type)
        document = edit(self.document(task.prescription_id))
        self.as_role("practice").activate(
            task.prescription_id, task.access_code, self.sign(document)
        )
        return task

    def accepted(self, flow_type: int = 160) -> tuple[CreatedTask, str, bytes]:
        """Return a task in progress, its secret, and the $close body that fits."""
        task = self.ready(flow_type)
        taken = self.as_role("pharmacy").accept(task.prescription_id, task.access_code)
        return task, taken.secret, self.dispensation(task, taken.signed_prescription)

    def dispensation(
        self, task: CreatedTask, signed: bytes, telematik_id: str = "3-apotheke-1"
    ) -> bytes:
        """Return a $close body."""
        return dispensation_body(
            signed,
            kvnr=self.insured,
            prescription_id=task.prescription_id,
            telematik_id=telematik_id,
            handed_over=self.clock.now(),
        )

    def consent(self, category: str = CHARGING) -> None:
        """Let the insured person agree, to the storage of billings by default."""
        body = consent_body(self.insured, self.clock.now(), category)
        self.send("insured", "POST", "/Consent", headers=XML, body=body)

    def charge_body(self, prescription_id: str, telematik_id: str = "3-apotheke-1") -> bytes:
        """Return a ChargeItem signed by a pharmacy."""
        at = self.clock.now()
        content = dispense_item(prescription_id, pharmacy="A", at=at)
        signer = QesSigner(self.pki.smcb("apo", role="apotheke").osig, mime_type=None)
        return charge_item_body(
            prescription_id,
            kvnr=self.insured,
            telematik_id=telematik_id,
            signed=signer.sign(content, at=at),
            at=at,
        )

    def charged(self) -> tuple[CreatedTask, str, str]:
        """Return a billed private prescription, its Secret and the billing's AccessCode."""
        self.consent()
        task, secret = self.completed(200)
        target = f"/ChargeItem?task={task.prescription_id}&secret={secret}"
        body = self.charge_body(task.prescription_id)
        answer = self.send("pharmacy", "POST", target, headers=XML, body=body)
        assert answer.status == 201, answer.body
        item = self.records.charge_items.get(task.prescription_id)
        assert item is not None
        return task, secret, item.access_code

    def completed(self, flow_type: int = 160) -> tuple[CreatedTask, str]:
        """Return a closed task and its secret."""
        task, secret, body = self.accepted(flow_type)
        self.as_role("pharmacy").close(task.prescription_id, secret, body)
        return task, secret
