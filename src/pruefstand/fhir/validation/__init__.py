"""FHIR profile validation: exact, offline, in-process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pruefstand.clock import Clock
from pruefstand.fhir.validation.findings import Finding, Result
from pruefstand.fhir.validation.messages import diagnostics, message, operation_outcome
from pruefstand.fhir.validation.validator import Validator

__all__ = [
    "Finding",
    "Result",
    "Validator",
    "message",
    "operation_outcome",
    "prescription_validator",
]


def prescription_validator(
    specs: Path | None = None, *, clock: Clock | None = None
) -> Callable[[bytes], list[str]]:
    """Return a function giving the Fachdienst's diagnostics, one line per profile error.

    Which version is in force is the service's own question and not answered here. Raises
    MissingPackage when the official packages are not at hand.
    """
    validator = Validator(specs, clock=clock)

    def errors(data: bytes) -> list[str]:
        result = validator.validate(data)
        found = (finding for finding in result.errors if finding.kind != "profile-period")
        return [diagnostics(finding, result.profile) for finding in found]

    return errors
