"""eAU: Prüfung vor der Signatur."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from pytest_bdd import then, when

from pruefstand.checks.eau_profile import faulty_note_stays_here
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.flows.eau_ausstellen import NotConforming
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import NoteKind
from steps.eau import order_of


@when("die Ärztin eine Folgebescheinigung mit einem neuen Beginn ausstellen will")
def physician_contradicts_herself(eau: SickNoteDesk, case_rng: Rng) -> None:
    order = order_of(eau, case_rng, kind=NoteKind.FOLLOWING)
    with suppress(NotConforming):
        eau.certify(replace(order, start=order.issued))
        eau.send()


@then("verlässt keine eAU die Praxis")
def no_note_leaves(check: CaseLog) -> None:
    check(faulty_note_stays_here)
