"""The simulated actors: a practice with the built-in PVS, and a pharmacy.

Both speak only through protocol clients over recorded transports, exactly as a product would.
What they may do wrong on purpose stands in `carelessness`; they are careful unless told.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pruefstand.clients.erezept import AcceptedTask, CreatedTask, ErezeptClient
from pruefstand.clients.erezept_billing import ErezeptBilling
from pruefstand.clients.erezept_messages import ErezeptMessages
from pruefstand.clients.idp import AuthenticationCard, IdpClient, TokenSource
from pruefstand.clients.konnektor import KonnektorClient, KonnektorContext
from pruefstand.clock import Clock
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Identity, Smcb
from pruefstand.crypto.prehashed import sign_digest
from pruefstand.drivers import careless_erezept, carelessness
from pruefstand.drivers import carelessness_erezept as careless_about
from pruefstand.drivers.careless import DOCUMENTS, PRINTS, CarelessErezept, CarelessTransport
from pruefstand.drivers.careless_login import CarelessScrutiny, attempts
from pruefstand.drivers.slips import carried_out, replaced
from pruefstand.fhir.dispensation import dispensation_body
from pruefstand.flows import (
    abrechnen,
    anmelden,
    einloesen,
    erreichbarkeit,
    loeschen,
    verordnen,
    wiederholen,
    zertifikate_pruefen,
)
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.fault import FaultSet
from pruefstand.prints import sheet_reading
from pruefstand.prints.token_sheet import TokenSheet
from pruefstand.rng import Rng
from pruefstand.transport import Transport

PRODUCT = "Pruefstand/0.1.0 pruefstand"
CLIENT_ID = "gematikTestPs"
REDIRECT_URI = "http://test-ps.gematik.de/erezept"
USER_AGENT = f"{PRODUCT}/{CLIENT_ID}"
CONTEXT = KonnektorContext("M1", "CS1", "WP1", "0d3a4b1e-6a0f-4b53-9a59-7a1f7c0f9b11")


class Endpoints(Protocol):
    """Where the targets of a profile are."""

    def base_url(self, role: str) -> str:
        """Return the address of `role`."""
        ...

    def client_tls(self, name: str) -> ssl.SSLContext:
        """Return a TLS context that shows the client certificate `name`."""
        ...

    def trust(self, certificate: bytes) -> object:
        """Judge a service certificate (DER); raises an error unless chain and status are good."""
        ...


@dataclass(frozen=True, slots=True)
class SoftwareCard:
    """An SMC-B whose key lies in memory; used for actors that are not under test."""

    identity: Identity

    @property
    def certificate_der(self) -> bytes:
        """The certificate C.HCI.AUT."""
        return self.identity.der

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the DER signature over a SHA-256 `digest`."""
        return sign_digest(self.identity.key, digest)


class Practice:
    """The built-in PVS: Konnektor, IDP and Fachdienst, tokens cached and renewed."""

    def __init__(
        self,
        endpoints: Endpoints,
        transport: Transport,
        clock: Clock,
        faults: FaultSet | None = None,
    ) -> None:
        self.faults = faults if faults is not None else FaultSet()
        wire = CarelessTransport(transport, self.faults, careless_erezept.OUTER)
        address = endpoints.base_url("konnektor")
        self.konnektor = careless_erezept.PrescribingKonnektor(wire, address, CONTEXT, self.faults)
        self.tokens = _LazyTokens(
            lambda: TokenSource(
                _idp(wire, endpoints, self.faults, self._trust_idp),
                anmelden.unlocked_practice_card(self.konnektor),
                clock,
            ),
            self.faults,
        )
        erezept = _erezept(wire, endpoints, self.tokens, self.faults, self._trust_vau)
        self._attempt = erezept.attempt
        self._wire = wire
        self.erezept: ErezeptClient = erezept

    def _trust_idp(self, der: bytes) -> None:
        zertifikate_pruefen.require_certificate(self.konnektor, der, zertifikate_pruefen.IDP)

    def _trust_vau(self, der: bytes) -> None:
        if careless_about.VAU_CERTIFICATE not in self.faults:
            zertifikate_pruefen.require_certificate(self.konnektor, der, zertifikate_pruefen.VAU)

    @property
    def hba(self) -> str:
        """The handle of the physician's card."""
        return anmelden.card_handle(self.konnektor, "HBA")

    def prescribe(self, flow_type: int, write: verordnen.Write) -> verordnen.Prescribed:
        """Write, sign and upload one prescription."""
        hba, slips = self.hba, DOCUMENTS + careless_erezept.DOCUMENTS

        def attempted(prescription_id: str) -> bytes:
            def upload(wrong: bytes) -> None:
                signed = verordnen.sign(self.konnektor, hba, wrong)
                self._attempt(prescription_id, signed)

            return carried_out(slips, self.faults, "", write(prescription_id), upload)

        return verordnen.prescribe(
            self.erezept, self.konnektor, hba, flow_type=flow_type, write=attempted
        )

    def create_patiently(self, flow_type: int, *, pause: Callable[[float], None]) -> CreatedTask:
        """Call $create; what passes by itself is waited for (`pause` takes seconds)."""
        return wiederholen.patiently(
            lambda: self.erezept.create(flow_type), pause, careless_erezept.retried(self.faults)
        )

    def idle(self, periods: int, *, pause: Callable[[float], None], rng: Rng) -> None:
        """Have nothing to do for `periods` idle times; the root is probed after each."""

        def probe() -> None:
            self.erezept.probe()
            if careless_about.PROBES_BY_TIMER in self.faults:
                self.erezept.metadata()

        erreichbarkeit.watch(probe, periods, careless_erezept.idle_pause(self.faults, pause), rng)

    def print_sheet(self, sheet: TokenSheet) -> str:
        """Return the printed page as HTML; what a reader sees on it is recorded, codes decoded."""
        page = replaced(PRINTS + careless_erezept.PRINTS, self.faults, "", sheet.html())
        self._wire.recorder.add(
            Layer.PRINT,
            actor=self._wire.actor,
            peer="versicherte",
            operation="Ausdruck",
            request=Message("Ausdruck", (), sheet_reading.read(page, sheet.tokens)),
            response=None,
        )
        return page

    def withdraw(self, prescribed: verordnen.Prescribed) -> None:
        """Delete a prescription nobody has accepted."""
        loeschen.withdraw(self.erezept, prescribed.prescription_id, prescribed.task.access_code)


class Pharmacy:
    """A pharmacy with a software SMC-B; it redeems what a token names.

    With a Konnektor it has the signature verified before it dispenses.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        transport: Transport,
        clock: Clock,
        smcb: Identity,
        telematik_id: str,
        faults: FaultSet | None = None,
        konnektor: KonnektorClient | None = None,
    ) -> None:
        faults = faults if faults is not None else FaultSet()
        self._faults, self._konnektor = faults, konnektor
        card: AuthenticationCard = SoftwareCard(smcb)
        self.telematik_id = telematik_id
        self._clock = clock
        wire = CarelessTransport(transport, faults)
        self.tokens = _LazyTokens(
            lambda: TokenSource(_idp(wire, endpoints, faults, endpoints.trust), card, clock),
            faults,
        )
        self.erezept = _erezept(wire, endpoints, self.tokens, faults, endpoints.trust)
        self.messages = ErezeptMessages(self.erezept)
        self.billing = ErezeptBilling(self.erezept)

    def redeem(self, prescription_id: str, access_code: str) -> einloesen.Redeemed:
        """Accept, dispense and close."""
        return einloesen.redeem(
            self.erezept, prescription_id, access_code, dispense=self.dispensation
        )

    def dispensation(self, accepted: AcceptedTask) -> bytes:
        """Return the dispensation body that matches the accepted prescription.

        Raises SutError when the Konnektor does not call its signature valid.
        """
        konnektor = self._konnektor
        if konnektor and careless_about.UNVERIFIED_PRESCRIPTION not in self._faults:
            zertifikate_pruefen.require_signature(konnektor, accepted.signed_prescription)
        return dispensation_body(
            accepted.signed_prescription,
            kvnr=accepted.kvnr,
            prescription_id=accepted.prescription_id,
            telematik_id=self.telematik_id,
            handed_over=self._clock.now(),
        )

    def charge(self, redeemed: einloesen.Redeemed, card: Smcb) -> None:
        """Bill a dispensed private prescription, signed with the pharmacy's `card`."""
        accepted, at = redeemed.accepted, self._clock.now()
        abrechnen.charge(
            self.billing,
            accepted.prescription_id,
            accepted.secret,
            kvnr=accepted.kvnr,
            telematik_id=self.telematik_id,
            pharmacy=card.institution,
            sign=lambda content: QesSigner(card.osig, mime_type=None).sign(content, at=at),
            at=at,
        )

    def give_back(self, prescription_id: str, secret: str) -> None:
        """Return an accepted prescription."""
        einloesen.give_back(self.erezept, prescription_id, secret)


class _LazyTokens:
    """Logs in at the first call that needs a token."""

    def __init__(self, open_source: Callable[[], TokenSource], faults: FaultSet) -> None:
        self._open = open_source
        self._faults = faults
        self._source: TokenSource | None = None

    def __call__(self) -> str:
        if self._source is None:
            self._source = self._open()
        elif carelessness.LOGIN_EACH_TIME in self._faults:
            self._source.forget()
        return self._source.token().token


def _idp(
    transport: Transport,
    endpoints: Endpoints,
    faults: FaultSet,
    trust: Callable[[bytes], object],
) -> IdpClient:
    return IdpClient(
        transport,
        endpoints.base_url("idp"),
        client_id=CLIENT_ID,
        redirect_uri=REDIRECT_URI,
        user_agent=USER_AGENT,
        scrutiny=CarelessScrutiny(trust, faults),
        begin=attempts(faults),
    )


def _erezept(
    transport: Transport,
    endpoints: Endpoints,
    tokens: Callable[[], str],
    faults: FaultSet,
    trust: Callable[[bytes], object],
) -> CarelessErezept:
    client = CarelessErezept(
        transport,
        endpoints.base_url("erezept"),
        tokens=tokens,
        user_agent=USER_AGENT,
        trust=trust,
    )
    return client.careless(faults, careless_erezept.INNER)
