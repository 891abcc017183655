"""The errors of the harness.

PruefstandError            what, where, expected, got, next action
├── ConfigurationError     exit 4, blame config       a profile, an option, a missing tool
├── OperatorError          exit 4, blame operator     an input file that cannot be used
├── EnvironmentProblem     exit 6, blame environment  a third party that does not answer
├── HarnessError           exit 3, blame harness      a defect of ours
└── SutError               exit 1, blame sut          the system under test misbehaves
    └── ServiceRefusal     the service answered with an error status or a SOAP fault
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """Process exit codes (DESIGN section 5)."""

    GREEN = 0
    SUT_FAILED = 1
    INTERRUPTED = 2
    HARNESS = 3
    CONFIGURATION = 4
    NOTHING_SELECTED = 5
    UNDECIDED = 6
    THRESHOLD = 7


class Blame(StrEnum):
    """Whose move it is when something went wrong."""

    SUT = "sut"
    CONFIG = "config"
    ENVIRONMENT = "environment"
    HARNESS = "harness"
    OPERATOR = "operator"


class PruefstandError(Exception):
    """Carries one sentence for a person, and the next action."""

    exit_code: ExitCode = ExitCode.HARNESS
    blame: Blame = Blame.HARNESS

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} → {self.hint}" if self.hint else self.message


class ConfigurationError(PruefstandError):
    """A profile, an option or the installation is wrong."""

    exit_code = ExitCode.CONFIGURATION
    blame = Blame.CONFIG


class OperatorError(PruefstandError):
    """An input given by the operator cannot be used."""

    exit_code = ExitCode.CONFIGURATION
    blame = Blame.OPERATOR


class EnvironmentProblem(PruefstandError):
    """Something outside harness and SUT did not answer."""

    exit_code = ExitCode.UNDECIDED
    blame = Blame.ENVIRONMENT


class HarnessError(PruefstandError):
    """A defect of the harness itself."""


class SutError(PruefstandError):
    """The system under test did not do what it must."""

    exit_code = ExitCode.SUT_FAILED
    blame = Blame.SUT


class ServiceRefusal(SutError):
    """A service refused a call; `status` and `text` are the service's own words."""

    def __init__(self, message: str, *, status: int, text: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.text = text
