"""Every eAU check holds on right traffic and breaks when one thing is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from pruefstand.checks import eau_course, eau_document, eau_insurer, eau_mail
from pruefstand.checks.check import Check
from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.kasse_error import KasseError
from pruefstand.fhir.sick_note import build_sick_note, new_document_id
from pruefstand.fhir.sick_note_storno import build_storno
from pruefstand.kim.dienstkennung import Dienstkennung
from pruefstand.kim.eau import EauMessage
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.kim.receipt import Action, Fate, ReceiptDraft
from pruefstand.model.exchange import Exchange, Layer, Message
from pruefstand.model.verdict import Verdict
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import NoteKind, SickNoteOrder, Step, variant
from tests.unit.kim_traffic import exchange, pop3, received, sent, smtp

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
DAY = date(2026, 11, 25)
PKI = Pki("eau-checks", VirtualClock(NOW))
HBA = PKI.hba("Eva Prüfer")
CARD = QesSigner(HBA.qes, short_text="eAU")
OCSP = PKI.ocsp(HBA.qes.der, at=NOW)
PRACTICE, INSURER = "praxis@x.kim.telematik-test", "kasse@x.kim.telematik-test"
ORDER = replace(
    variant(Rng("eau"), DAY, "diagnosetext"),
    steps=(Step.OTHER, Step.REHABILITATION),
    other_step="Gespräch",
)
Traffic = list[Exchange]


@cache
def signed(document: bytes, with_ocsp: bool) -> bytes:
    """Return the signed file; signing it again would give another one."""
    return CARD.sign(document, at=NOW, ocsp=OCSP if with_ocsp else None)


@dataclass(frozen=True)
class Sending:
    """One document on its way; a test changes what it needs."""

    document: bytes
    document_id: str
    message: EauMessage = EauMessage.NOTE
    name: str = ""
    kennung: Dienstkennung | None = None
    signed: bool = True
    ocsp: bool = True
    to: tuple[str, ...] = (INSURER,)
    cc: tuple[str, ...] = ()
    reply_to: str = PRACTICE
    subject: str = ""
    files: int = 1
    description: str = ""
    media_type: str = "application/octet-stream"
    message_id: str = "m1@pvs"
    at: datetime = NOW

    def mail(self) -> bytes:
        stem = self.message.stem(self.document_id, test=True)
        content = self.document
        if self.signed:
            content = signed(self.document, self.ocsp)
        attached = Attachment(
            self.name or f"{stem}.p7s",
            content,
            self.media_type,
            self.description or self.message.description,
        )
        kennung = self.kennung or self.message.dienstkennung
        return KimMail(
            PRACTICE,
            self.to,
            self.subject or stem,
            "Text",
            self.message_id,
            self.at,
            kennung,
            cc=self.cc,
            reply_to=self.reply_to,
            attachments=(attached,) * self.files,
        ).to_bytes()

    def traffic(self) -> Traffic:
        return [replace(sent(self.mail()), started=self.at)]


def note(order: SickNoteOrder = ORDER, seed: str = "eau") -> Sending:
    document_id = new_document_id(Rng(seed))
    return Sending(build_sick_note(order, document_id=document_id, written=NOW), document_id)


NOTE = note()
STORNO_ID = new_document_id(Rng("storno"))
STORNO = Sending(
    build_storno(
        ORDER.practitioner,
        ORDER.practice,
        cancelled=NOTE.document_id,
        document_id=STORNO_ID,
        written=NOW,
    ),
    STORNO_ID,
    EauMessage.STORNO,
    message_id="m2@pvs",
)


def edited(old: str, new: str, *, count: int = 1, base: Sending = NOTE) -> Traffic:
    """Return the traffic of a document with one text replaced."""
    changed = base.document.replace(old.encode(), new.encode(), count)
    assert changed != base.document, old
    return replace(base, document=changed).traffic()


def ordered(**changes: object) -> Traffic:
    """Return the traffic of a note ordered differently."""
    return note(replace(ORDER, **changes)).traffic()  # type: ignore[arg-type]


def of(base: Sending, **changes: object) -> Traffic:
    """Return the traffic of a mail that differs."""
    return replace(base, **changes).traffic()  # type: ignore[arg-type]


TRAINEE = replace(variant(Rng("trainee"), DAY, "weiterbildung"), text="", steps=(Step.D_PHYSICIAN,))
ASV = variant(Rng("asv"), DAY, "asv")
DOCUMENT: dict[Check, list[Traffic]] = {
    eau_document.profiles_are_official: [
        edited("KBV_PR_EAU_Composition|1.2", "KBV_PR_EAU_Composition|1.1"),
        edited("<profile value=", "<security value="),
    ],
    eau_document.document_is_utf8: [
        of(NOTE, document=b"\xef\xbb\xbf" + NOTE.document),
        of(NOTE, document=NOTE.document.decode().encode("iso-8859-15", "replace")),
        edited('encoding="UTF-8"', 'encoding="ISO-8859-15"'),
    ],
    eau_document.note_is_one_bundle: [edited("KBV_PR_EAU_Bundle|1.2", "KBV_PR_ERP_Bundle|1.2")],
    eau_document.note_is_closed: [
        edited('reference value="Patient/', 'reference value="Patient/0')
    ],
    eau_document.steps_are_distinct: [edited('"reha"', '"sonstige"')],
    eau_document.id_is_version_5: [
        edited(f"urn:uuid:{NOTE.document_id}", NOTE.document_id),
        edited(
            f"urn:uuid:{NOTE.document_id}",
            f"urn:uuid:{NOTE.document_id[:14]}4{NOTE.document_id[15:]}",
        ),
    ],
    eau_document.start_fits_kind: [
        edited('code value="ERST"', 'code value="FOLGE"'),
        ordered(start=None),
    ],
    eau_document.nothing_private: [
        edited('"reha"', '"stationaere_heilbehandlung"'),
        edited("KBV_EX_FOR_Legal_basis", "KBV_EX_EAU_partially_employable"),
    ],
    eau_document.end_within_31_days: [ordered(end=DAY + timedelta(days=32))],
    eau_document.diagnoses_stand_alone: [
        ordered(diagnoses=ORDER.diagnoses * 7),
        ordered(diagnoses=()),
    ],
    eau_document.icd_codes_are_plain: [
        ordered(diagnoses=(replace(ORDER.diagnoses[0], code="E10.20+"),)),
        ordered(diagnoses=(replace(ORDER.diagnoses[0], code="E10.20!"),)),
    ],
    eau_document.icd_version_is_stated: [
        edited('version value="2026"', 'version value="2019"'),
        edited('<version value="2026"/>', ""),
    ],
    eau_document.text_is_short: [ordered(text="x" * 71)],
    eau_document.steps_are_coded: [
        edited('code value="reha"', 'code value="kur"'),
        edited("<ServiceRequest>", '<ServiceRequest><status value="draft"/>'),
    ],
    eau_document.other_step_has_text: [ordered(other_step="")],
    eau_document.composition_is_complete: [
        edited('"e010"', '"e16A"'),
        edited(f'<date value="{DAY}"/>', ""),
        edited(ORDER.pruefnummer, ""),
    ],
    eau_document.composition_refers_to_all: [
        edited('code value="Coverage"', 'code value="Deckung"'),
        edited('code value="ICD"', 'code value="ICD_Text"'),
        edited('code value="AU_weiter"', 'code value="AU"'),
    ],
    eau_document.responsible_may_be: [
        note(replace(TRAINEE, responsible=replace(TRAINEE.practitioner))).traffic()
    ],
    eau_document.trainee_has_responsible: [note(replace(TRAINEE, responsible=None)).traffic()],
    eau_document.version_fits_date: [
        edited("KBV_PR_EAU_Bundle|1.2", "KBV_PR_EAU_Bundle|1.1"),
        edited("KBV_PR_EAU_Bundle|1.2", "KBV_PR_EAU_Bundle|1.3"),
    ],
    eau_document.fields_fit_together: [
        ordered(asserted=DAY + timedelta(days=1)),
        ordered(end=DAY - timedelta(days=1)),
    ],
    eau_document.persons_have_numbers: [
        ordered(practitioner=replace(ORDER.practitioner, number="12345678")),
        ordered(practitioner=replace(ORDER.practitioner, number="")),
        ordered(practitioner=replace(ORDER.practitioner, qualification="02")),
    ],
    eau_document.team_fits_basis: [
        ordered(legal_basis="01"),
        note(replace(ASV, legal_basis="00")).traffic(),
        note(replace(ASV, asv_team="12345")).traffic(),
    ],
    eau_document.organization_is_named: [
        ordered(practice=replace(ORDER.practice, bsnr="1234")),
        ordered(practice=replace(ORDER.practice, name="x" * 61)),
    ],
    eau_document.coverage_is_complete: [
        edited("gkv/dmp-kennzeichen", "gkv/dmp"),
        ordered(coverage=replace(ORDER.coverage, iknr="10950096")),
    ],
    eau_document.patient_is_complete: [
        ordered(insured=replace(ORDER.insured, kvnr="X12345678")),
        edited("humanname-own-name", "humanname-prefix"),
    ],
}
FOREIGN = "kasse@x.kim.telematik"
MAIL: dict[Check, tuple[Sending, list[Traffic]]] = {
    eau_mail.name_is_document_id: (
        NOTE,
        [of(NOTE, name=f"TEAU0_{STORNO_ID}.p7s"), of(NOTE, name="eAU.p7s")],
    ),
    eau_mail.test_files_stay_in_test: (NOTE, [of(NOTE, to=(FOREIGN,))]),
    eau_mail.document_is_signed: (NOTE, [of(NOTE, signed=False)]),
    eau_mail.signature_has_revocation: (NOTE, [of(NOTE, ocsp=False), of(NOTE, signed=False)]),
    eau_mail.signature_encloses: (NOTE, [of(NOTE, signed=False)]),
    eau_mail.file_ends_on_p7s: (NOTE, [of(NOTE, name=f"TEAU0_{NOTE.document_id}.xml")]),
    eau_mail.note_mail_is_right: (NOTE, [of(NOTE, subject="eAU"), of(NOTE, files=2)]),
    eau_mail.note_subject: (NOTE, [of(NOTE, subject="eAU"), of(NOTE, subject="TEAU0_x")]),
    eau_mail.note_kennung: (NOTE, [of(NOTE, kennung=Dienstkennung("eAU", "Lieferung", "V1.1"))]),
    eau_mail.note_is_alone: (NOTE, [of(NOTE, files=2)]),
    eau_mail.note_part: (
        NOTE,
        [of(NOTE, media_type="application/pdf"), of(NOTE, description="Anhang")],
    ),
    eau_mail.note_only_to: (NOTE, [of(NOTE, cc=(PRACTICE,))]),
    eau_mail.note_reply_to: (NOTE, [of(NOTE, reply_to="")]),
    eau_mail.storno_is_one_bundle: (
        STORNO,
        [edited("KBV_PR_EAU_Storno_Bundle", "KBV_PR_EAU_Bundle", base=STORNO)],
    ),
    eau_mail.storno_name: (STORNO, [of(STORNO, name=f"TEAU0_{STORNO_ID}.p7s")]),
    eau_mail.storno_composition: (
        STORNO,
        [
            edited('"e013"', '"e010"', base=STORNO),
            edited(f'<date value="{DAY}"/>', "", base=STORNO),
        ],
    ),
    eau_mail.storno_mail_is_right: (STORNO, [of(STORNO, subject="Storno")]),
    eau_mail.storno_subject: (STORNO, [of(STORNO, subject="Storno")]),
    eau_mail.storno_kennung: (
        STORNO,
        [of(STORNO, kennung=Dienstkennung("eAU", "Storno-Arzt", "V1"))],
    ),
    eau_mail.storno_part: (STORNO, [of(STORNO, files=2), of(STORNO, media_type="text/xml")]),
    eau_mail.storno_addresses: (STORNO, [of(STORNO, cc=(PRACTICE,)), of(STORNO, reply_to="")]),
}


def rcpt(notify: str) -> Exchange:
    return smtp("RCPT", f"RCPT TO:<{INSURER}> {notify}".strip(), "250 ok")


def at(one: Exchange, hours: float) -> Exchange:
    return replace(one, started=NOW + timedelta(hours=hours))


def login(hours: float) -> Exchange:
    return at(smtp("AUTH", "AUTH PLAIN", "454 4.7.0 no"), hours)


def look(minutes: float) -> Exchange:
    return at(pop3("UIDL", "UIDL", "+OK"), minutes / 60)


SECOND = note(seed="other")
AGAIN = replace(NOTE, message_id="m9@pvs")
LATE = replace(STORNO, at=NOW + timedelta(days=200))
COURSE: list[tuple[Check, Traffic, list[Traffic]]] = [
    (
        eau_mail.receipt_always_asked,
        [*NOTE.traffic(), rcpt("NOTIFY=SUCCESS,FAILURE")],
        [[*NOTE.traffic(), rcpt("")], [*NOTE.traffic(), rcpt("NOTIFY=NEVER")], NOTE.traffic()],
    ),
    (
        eau_course.new_files_have_new_ids,
        [*NOTE.traffic(), *SECOND.traffic()],
        [NOTE.traffic(), [*NOTE.traffic(), *edited("<family", "<family ")]],
    ),
    (
        eau_course.storno_names_a_sent_note,
        [*NOTE.traffic(), *STORNO.traffic()],
        [STORNO.traffic(), [*SECOND.traffic(), *STORNO.traffic()], NOTE.traffic()],
    ),
    (
        eau_course.rejected_note_is_rewritten,
        [*NOTE.traffic(), *SECOND.traffic()],
        [[*NOTE.traffic(), *NOTE.traffic()], NOTE.traffic()],
    ),
    (
        eau_course.same_file_went_again,
        [*NOTE.traffic(), *AGAIN.traffic()],
        [[*NOTE.traffic(), *SECOND.traffic()], NOTE.traffic()],
    ),
    (
        eau_course.retried_every_four_hours,
        [login(hours) for hours in (0, 4, 8, 12)],
        [[login(h) for h in (0, 4, 8, 11)], [login(0), login(4)], []],
    ),
    (
        eau_course.polled_every_ten_minutes,
        [look(0), look(10), look(19)],
        [[look(0), look(11), look(20)], [look(0)], []],
    ),
    (
        eau_course.sent_on_the_day_of_issue,
        NOTE.traffic(),
        [of(NOTE, at=NOW + timedelta(days=1)), []],
    ),
    (
        eau_course.storno_within_120_working_days,
        [*NOTE.traffic(), *STORNO.traffic()],
        [[*NOTE.traffic(), *LATE.traffic()], STORNO.traffic(), NOTE.traffic()],
    ),
]
OUTCOME = "2f1f2e6e-1111-5222-8333-944455556666"


def error(
    code: str = "101",
    *,
    document_id: str = NOTE.document_id,
    message_id: str = "",
    to: str = PRACTICE,
    subject: str = "",
    kennung: Dienstkennung | None = None,
    xml: bytes = b"",
    mail_id: str = "k1@kasse",
) -> Exchange:
    """Return an error of an insurer as the practice fetched it."""
    message = EauMessage.ERROR
    outcome = KasseError(OUTCOME, code, "Text", document_id, message_id)
    content = xml or outcome.to_xml()
    mail = KimMail(
        INSURER,
        (to,),
        subject or message.stem(OUTCOME, test=True),
        "Details",
        mail_id,
        NOW,
        kennung or message.dienstkennung,
        attachments=(message.attachment(OUTCOME, content, test=True),),
    )
    return received(mail.to_bytes())


def receipt() -> Exchange:
    draft = ReceiptDraft(
        "r1@mds",
        "mds@x",
        PRACTICE,
        "Z",
        "ok",
        "m1@pvs",
        NOW,
        NOW,
        "mail",
        [Fate(INSURER, Action.DELIVERED)],
    )
    return received(draft.to_bytes())


TWO_REFERENCES = (
    KasseError(OUTCOME, "101", "Text", NOTE.document_id)
    .to_xml()
    .replace(
        b"</extension></extension>",
        b'</extension><extension url="Message-ID"><valueIdentifier><value value="m"/>'
        b"</valueIdentifier></extension></extension>",
        1,
    )
)
OTHER_ERROR = error(mail_id="k9@kasse")
READ = received(
    KimMail(
        INSURER,
        (PRACTICE,),
        "gelesen",
        "x",
        "k3@kasse",
        NOW,
        Dienstkennung("MDN", "automatic-action", "V1.0"),
    ).to_bytes()
)
STATEMENT = received(KimMail(INSURER, (PRACTICE,), "gelesen", "x", "k2@kasse", NOW).to_bytes())
INSURERS: list[tuple[Check, Traffic, list[Traffic]]] = [
    (
        eau_insurer.error_refers_to_what_came,
        [error()],
        [[error("999")], [error(document_id="")], [error(xml=TWO_REFERENCES)], []],
    ),
    (
        eau_insurer.unseen_document_is_named_by_mail,
        [error("301", document_id="", message_id="m1@pvs"), error("101")],
        [[error("301")], [error("314")], []],
    ),
    (
        eau_insurer.error_mail_is_right,
        [error()],
        [
            [error(subject="Ihre eAU")],
            [error(kennung=EauMessage.NOTE.dienstkennung)],
            [error(xml=b"<OperationOutcome/>")],
            [],
        ],
    ),
    (
        eau_insurer.rejected_note_is_not_cancelled,
        [*NOTE.traffic(), error()],
        [[*NOTE.traffic(), error(), *STORNO.traffic()], NOTE.traffic(), []],
    ),
    (
        eau_insurer.reading_is_not_confirmed,
        [*NOTE.traffic(), receipt(), STATEMENT],
        [NOTE.traffic(), [receipt()], [*NOTE.traffic(), receipt(), READ], []],
    ),
]
MADE: list[tuple[Check, Traffic, list[Traffic]]] = [
    (
        eau_insurer.insurer_reported(["101"], "KP310-13"),
        [*NOTE.traffic(), receipt(), error(), STATEMENT, error()],
        [[*NOTE.traffic(), receipt()], [error("103")], [error(), OTHER_ERROR]],
    ),
    (
        eau_insurer.insurer_reported([], "KP5-06"),
        [*NOTE.traffic(), receipt(), STATEMENT],
        [NOTE.traffic(), [receipt()], [*NOTE.traffic(), receipt(), error()]],
    ),
    (
        eau_insurer.insurer_said_nothing("KP5-05/AK6"),
        [*NOTE.traffic(), receipt(), READ],
        [
            NOTE.traffic(),
            [receipt()],
            [*NOTE.traffic(), receipt(), error()],
            [*NOTE.traffic(), receipt(), STATEMENT],
        ],
    ),
    (
        eau_insurer.error_reached(PRACTICE, "KP5-05/AK5"),
        [error()],
        [[error(to="andere@x.kim.telematik-test")], []],
    ),
    (
        eau_course.documents_sent(1, 1, "P6-04/AK2"),
        [*NOTE.traffic(), *STORNO.traffic()],
        [NOTE.traffic(), STORNO.traffic(), [*NOTE.traffic(), *NOTE.traffic(), *STORNO.traffic()]],
    ),
    (eau_course.documents_sent(0, 0, "P6-03/AK5"), [look(0)], [NOTE.traffic(), []]),
]


def search(iknr: str, kind: str = "5") -> Exchange:
    text = f"dc=data,dc=vzd sub (&(domainID={iknr})(entryType={kind}))"
    return exchange(Layer.LDAP, "Search", peer="vzd", asked=text, answered="0 SUCCESS")


MADE.append(
    (
        eau_mail.insurer_looked_up(["109500969", "107777776"], "P5-02/AK4b"),
        [search("109500969"), search("107777776"), *NOTE.traffic()],
        [
            [search("107777776"), search("109500969"), *NOTE.traffic()],
            [search("109500969"), *NOTE.traffic()],
            [search("109500969", "3"), search("107777776", "3"), *NOTE.traffic()],
            [search("109500969"), search("107777776")],
        ],
    )
)
GOOD: dict[Check, Sending] = {
    eau_document.responsible_may_be: note(TRAINEE),
    eau_document.trainee_has_responsible: note(TRAINEE),
}
STATIC: list[tuple[Check, Traffic, list[Traffic]]] = [
    *((one, GOOD.get(one, NOTE).traffic(), [*wrong, []]) for one, wrong in DOCUMENT.items()),
    *((one, base.traffic(), [*wrong, []]) for one, (base, wrong) in MAIL.items()),
    *COURSE,
    *INSURERS,
]


@pytest.mark.parametrize("case", STATIC + MADE, ids=lambda case: case[0].name)
def test_a_check_holds_and_breaks(case: tuple[Check, Traffic, list[Traffic]]) -> None:
    check, good, wrong = case
    assert holds(check, good), check.findings(good)
    assert wrong
    for number, traffic in enumerate(wrong):
        assert not holds(check, traffic), f"wrong traffic {number} passes"


@pytest.mark.parametrize("name", ["einfach", "weiterbildung", "vertretung", "asv", "zahnarzt"])
@pytest.mark.parametrize("kind", list(NoteKind))
def test_every_variant_passes_all_checks(name: str, kind: NoteKind) -> None:
    traffic = note(variant(Rng(name), DAY, name, kind)).traffic()
    for check in eau_document.NOTE_CHECKS:
        assert holds(check, traffic), check.findings(traffic)


def holds(check: Check, traffic: Traffic) -> bool:
    return all(finding.verdict is Verdict.PASSED for finding in check.findings(traffic))


SEALED = received(b"Content-Type: application/pkcs7-mime\r\n\r\nx")
BUSY = replace(search("109500969"), parent="c1", response=Message("51 BUSY", status=51))
WITHOUT_CONTENT = of(NOTE, signed=False)


@pytest.mark.parametrize(
    "hindrance", [SEALED, BUSY, *WITHOUT_CONTENT], ids=["sealed", "busy", "bare"]
)
def test_what_stood_in_the_way_leaves_undecided(hindrance: Exchange) -> None:
    for check in (
        eau_document.note_is_closed,
        eau_mail.storno_subject,
        eau_course.rejected_note_is_rewritten,
        eau_insurer.error_mail_is_right,
        eau_insurer.insurer_reported(["101"], "KP310-13"),
    ):
        assert {one.verdict for one in check.findings([hindrance])} == {Verdict.UNDECIDED}
        assert {one.verdict for one in check.findings([])} == {Verdict.FAILED}


def test_an_obstacle_excuses_nothing_that_is_wrong_by_itself() -> None:
    assert {
        one.verdict for one in eau_mail.note_subject.findings([BUSY, *of(NOTE, subject="x")])
    } == {Verdict.FAILED}


def test_silence_without_delivery_proves_nothing() -> None:
    check = eau_insurer.insurer_reported([], "KP5-06")
    assert {one.verdict for one in check.findings(NOTE.traffic())} == {Verdict.UNDECIDED}
