"""What can go wrong on the way back, each with the code the client module reports."""

from __future__ import annotations

from pruefstand.crypto.smime_kim.results import DecryptionResult, IntegrityResult, KimError
from pruefstand.errors import SutError


class ChainProblem(SutError):
    """A KIM message is malformed, hostile or manipulated; `error` is its X-KIM-Fehlermeldung."""

    def __init__(self, message: str, error: KimError) -> None:
        super().__init__(message)
        self.error = error


class DecryptionFailure(ChainProblem):
    """The message cannot be opened."""

    def __init__(self, message: str, result: DecryptionResult, error: KimError) -> None:
        super().__init__(message, error)
        self.result = result


class IntegrityFailure(ChainProblem):
    """The opened message is not what its sender signed."""

    def __init__(
        self,
        message: str,
        result: IntegrityResult,
        error: KimError = KimError.SIGNATURE_MANIPULATED,
    ) -> None:
        super().__init__(message, error)
        self.result = result
