"""The others who meet at the Fachdienst: the insured person with an app, and the insurer."""

from __future__ import annotations

from pruefstand.clients.erezept import AcceptedTask, Receipt
from pruefstand.clients.erezept_billing import ErezeptBilling
from pruefstand.clients.erezept_messages import ErezeptMessages
from pruefstand.clients.idp import IdpClient, TokenSource
from pruefstand.clients.idp_scrutiny import Scrutiny
from pruefstand.clock import Clock
from pruefstand.crypto.pki import Egk, Identity, Smcb
from pruefstand.drivers.careless import CarelessErezept
from pruefstand.drivers.simulator import (
    CLIENT_ID,
    REDIRECT_URI,
    USER_AGENT,
    Endpoints,
    SoftwareCard,
)
from pruefstand.fhir.consent import CHARGING, consent_body
from pruefstand.fhir.digital_application import redemption_body
from pruefstand.flows import zuweisen
from pruefstand.model.fault import FaultSet
from pruefstand.transport import Transport

REDEEM_CODE = "DE12345678901234"
"""Unlocks the invented application."""


class InsuredPerson:
    """A patient app: login with the eGK, own prescriptions, messages, consents, billings."""

    def __init__(
        self,
        endpoints: Endpoints,
        transport: Transport,
        clock: Clock,
        card: Egk,
        faults: FaultSet | None = None,
    ) -> None:
        self.kvnr = card.kvnr
        self._clock = clock
        careless = faults if faults is not None else FaultSet()
        client = _erezept(endpoints, transport, clock, card.aut, kind="v")
        self.erezept = client.careless(careless)
        self.messages = ErezeptMessages(self.erezept)
        self.billing = ErezeptBilling(self.erezept)

    def assign(self, prescription_id: str, access_code: str, recipient: str) -> str:
        """Send a prescription to a pharmacy or an insurer (Telematik-ID)."""
        payload = None if prescription_id.startswith("162") else zuweisen.PICK_UP
        return zuweisen.assign(self.messages, prescription_id, access_code, recipient, payload)

    def represent(self, prescription_id: str, access_code: str, confidant: str) -> str:
        """Let another insured person redeem."""
        text = "Bitte für mich abholen"
        return zuweisen.represent(self.messages, prescription_id, access_code, confidant, text)

    def give_consent(self, category: str = CHARGING) -> None:
        """Agree to the storage of billings."""
        self.billing.give_consent(consent_body(self.kvnr, self._clock.now(), category))

    def withdraw_consent(self, category: str = CHARGING) -> None:
        """Take the consent back."""
        self.billing.withdraw_consent(category)

    def delete(self, prescription_id: str, access_code: str | None = None) -> None:
        """Delete a prescription; a representative shows the AccessCode."""
        self.erezept.abort(prescription_id, access_code=access_code)


class Insurer:
    """A Kostenträger that redeems prescriptions of digital health applications."""

    def __init__(
        self, endpoints: Endpoints, transport: Transport, clock: Clock, card: Smcb
    ) -> None:
        self.telematik_id = card.telematik_id
        self._clock = clock
        self.erezept = _erezept(endpoints, transport, clock, card.aut)
        self.messages = ErezeptMessages(self.erezept)

    def redeem(self, prescription_id: str, access_code: str) -> tuple[AcceptedTask, Receipt]:
        """Accept and close with the code that unlocks the application."""
        accepted = self.erezept.accept(prescription_id, access_code)
        body = redemption_body(
            prescription_id,
            kvnr=accepted.kvnr,
            telematik_id=self.telematik_id,
            at=self._clock.now(),
            redeem_code=REDEEM_CODE,
        )
        return accepted, self.erezept.close(prescription_id, accepted.secret, body)


def _erezept(
    endpoints: Endpoints, transport: Transport, clock: Clock, card: Identity, kind: str = "l"
) -> CarelessErezept:
    """Return a client that logs in with `card`; `kind` is `l` or `v` (X-erp-user)."""
    idp = IdpClient(
        transport,
        endpoints.base_url("idp"),
        client_id=CLIENT_ID,
        redirect_uri=REDIRECT_URI,
        user_agent=USER_AGENT,
        scrutiny=Scrutiny(endpoints.trust),
    )
    source = TokenSource(idp, SoftwareCard(card), clock)
    client = CarelessErezept(
        transport,
        endpoints.base_url("erezept"),
        tokens=lambda: source.token().token,
        user_agent=USER_AGENT,
        kind=kind,
        trust=endpoints.trust,
    )
    return client.careless(FaultSet())
