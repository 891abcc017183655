"""KIM: Empfänger im Verzeichnisdienst suchen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.kim_dialog import uses_tls
from pruefstand.checks.vzd import (
    connections_close_soon,
    connections_serve_a_search,
    found_entries,
    only_reading_operations,
    searched_again,
    searches_are_answered,
    searches_are_not_repeated,
    version_assumed,
)
from pruefstand.checks.vzd_fhir import fhir_searches_are_terse
from pruefstand.checks.vzd_use import USE_CHECKS, waits_after_failures
from pruefstand.clients.vzd import DirectoryRefusal, KimContact
from pruefstand.clients.vzd_fhir import DirectorySearch
from pruefstand.clock import VirtualClock
from pruefstand.errors import EnvironmentProblem
from pruefstand.model.exchange import Layer
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.kim import Kim

SECONDS_TRIED = 120
INSURERS = {"Prüfkasse MOCK", "Prüf-BKK"}


def look_up(kim: Kim, what: str) -> tuple[KimContact, ...]:
    """Search as the sentence says."""
    directory = kim("praxis").directory
    kind, _, value = what.rpartition(" ")
    if "IK" in kind:
        return directory.insurer(value)
    if what.startswith("dem Namen "):
        return directory.by_name(what.removeprefix("dem Namen "))
    return directory.by_address(kim("klinik").address)


@when(parsers.parse("die Praxis im Verzeichnis nach {what} sucht"), target_fixture="contacts")
def practice_searches(kim: Kim, what: str) -> tuple[KimContact, ...]:
    try:
        return look_up(kim, what)
    except DirectoryRefusal:
        # What was refused, the checks say from the traffic.
        return ()


@when(parsers.parse("die Praxis dreimal hintereinander nach {what} sucht"))
def practice_searches_three_times(kim: Kim, what: str) -> None:
    for _ in range(3):
        look_up(kim, what)


@when(parsers.parse("die Praxis an zwei Tagen nach {what} sucht"))
def practice_searches_on_two_days(kim: Kim, clock: VirtualClock, what: str) -> None:
    look_up(kim, what)
    clock.advance(timedelta(days=1))
    look_up(kim, what)


@when(
    parsers.parse("die Praxis über FHIR nach {what} sucht"),
    target_fixture="contacts",
)
def practice_searches_with_fhir(
    kim: Kim, fhir_directory: DirectorySearch, what: str
) -> tuple[KimContact, ...]:
    if what.startswith("dem Namen "):
        return fhir_directory.by_name(what.removeprefix("dem Namen "))
    return fhir_directory.by_telematik_id(kim("klinik").participant.telematik_id)


@given("beide Kassen führen alle Kennzeichen")
def both_insurers_match(switch_fault: Callable[[str, str], None]) -> None:
    switch_fault("vzd", "domain_id_doppelt")


@given("das Verzeichnis nennt keine KIM-Versionen")
def versions_are_missing(switch_fault: Callable[[str, str], None]) -> None:
    switch_fault("vzd", "version_fehlt")


@given("der Zugang zum Verzeichnis ist gesperrt")
def directory_is_blocked(kim: Kim) -> None:
    kim("praxis").block_directory()


@when(parsers.parse("die Praxis zwei Minuten lang jede Sekunde nach {what} sucht"))
def practice_keeps_searching(kim: Kim, clock: VirtualClock, what: str) -> None:
    for _ in range(SECONDS_TRIED):
        with suppress(EnvironmentProblem):
            look_up(kim, what)
        clock.advance(timedelta(seconds=1))


@then("liegen zwischen den Verbindungsversuchen wachsende Wartezeiten")
def attempts_are_apart(check: CaseLog) -> None:
    check(waits_after_failures)


@then("die Suche geht gezielt über den Konnektor")
def search_is_targeted(check: CaseLog) -> None:
    check(*USE_CHECKS)


@then(parsers.re(r"findet sie (?P<name>.+?)(?<! zur Auswahl)(?<! Abfrage)$"))
def practice_finds(check: CaseLog, name: str) -> None:
    check(found_entries([] if name == "niemand" else [name], "TIP1-A_5570"))


@then("findet sie beide Kassen zur Auswahl")
def practice_finds_both(check: CaseLog, contacts: tuple[KimContact, ...]) -> None:
    check(found_entries(sorted(INSURERS), "VZD-DAT-02"))
    assert {contact.name for contact in contacts} == INSURERS


@then("die Suche ist gesichert, kurz und nur lesend")
def search_is_modest(check: CaseLog) -> None:
    check(
        uses_tls(Layer.LDAP, "VZD-PS-02", "A_21223-01"),
        searches_are_answered,
        only_reading_operations,
        connections_serve_a_search,
        connections_close_soon,
    )


@then(parsers.parse("findet sie {name} mit Adressen in einer einzigen knappen Abfrage"))
def practice_finds_at_once(check: CaseLog, contacts: tuple[KimContact, ...], name: str) -> None:
    check(fhir_searches_are_terse)
    assert [one.name for one in contacts] == [name]
    assert all(one.addresses and one.telematik_id for one in contacts)


@then("bietet sie den Empfänger nicht für große Nachrichten an")
def receiver_is_not_offered(check: CaseLog, contacts: tuple[KimContact, ...]) -> None:
    offered = any(one.receives_large(address) for one in contacts for address in one.addresses)
    check(version_assumed(offered, "VZD-DAT-01"))


@then("wurde das Verzeichnis einmal gefragt")
def asked_once(check: CaseLog) -> None:
    check(searches_are_not_repeated)


@then("wurde das Verzeichnis an beiden Tagen gefragt")
def asked_on_both_days(check: CaseLog) -> None:
    check(searched_again(2, "A_27753", "KIM-PS-04"))
