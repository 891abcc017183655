"""$activate: the signature, the certificate, and the checks on the prescription in order."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest

from mocks.erezept.activate_checks import CHECKS
from pruefstand.clients.erezept import Activation, CreatedTask, ErezeptRefusal
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import BERLIN, VirtualClock
from pruefstand.crypto import ocsp
from pruefstand.crypto.cms_qes import QesSigner, parse, verify
from pruefstand.crypto.pki import Hba, Pki
from pruefstand.fhir.xml import to_xml
from tests.contract.erezept_bench import DAY, Bench

KBV = "https://fhir.kbv.de/StructureDefinition/KBV_PR_ERP_Bundle|"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-activate", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def upload(bench: Bench, task: CreatedTask, signed: bytes) -> Activation:
    return bench.as_role("practice").activate(task.prescription_id, task.access_code, signed)


def refusal(bench: Bench, task: CreatedTask, signed: bytes) -> ErezeptRefusal:
    with pytest.raises(ErezeptRefusal) as found:
        upload(bench, task, signed)
    return found.value


def outcome(bench: Bench, task: CreatedTask, signed: bytes) -> tuple[int, str]:
    found = refusal(bench, task, signed)
    return found.status, found.text


def swapped(document: bytes, old: str, new: str) -> bytes:
    changed = re.sub(old.encode(), new.encode(), document)
    assert changed != document
    return changed


def test_a_correct_prescription_is_ready(bench: Bench) -> None:
    task = bench.created()
    found = upload(bench, task, bench.sign(bench.document(task.prescription_id)))
    assert found == Activation(200, None, "ready", "2027-02-23", "2026-12-21")


def test_mistakes_of_the_body_come_after_code_and_status(bench: Bench) -> None:
    task = bench.created()
    target = f"/Task/{task.prescription_id}/$activate"
    binary = {"resourceType": "Binary", "contentType": "application/pkcs7-mime"}
    headers = {"X-AccessCode": task.access_code, "Content-Type": "application/fhir+xml"}
    rows = [
        ([], "unexpected number of parameters"),
        ([{"name": "other", "valueString": "x"}], "Failed to get ePrescription from requestBody"),
        (
            [{"name": "ePrescription", "resource": binary}],
            "Failed to get ePrescription. Document has no data.",
        ),
    ]
    for parameters, expected in rows:
        body = to_xml({"resourceType": "Parameters", "parameter": parameters})
        answer = bench.send("practice", "POST", target, headers=headers, body=body)
        assert (answer.status, inner_refusal("", answer).text) == (400, expected)


def test_altered_content_and_garbage_fail_the_signature(bench: Bench) -> None:
    task = bench.created()
    signed = bench.sign(bench.document(task.prescription_id))
    altered = signed.replace(b'<status value="active"/>', b'<status value="Active"/>')
    for wrong in (altered, b"no cms", signed[:-20]):
        found = refusal(bench, task, wrong)
        assert found.status == 400
        assert found.text.startswith("CAdES-BES signature verification has failed: ")


def test_other_cards_than_the_hba_cannot_sign(bench: Bench) -> None:
    task = bench.created()
    document = bench.document(task.prescription_id)
    for identity in (bench.pki.smcb().osig, bench.pki.hba().aut):
        signed = QesSigner(identity).sign(document, at=bench.clock.now())
        assert refusal(bench, task, signed).text.startswith("CAdES-BES")


def test_cards_of_a_foreign_pki_cannot_sign(bench: Bench) -> None:
    task = bench.created()
    foreign = Pki("foreign", bench.clock).hba().qes
    signed = QesSigner(foreign).sign(bench.document(task.prescription_id), at=bench.clock.now())
    assert refusal(bench, task, signed).text.startswith("CAdES-BES")


# OCSP


def card(bench: Bench, name: str) -> Hba:
    return bench.pki.hba(name)


def signed_with(bench: Bench, task: CreatedTask, name: str, answer: bytes | None) -> bytes:
    signer = QesSigner(card(bench, name).qes)
    return signer.sign(bench.document(task.prescription_id), at=bench.clock.now(), ocsp=answer)


def stated(bench: Bench, name: str, **stated: object) -> bytes:
    der = card(bench, name).qes.der
    issuer = bench.pki._trust.issuer_of(ocsp.read_facts(der)).certificate  # type: ignore[attr-defined]
    values = {"status": "good", "this_update": bench.clock.now(), "certificate": der, **stated}
    signer = values.pop("signer", bench.pki.service("ocsp"))
    status = values.pop("status")
    return ocsp.build_response(signer, ocsp.cert_id(der, issuer), status, **values)  # type: ignore[arg-type]


def test_embedded_answer_is_kept_when_it_is_usable(bench: Bench) -> None:
    task = bench.created()
    answer = stated(bench, "a", this_update=bench.clock.now() - timedelta(hours=2))
    upload(bench, task, signed_with(bench, task, "a", answer))
    assert stored_ocsp(bench, task) == answer


def stored_ocsp(bench: Bench, task: CreatedTask) -> bytes | None:
    stored = bench.records.tasks.get(task.prescription_id)
    assert stored is not None
    assert stored.prescription is not None
    verify(stored.prescription.signed)
    return parse(stored.prescription.signed).ocsp


def test_unusable_embedded_answers_are_replaced(bench: Bench) -> None:
    foreign = Pki("foreign", bench.clock).service("ocsp")
    for answer in (
        None,
        stated(bench, "b"),
        stated(bench, "a", signer=foreign),
        stated(bench, "a", this_update=bench.clock.now() - timedelta(hours=13)),
        stated(bench, "a", certificate=b"another"),
    ):
        task = bench.created()
        assert upload(bench, task, signed_with(bench, task, "a", answer)).status == 200
        kept = stored_ocsp(bench, task)
        assert kept is not None
        assert kept != answer
        assert ocsp.read_response(kept).status == "good"


def test_revoked_and_unknown_signers_are_refused(bench: Bench) -> None:
    task = bench.created()
    now = bench.clock.now()
    revoked = stated(bench, "a", status="revoked", revoked_at=now - timedelta(days=1))
    assert outcome(bench, task, signed_with(bench, task, "a", revoked)) == (
        400,
        "OCSP Check failed, certificate is revoked.",
    )
    unknown = stated(bench, "a", status="unknown")
    assert outcome(bench, task, signed_with(bench, task, "a", unknown)) == (
        400,
        "OCSP Check failed, certificate is unknown.",
    )
    later = stated(bench, "a", status="revoked", revoked_at=now + timedelta(minutes=5))
    assert upload(bench, task, signed_with(bench, task, "a", later)).status == 200


def test_fetched_revocation_is_respected(bench: Bench) -> None:
    task = bench.created()
    bench.pki.revoke(card(bench, "revoked").qes.certificate, bench.clock.now() - timedelta(hours=1))
    assert outcome(bench, task, signed_with(bench, task, "revoked", None)) == (
        400,
        "OCSP Check failed, certificate is revoked.",
    )


def test_unreachable_responder_is_512_unless_an_answer_is_embedded(bench: Bench) -> None:
    bench.context.settings = {"ocsp_unreachable": True}
    task = bench.created()
    assert refusal(bench, task, signed_with(bench, task, "a", None)).status == 512
    assert upload(bench, task, signed_with(bench, task, "a", stated(bench, "a"))).status == 200


# profession and versions


@pytest.mark.parametrize("role", ["apotheker", "psychotherapeut"])
def test_other_professions_do_not_prescribe(bench: Bench, role: str) -> None:
    task = bench.created()
    signed = bench.sign(bench.document(task.prescription_id), role=role)
    assert outcome(bench, task, signed) == (
        400,
        "The QES-Certificate does not have expected ProfessionOID.",
    )


def test_dentists_prescribe(bench: Bench) -> None:
    task = bench.created()
    signed = bench.sign(bench.document(task.prescription_id), role="zahnarzt")
    assert upload(bench, task, signed).status == 200


@pytest.mark.parametrize(
    ("day", "accepted", "refused"),
    [
        (date(2026, 6, 30), ("1.3",), ("1.4",)),
        (date(2026, 7, 1), ("1.3", "1.4"), ()),
        (date(2026, 11, 23), ("1.3", "1.4"), ()),
        (date(2027, 1, 14), ("1.3", "1.4"), ()),
        (date(2027, 1, 15), ("1.4",), ("1.3",)),
        (date(2027, 1, 20), ("1.4",), ("1.3",)),
    ],
)
def test_profile_version_follows_the_day(
    bench: Bench, day: date, accepted: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    bench.clock.move_to(datetime.combine(day, time(10), BERLIN))
    for version in (*accepted, *refused):
        task = bench.created()
        signed = bench.sign(bench.document(task.prescription_id, version=version))
        if version in accepted:
            assert upload(bench, task, signed).status == 200
            continue
        found = refusal(bench, task, signed)
        assert (found.status, found.text) == (400, "FHIR-Validation error")
        expected = ", ".join(KBV + name for name in accepted)
        assert found.diagnostics == f"invalid profile {KBV}{version} must be one of: {expected}"


def test_a_validator_can_be_plugged_in(bench: Bench) -> None:
    bench.context.settings = {"validator": lambda content: ["Bundle: error: rule"]}
    task = bench.created()
    found = refusal(bench, task, bench.sign(bench.document(task.prescription_id)))
    assert (found.text, found.diagnostics) == ("FHIR-Validation error", "Bundle: error: rule")


# rows of the error table: what is changed, and the text

NUMBERS = r'value="\d{9}"'
IK = (
    "Ungültiges Institutionskennzeichen (IKNR): Das übergebene Institutionskennzeichen im "
    "Versicherungsstatus entspricht nicht den Prüfziffer-Validierungsregeln."
)
PZN = (
    "Ungültige PZN: Die übergebene Pharmazentralnummer entspricht nicht den "
    "vorgeschriebenen Prüfziffer-Validierungsregeln."
)
KVNR = (
    "Ungültige Versichertennummer (KVNR): Die übergebene Versichertennummer des Patienten "
    "entspricht nicht den Prüfziffer-Validierungsregeln."
)
CATEGORY = "Für diesen Workflowtypen sind nur Arzneimittelverordnungen zulässig"
CODE = r"(KBV_CS_ERP_Medication_Category\"/><code value=\")00"
MVO_START = r"(<extension url=\"Kennzeichen\"><valueBoolean value=\")false(\"/></extension>)"


def mvo(
    numerator: int = 1,
    denominator: int = 2,
    start: str = "2026-11-23",
    end: str = "2027-02-01",
    marked: str = "true",
    urn: str = "urn:uuid:24e2e10d-e962-4d1c-be4f-8760e690a5f0",
) -> str:
    """Return the replacement that turns a plain prescription into a multiple one."""
    limits = f'<start value="{start}"/>' if start else ""
    limits += f'<end value="{end}"/>' if end else ""
    return (
        rf"\g<1>{marked}\g<2>"
        f'<extension url="Nummerierung"><valueRatio><numerator><value value="{numerator}"/>'
        f'</numerator><denominator><value value="{denominator}"/></denominator></valueRatio>'
        f'</extension><extension url="Zeitraum"><valuePeriod>{limits}</valuePeriod></extension>'
        '<extension url="ID"><valueIdentifier><system value="urn:ietf:rfc:3986"/>'
        f'<value value="{urn}"/></valueIdentifier></extension>'
    )


ROWS: list[tuple[int, list[tuple[str, str]], str]] = [
    (
        160,
        [(r"arge-ik/iknr\"/><value value=\"\d{9}", 'arge-ik/iknr"/><value value="104212058')],
        IK,
    ),
    (160, [(r"ifa/pzn\"/><code value=\"\d{8}", 'ifa/pzn"/><code value="00814666')], PZN),
    (160, [(r"kvid-10\"/><value value=\"\w+", 'kvid-10"/><value value="X123456789')], KVNR),
    (
        160,
        [("http://fhir.de/sid/gkv/kvid-10", "http://fhir.de/sid/pkv/kvid-10")],
        "Als Identifier für den Patienten muss eine VersichertenID (KVNR) angegeben werden.",
    ),
    (160, [(CODE, r"\g<1>01")], "BTM nicht zulässig"),
    (160, [(CODE, r"\g<1>02")], CATEGORY),
    (160, [(CODE, r"\g<1>03")], CATEGORY),
    (209, [(CODE, r"\g<1>03")], CATEGORY),
    (
        160,
        [(r"160\.(\d{3}\.){4}\d{2}", "160.000.123.456.789.38")],
        "Error while extracting prescriptionId from QES-Bundle",
    ),
    (
        160,
        [(r"160\.(\d{3}\.){4}\d{2}", "200.000.123.456.789.51")],
        "Flowtype mismatch between Task and QES-Bundle",
    ),
    (
        160,
        [(r"160\.(\d{3}\.){4}\d{2}", "160.000.123.456.789.37")],
        "PrescriptionId mismatch between Task and QES-Bundle",
    ),
    (
        160,
        [(r'authoredOn value="2026-11-23', 'authoredOn value="2026-11-22')],
        "Ausstellungsdatum und Signaturzeitpunkt weichen voneinander ab, müssen aber taggleich "
        "sein",
    ),
    (
        160,
        [(r'authoredOn value="2026-11-23', 'authoredOn value="2026-11-24')],
        "Ausstellungsdatum und Signaturzeitpunkt weichen voneinander ab, müssen aber taggleich "
        "sein",
    ),
    (
        160,
        [
            (
                r"versicherungsart-de-basis\"/><code value=\"GKV",
                'versicherungsart-de-basis"/><code value="PKV',
            )
        ],
        'Coverage "PKV" not allowed for flowtype 160/162/169',
    ),
    (
        200,
        [
            (
                r"versicherungsart-de-basis\"/><code value=\"PKV",
                'versicherungsart-de-basis"/><code value="GKV',
            )
        ],
        'Coverage "PKV" not set for flowtype 200/209',
    ),
    (
        160,
        [(r"<resource><Coverage>.*</Coverage></resource>", "<resource/>")],
        "Unexpected number of Coverage Resources in KBV/EVDGA Bundle",
    ),
    (160, [(r"KBV_PR_ERP_Bundle\|1\.4", "KBV_PR_ERP_Bundle|1.1")], "FHIR-Validation error"),
    (
        160,
        [(r"<MedicationRequest>", "<Basic>"), (r"</MedicationRequest>", "</Basic>")],
        "FHIR-Validation error",
    ),
    (160, [(r"^<\?xml.*\?>", "{}")], "Input is not a FHIR+XML/UTF-8 document"),
    (160, [(MVO_START, mvo(urn="24e2e10d"))], "MVO-ID entspricht nicht urn:uuid format"),
    (
        160,
        [(MVO_START, mvo(end="2026-11-22"))],
        "Ende der Einlösefrist liegt vor Beginn der Einlösefrist",
    ),
    (
        160,
        [(MVO_START, mvo(5, 5))],
        "Eine Mehrfachverordnungen darf aus maximal 4 Teilverordnungen bestehen",
    ),
    (
        160,
        [(MVO_START, mvo(0, 2))],
        "Für eine Mehrfachverordnungen muss der numerator größer 0 sein.",
    ),
    (
        160,
        [(MVO_START, mvo(1, 1))],
        "Eine Mehrfachverordnung muss aus mindestens 2 Teilverordnungen bestehen",
    ),
    (160, [(MVO_START, mvo(4, 3))], "Numerator ist größer als denominator"),
    (160, [(MVO_START, mvo(start=""))], "Beginn der Einlösefrist für MVO ist erforderlich"),
    (
        160,
        [(MVO_START, mvo(start="2026-11-22"))],
        "Einlösefrist liegt zeitlich vor dem Ausstellungsdatum",
    ),
    (160, [(MVO_START, mvo(marked="false"))], "Nummerierung darf nur bei MVO angegeben werden"),
    *(
        (
            160,
            [(MVO_START, mvo()), (r"(STATUSKENNZEICHEN\"/><code value=\")00", rf"\g<1>{basis}")],
            "Für Ersatzverordnung sind keine Mehrfachverordnungen zulässig",
        )
        for basis in ("10", "11", "17")
    ),
    *(
        (
            160,
            [(MVO_START, mvo()), (r"(STATUSKENNZEICHEN\"/><code value=\")00", rf"\g<1>{basis}")],
            "Für Entlassrezepte sind keine Mehrfachverordnungen zulässig",
        )
        for basis in ("04", "14")
    ),
]


@pytest.mark.parametrize(("flow_type", "changes", "expected"), ROWS)
def test_error_table(
    bench: Bench, flow_type: int, changes: list[tuple[str, str]], expected: str
) -> None:
    task = bench.created(flow_type)
    document = bench.document(task.prescription_id)
    for old, new in changes:
        document = swapped(document, old, new)
    assert outcome(bench, task, bench.sign(document)) == (400, expected)
    stored = bench.records.tasks.get(task.prescription_id)
    assert stored is not None
    assert stored.status == "draft"


def test_period_without_numbering_is_refused_too(bench: Bench) -> None:
    task = bench.created()
    period = (
        r"\g<1>false\g<2>"
        '<extension url="Zeitraum"><valuePeriod><start value="2026-11-23"/></valuePeriod>'
        "</extension>"
    )
    document = swapped(bench.document(task.prescription_id), MVO_START, period)
    assert outcome(bench, task, bench.sign(document))[1] == (
        "Zeitraum darf nur bei MVO angegeben werden"
    )


def test_a_part_of_a_multiple_prescription_opens_on_its_first_day(bench: Bench) -> None:
    task = bench.ready(edit=lambda document: swapped(document, MVO_START, mvo(start="2026-12-01")))
    with pytest.raises(ErezeptRefusal) as found:
        bench.as_role("pharmacy").accept(task.prescription_id, task.access_code)
    assert found.value.text == (
        "Teilverordnung zur Mehrfachverordnung 24e2e10d-e962-4d1c-be4f-8760e690a5f0 ist ab "
        "01.12.2026 einlösbar."
    )
    bench.clock.move_to(datetime(2026, 12, 1, 8, tzinfo=BERLIN))
    assert bench.as_role("pharmacy").accept(task.prescription_id, task.access_code).kvnr


def wrong_lanr(bench: Bench, task: CreatedTask) -> bytes:
    old = r"KBV_NS_Base_ANR\"/><value value=\"\d{9}"
    new = 'KBV_NS_Base_ANR"/><value value="123456728'
    return bench.sign(swapped(bench.document(task.prescription_id), old, new))


def test_a_wrong_physician_number_is_only_a_warning(bench: Bench) -> None:
    task = bench.created()
    found = upload(bench, task, wrong_lanr(bench, task))
    assert (found.status, found.task_status) == (252, "ready")
    assert found.warning == (
        '252 erp-server "Ungültige Arztnummer (LANR oder ZANR): Die übergebene Arztnummer '
        'entspricht nicht den Prüfziffer-Validierungsregeln."'
    )


def test_a_wrong_physician_number_is_an_error_when_switched(bench: Bench) -> None:
    bench.context.settings = {"anr_error": True}
    task = bench.created()
    status, text = outcome(bench, task, wrong_lanr(bench, task))
    assert status == 400
    assert text.startswith("Ungültige Arztnummer (LANR oder ZANR)")


def test_narcotics_pass_with_their_flag(bench: Bench) -> None:
    bench.context.settings = {"e_btm": True}
    task = bench.created()
    document = swapped(bench.document(task.prescription_id), CODE, r"\g<1>01")
    assert upload(bench, task, bench.sign(document)).status == 200


def test_late_evening_in_utc_counts_as_the_next_berlin_day(bench: Bench) -> None:
    bench.clock.move_to(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    task = bench.created()
    document = bench.document(task.prescription_id)
    assert b'authoredOn value="2026-07-02' in document
    assert upload(bench, task, bench.sign(document)).status == 200
    other = bench.created()
    late = bench.document(other.prescription_id).replace(
        b'authoredOn value="2026-07-02', b'authoredOn value="2026-07-01'
    )
    assert outcome(bench, other, bench.sign(late))[0] == 400


def test_the_order_of_checks_is_the_originals() -> None:
    assert [check.name for check in CHECKS] == [
        "profession",
        "xml",
        "profile-window",
        "validation",
        "one-request",
        "patient-identifier",
        "ik",
        "pzn",
        "dosage",
        "teratogenic",
        "mvo",
        "category",
        "prescription-id",
        "signing-day",
        "coverage",
        "physician-number",
        "kvnr",
    ]


def test_a_fault_keeps_the_answer_draft(bench: Bench) -> None:
    bench.app.faults.switch("activate_bleibt_draft", True)
    task = bench.created()
    found = upload(bench, task, bench.sign(bench.document(task.prescription_id)))
    assert found.task_status == "draft"
