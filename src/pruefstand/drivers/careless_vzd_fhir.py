"""A FHIR search that asks for everybody, or follows each reference by a request of its own."""

from __future__ import annotations

from pruefstand.clients.vzd_fhir import DirectorySearch, Json, Parameters, references
from pruefstand.drivers import carelessness_kim as named
from pruefstand.model.fault import FaultSet
from pruefstand.transport import Transport


class CarelessDirectorySearch(DirectorySearch):
    """With an empty fault set it searches exactly as the client it extends."""

    def __init__(
        self, transport: Transport, base_url: str, credential: str, faults: FaultSet
    ) -> None:
        super().__init__(transport, base_url, credential)
        self._faults = faults

    def hits(self, kind: str, wanted: Parameters, included: tuple[str, ...]) -> list[Json]:
        """Return what a careless search brings; raises as the client it extends."""
        if named.SEARCHES_ALL in self._faults:
            super().hits(kind, wanted[:1], ())
        if named.FOLLOWS_EACH not in self._faults:
            return super().hits(kind, wanted, included)
        found = super().hits(kind, wanted, ())
        followed = [name.partition("/") for one in found for name in references(one)]
        return found + [
            other
            for kind, _, number in followed
            for other in super(CarelessDirectorySearch, self).hits(kind, (("_id", number),), ())
        ]
