"""eArztbrief: schreiben, signieren und über KIM versenden."""

from __future__ import annotations

from pytest_bdd import given, parsers, then

from pruefstand.checks.earztbrief import EARZTBRIEF_CHECKS
from pruefstand.checks.earztbrief_files import FILE_CHECKS, read_receipt_wanted
from pruefstand.clock import berlin_day
from pruefstand.drivers.earztbrief import LetterDesk
from pruefstand.kim.mail import KimMail
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.letters import Letter
from pruefstand.testdata.letters import letter as invented
from steps.kim import Kim


@given("die Ärztin hat einen Brief an Klinik Waldesrand geschrieben", target_fixture="brief")
def physician_has_written(kim: Kim, case_rng: Rng) -> Letter:
    clinic = kim("klinik")
    return invented(case_rng, berlin_day(clinic.clock.now()), clinic.participant.row.name)


@given(parsers.parse("die Praxis macht daraus einen eArztbrief {what}"), target_fixture="letter")
def practice_makes_letter(kim: Kim, letters: LetterDesk, brief: Letter, what: str) -> KimMail:
    return letters.write(
        brief,
        kim("klinik").address,
        with_further="mit einem weiteren Anhang" in what,
        read_receipt="mit Lesebestätigung" in what,
    )


@then("hat die Nachricht Kennung, Text und Dateien eines eArztbriefs zu einem Patienten")
def letter_is_complete(check: CaseLog) -> None:
    check(*EARZTBRIEF_CHECKS, *FILE_CHECKS)


@then(parsers.parse("ist die Lesebestätigung {choice}"))
def read_receipt_is_chosen(check: CaseLog, choice: str) -> None:
    check(read_receipt_wanted(choice == "verlangt", "P43-03/AK3"))
