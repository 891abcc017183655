"""eAU: Prüfung vor der Signatur."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from pytest_bdd import then, when

from pruefstand.checks.eau_course import documents_sent
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
    # The look into the mailbox is what shows that the practice was at work and kept the note.
    eau.collect()


@then("verlässt keine eAU die Praxis")
def no_note_leaves(check: CaseLog) -> None:
    check(documents_sent(0, 0, "P6-01"))
