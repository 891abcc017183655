"""FHIR profile validation: exact, offline, in-process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pruefstand.clock import Clock
from pruefstand.fhir.validation.findings import Finding, Result
from pruefstand.fhir.validation.messages import message, operation_outcome
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
    """Return a function giving one English line per profile error of a prescription.

    It fits the setting `validator` of the E-Rezept mock; raises MissingPackage when the
    official packages are not at hand.
    """
    validator = Validator(specs, clock=clock)

    def errors(data: bytes) -> list[str]:
        return [message(finding, "en") for finding in validator.validate(data).errors]

    return errors
