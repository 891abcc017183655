"""Störungen des Fachdienstes, Geduld der Praxis, und die Prüfung der Erreichbarkeit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.erezept_health import EXTENDED_CHECKS, IDLE_CHECKS
from pruefstand.checks.erezept_retry import pauses_grow, retries_follow_the_table
from pruefstand.checks.transport import service_is_called_by_its_address
from pruefstand.clock import VirtualClock
from pruefstand.drivers.simulator import Endpoints, Practice
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from steps.erezept_ablehnung import attempt

IDLE_PERIODS = 5


@given(parsers.parse("der Fachdienst antwortet {seconds:d} Sekunden lang mit {status:d}"))
def service_answers_with(
    switch_feature: Callable[[str, str, object], None],
    clock: VirtualClock,
    seconds: int,
    status: int,
) -> None:
    until = clock.now() + timedelta(seconds=seconds)
    switch_feature("erezept", "unavailable", {"status": status, "until": until.isoformat()})


@when("die Praxis eine Verordnung anlegt und dabei Geduld hat")
def practice_is_patient(practice: Practice, clock: VirtualClock) -> None:
    attempt(lambda: practice.create_patiently(160, pause=_passing(clock)))


@when("die Praxis fast eine Stunde lang nichts einstellt")
def practice_is_idle(practice: Practice, clock: VirtualClock, case_rng: Rng) -> None:
    practice.idle(IDLE_PERIODS, pause=_passing(clock), rng=case_rng)


@when("die Praxis die Erreichbarkeit durch die VAU prüft")
def practice_probes_the_vau(practice: Practice) -> None:
    practice.erezept.metadata()


@then("folgen die Versuche der Fehlertabelle")
def retries_are_right(check: CaseLog) -> None:
    check(retries_follow_the_table)


@then("wachsen die Pausen zwischen den Versuchen")
def pauses_are_right(check: CaseLog) -> None:
    check(pauses_grow("A_20884"))


@then("prüft sie die Erreichbarkeit nur an der Wurzel und selten")
def idle_probes_are_right(check: CaseLog) -> None:
    check(*IDLE_CHECKS)


@then("hat sie nur die Fähigkeiten abgefragt")
def extended_probe_is_right(check: CaseLog) -> None:
    check(*EXTENDED_CHECKS)


@then("gingen alle Aufrufe an die veröffentlichte Adresse des Fachdienstes")
def address_is_right(check: CaseLog, world: Endpoints) -> None:
    check(service_is_called_by_its_address(world.base_url("erezept"), "A_19451-02"))


def _passing(clock: VirtualClock) -> Callable[[float], None]:
    return lambda seconds: clock.advance(timedelta(seconds=seconds))
