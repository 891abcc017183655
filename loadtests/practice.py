"""What an arrival does: the flows of the acceptance, with documents made from the seed."""

from __future__ import annotations

from collections.abc import Callable

from pruefstand.clients.erezept import ErezeptClient
from pruefstand.clock import Clock, berlin_day
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.drivers.simulator import USER_AGENT, Practice
from pruefstand.fhir.prescription import build_prescription
from pruefstand.fhir.profiles import newest_erp
from pruefstand.flows import verordnen
from pruefstand.ids import rezept_id
from pruefstand.ids.rezept_id import FlowType
from pruefstand.model.http import Request, Response
from pruefstand.model.sample import Sample, SampleKind
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from pruefstand.transport import Transport

FLOW_NAMES = {"sign": "signieren", "prescribe": "verordnen"}


class TimedErezeptClient(ErezeptClient):
    """Keeps a sample of every inner call: outside the VAU all calls look alike."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        *,
        tokens: Callable[[], str],
        trust: Callable[[bytes], object],
        now: Callable[[], float],
        record: Callable[[Sample], None],
    ) -> None:
        super().__init__(transport, base_url, tokens=tokens, user_agent=USER_AGENT, trust=trust)
        self._now = now
        self._record = record

    def call(
        self, inner: Request, operation: str, resource: str, *, token: str | None = None
    ) -> Response:
        """Send as the client does; a refusal is a failed sample."""
        started, problem = self._now(), "keine Antwort"
        try:
            answer = super().call(inner, operation, resource, token=token)
            problem = "" if answer.status < 300 else f"HTTP {answer.status}"
            return answer
        finally:
            name, ended = f"erezept {operation}", self._now()
            self._record(
                Sample(SampleKind.CALL, name, started, started, ended, not problem, problem)
            )


class LoadPractice:
    """One practice under load; arrival numbers decide the documents, not the order of answers."""

    def __init__(
        self,
        endpoints: FileEndpoints,
        transport: Transport,
        rng: Rng,
        *,
        now: Callable[[], float],
        record: Callable[[Sample], None],
    ) -> None:
        self._clock: Clock = endpoints.clock()
        self._rng = rng
        self._practice = Practice(endpoints, transport, self._clock)
        self._practice.erezept = TimedErezeptClient(
            transport,
            endpoints.base_url("erezept"),
            tokens=self._practice.tokens,
            trust=endpoints.trust,
            now=now,
            record=record,
        )

    def prepare(self) -> None:
        """Unlock the card and log in before the first arrival."""
        self._practice.tokens()

    def run(self, name: str, number: int) -> None:
        """Run the scenario `name` for arrival `number`; raises what the flow raises."""
        if name == "sign":
            self.sign(number)
        else:
            self.prescribe(number)

    def sign(self, number: int) -> None:
        """Sign one document with the HBA."""
        document = self._write(number, rezept_id.compose(int(FlowType.DRUG), number + 1))
        verordnen.sign(self._practice.konnektor, self._practice.hba, document)

    def prescribe(self, number: int) -> None:
        """Bring one prescription to the service."""
        self._practice.prescribe(int(FlowType.DRUG), lambda given: self._write(number, given))

    def _write(self, number: int, prescription_id: str) -> bytes:
        now = self._clock.now()
        return build_prescription(
            order(self._rng.derive("arrival", number)),
            rezept_id=prescription_id,
            version=newest_erp(berlin_day(now)),
            authored=now,
        )
