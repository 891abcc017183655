"""Anmeldung an einem Dienst, der Falsches vorlegt."""

from __future__ import annotations

from contextlib import suppress

from pytest_bdd import parsers, then, when

from pruefstand.checks.login import goes_no_further_than
from pruefstand.drivers.simulator import Practice
from pruefstand.errors import SutError
from pruefstand.pytest_plugin.case_log import CaseLog

LAST_CALL = {
    "die Signatur des Discovery Document": "Discovery",
    "die Rolle des Anmeldedienstes": "Discovery",
    "die Signatur der Challenge": "AuthorizationRequest",
    "die Signatur der Token": "TokenRequest",
    "die Verschlüsselung des Zugriffstokens": "TokenRequest",
    "die Verschlüsselung des ID-Tokens": "TokenRequest",
    "die Gültigkeit des Zugriffstokens": "TokenRequest",
}
"""What is wrong → the last call a careful practice makes."""
STOP_REQUIREMENTS = {
    "die Signatur des Discovery Document": ("A_20656-02",),
    "die Rolle des Anmeldedienstes": ("A_20657-01",),
    "die Signatur der Challenge": ("A_20663-02",),
    "die Signatur der Token": ("A_20674-01",),
    "die Verschlüsselung des Zugriffstokens": ("A_20673-02",),
    "die Verschlüsselung des ID-Tokens": ("A_20672-02",),
    "die Gültigkeit des Zugriffstokens": ("A_21337-01",),
}
"""What is wrong → the requirement to notice it."""


@when("die Praxis sich anzumelden und eine Verordnung anzulegen versucht")
def practice_tries_to_log_in(practice: Practice) -> None:
    with suppress(SutError):
        practice.erezept.create(160)


@then(parsers.parse("bricht sie ab, weil {what} nicht stimmt"))
def practice_stops(check: CaseLog, what: str) -> None:
    check(goes_no_further_than(LAST_CALL[what], *STOP_REQUIREMENTS[what]))
