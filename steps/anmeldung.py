"""Anmeldung an einem Dienst, der Falsches vorlegt; was geprüft und neu gewürfelt wird."""

from __future__ import annotations

from contextlib import suppress

from pytest_bdd import parsers, then, when

from pruefstand.checks.login import goes_no_further_than
from pruefstand.checks.trust import (
    LOGIN_SECRETS,
    prescription_is_verified_before_dispensing,
    token_certificate_is_verified,
    vau_certificate_is_verified_first,
)
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.errors import SutError
from pruefstand.flows.verordnen import Prescribed
from pruefstand.pytest_plugin.case_log import CaseLog

LAST_CALL = {
    "die Signatur des Discovery Document": "Discovery",
    "die Rolle des Anmeldedienstes": "Discovery",
    "die Signatur der Challenge": "AuthorizationRequest",
    "die Signatur der Token": "TokenRequest",
    "die Verschlüsselung des Zugriffstokens": "TokenRequest",
    "die Verschlüsselung des ID-Tokens": "TokenRequest",
    "die Gültigkeit des Zugriffstokens": "TokenRequest",
    "die Rolle des VAU-Zertifikats": "VAUCertificate",
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
    "die Rolle des VAU-Zertifikats": ("A_20764", "A_20769"),
}
"""What is wrong → the requirement to notice it."""


@when("die Praxis sich anzumelden und eine Verordnung anzulegen versucht")
def practice_tries_to_log_in(practice: Practice) -> None:
    with suppress(SutError):
        practice.erezept.create(160)


@then(parsers.parse("bricht sie ab, weil {what} nicht stimmt"))
def practice_stops(check: CaseLog, what: str) -> None:
    check(goes_no_further_than(LAST_CALL[what], *STOP_REQUIREMENTS[what]))


@when("eine Apotheke mit Konnektor die Verordnung einlöst")
def pharmacy_with_konnektor_redeems(
    pharmacy_with_konnektor: Pharmacy, prescribed: Prescribed
) -> None:
    pharmacy_with_konnektor.redeem(prescribed.prescription_id, prescribed.task.access_code)


@then("hat der Konnektor die Zertifikate von VAU und Anmeldedienst bestätigt")
def certificates_confirmed(check: CaseLog) -> None:
    check(vau_certificate_is_verified_first, token_certificate_is_verified)


@then("sind code_verifier und token_key beider Anmeldungen verschieden")
def secrets_are_fresh(check: CaseLog) -> None:
    check(*LOGIN_SECRETS)


@then("hat der Konnektor die Signatur vor der Abgabe bestätigt")
def signature_confirmed(check: CaseLog) -> None:
    check(prescription_is_verified_before_dispensing)
