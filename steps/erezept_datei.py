"""Vorhandene Verordnungen aus Dateien."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from pytest_bdd import given, when

from pruefstand.checks.file import identifiers_hold
from pruefstand.clock import BERLIN, VirtualClock, berlin_day
from pruefstand.drivers.simulator import Pharmacy
from pruefstand.fhir.existing import ExistingPrescription, file_content
from pruefstand.flows.einloesen import Redeemed
from pruefstand.flows.verordnen import Prescribed
from pruefstand.pytest_plugin.case_log import CaseLog

FLAG_BY_CATEGORY = {"01": ("e_btm", "Betäubungsmittel"), "02": ("t_rezept", "T-Rezepte")}


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A document that exists already and is fitted to its task."""

    file: ExistingPrescription
    today: date

    @property
    def flow_type(self) -> int:
        """The workflow its insurance demands."""
        return self.file.flow_type

    def write(self, prescription_id: str) -> bytes:
        """Return the bytes for `prescription_id`, all but the necessary values as in the file."""
        return self.file.adapt(rezept_id=prescription_id, authored=self.today, repair=True)

    @property
    def first_redeemable(self) -> date:
        """The first day a pharmacy may redeem it."""
        return self.file.first_redeemable + (self.today - self.file.authored_on)


@given("die Verordnung aus der Datei", target_fixture="draft")
def prescription_from_file(
    verordnungsdatei: Path,
    clock: VirtualClock,
    check: CaseLog,
    switch_feature: Callable[[str, str, object], None],
) -> FileDraft:
    check.subject = str(verordnungsdatei)
    content = file_content(verordnungsdatei)
    check.read.append(content)
    file = ExistingPrescription.from_bytes(content, str(verordnungsdatei))
    check(identifiers_hold(*file.refusals))
    for problem in file.problems:
        if problem.replaceable or problem.is_warning:
            check.hint("nummer_der_datei", problem.expected, f"{problem.place}: {problem.what}")
    flag = FLAG_BY_CATEGORY.get(file.category or "")
    if flag:
        switch_feature("erezept", flag[0], True)
        check.hint(
            "vorab_freigeschaltet",
            "im echten Fachdienst freigeschaltet",
            f"{flag[1]}: nur hier im Mock",
        )
    return FileDraft(file, berlin_day(clock.now()))


@when("eine Apotheke sie am ersten einlösbaren Tag einlöst", target_fixture="redeemed")
def pharmacy_redeems_in_time(
    pharmacy: Pharmacy, prescribed: Prescribed, draft: FileDraft, clock: VirtualClock
) -> Redeemed:
    if draft.first_redeemable > draft.today:
        clock.move_to(datetime.combine(draft.first_redeemable, time(10), BERLIN))
    return pharmacy.redeem(prescribed.prescription_id, prescribed.task.access_code)
