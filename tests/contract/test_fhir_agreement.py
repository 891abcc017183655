"""Our verdicts on the official examples equal the published ones."""

from __future__ import annotations

import gc
from datetime import date
from pathlib import Path

import pytest

from pruefstand.fhir.validation import message, operation_outcome
from pruefstand.fhir.validation.reader import lexical
from tests.contract.fhir_examples import files, specs, validator

ANNOUNCED = {
    "Bug2_DosageFlagFalse_renderedDosageInstruction": "-erp-dosageExtensionOhneDosierung",
    "Bug3_renderedDosageInstruction_Only_ohneDosageInstruction": (
        "workflow-dosageExtensionOhneDosierung"
    ),
    "Bug3_renderedDosageInstruction_Only_ohneDosageInstruction_PARA_Close": (
        "workflow-dosageExtensionOhneDosierung"
    ),
    "Beispiel_1-eAU_ERST_GKV-BSNR": "-for-laengeBSNR",
    "Beispiel_1-eAU_ERST_GKV-KZVA": "-for-laengeKZVA",
    "Beispiel_1_PZN_IKNR": "-for-laengeIK",
    "Beispiel_1_PZN_KSN": "-for-laengeStandortnummer",
    "invalid_Coverage-payor-alternativeID_for-laengeIK": "-for-laengeIK",
    "invalid_Patient_for-laengeVersichertenId": "-for-laengeVersichertenId",
    "invalid_Bundle-Composition_no-benefitiary": "slice-minimum",
}
"""File name → the rule it announces."""


def test_the_examples_are_at_hand() -> None:
    specs()
    assert (len(files("valid")), len(files("invalid"))) == (100, 11)


@pytest.mark.parametrize("path", files("valid"), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_valid_document_is_accepted(path: Path) -> None:
    result = validator().validate(path.read_bytes())
    assert result.valid, "\n".join(message(finding) for finding in result.errors)


@pytest.mark.parametrize("path", files("invalid"), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_an_invalid_document_is_refused_for_the_announced_reason(path: Path) -> None:
    result = validator().validate(path.read_bytes())
    assert not result.valid
    assert ANNOUNCED[path.stem] in {finding.rule for finding in result.errors}


@pytest.mark.parametrize("path", files("valid")[:12], ids=lambda p: p.stem)
def test_no_invariant_remains_unevaluated(path: Path) -> None:
    findings = validator().validate(path.read_bytes()).findings
    assert [finding for finding in findings if finding.kind == "expression"] == []


@pytest.mark.parametrize(
    ("day", "in_force"), [(date(2026, 11, 23), True), (date(2026, 6, 30), False)]
)
def test_the_reference_day_decides_on_the_version(day: date, in_force: bool) -> None:
    specs()
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes()
    assert validator().validate(data, as_of=day).valid is in_force


def test_a_finding_names_path_line_rule_and_both_values() -> None:
    specs()
    path = next(p for p in files("invalid") if p.stem == "Beispiel_1_PZN_IKNR")
    result = validator().validate(path.read_bytes())
    (finding,) = result.errors
    text = message(finding)
    assert text.startswith("Bundle.entry[5].resource.identifier.value (Zeile 318): [-for-laengeIK]")
    assert text.endswith("gefunden: 7211 1100")
    assert "constraint violated" in message(finding, "en")
    issue = next(i for i in operation_outcome(result)["issue"] if i["severity"] == "error")
    assert issue["code"] == "invariant"
    assert issue["expression"] == [finding.path]


def test_an_unknown_profile_is_refused() -> None:
    specs()
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes()
    result = validator().validate(data.replace(b"KBV_PR_ERP_Bundle|1.4", b"KBV_PR_ERP_Bundle|9.9"))
    assert [finding.kind for finding in result.errors] == ["profile"]


def test_a_verdict_leaves_no_official_document_to_the_garbage_search() -> None:
    specs()
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes()
    validator().validate(data)
    gc.collect()
    gc.disable()
    try:
        assert validator().validate(data).valid
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_byte_order_mark_is_refused_in_either_form() -> None:
    specs()
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes()
    for text in (data, b"{}"):
        (finding,) = validator().validate(b"\xef\xbb\xbf" + text).errors
        assert (finding.kind, finding.found) == ("syntax", "Byte Order Mark vor dem Dokument")


def test_comments_change_nothing() -> None:
    specs()
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes()
    commented = data.replace(b"<id value", b"<!-- hier --><id value").replace(b"<meta>", b"<meta>")
    assert commented != data
    assert validator().validate(commented).valid


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b'<birthDate value="19', b'<birthDate value="1935-02-31"/><x value="19', "primitive"),
        (b"</id>", b"</id>", ""),
        (b"<status ", b"<nonsense/><status ", "unknown-element"),
        (b"<status ", b"text<status ", "text"),
        (b'<status value="active"', b'<status value="active" lang="de"', "unknown-attribute"),
        (b'<type value="document"/>', b'<type value="collection"/>', "fixed"),
        (b"http://fhir.de/sid/gkv/kvid-10", b"kvid-10", "system"),
        (b"<meta>", b"<?p?><meta>", "node"),
        (b"<status ", b"<![CDATA[ ]]><status ", ""),
        (b"<status ", b"<![CDATA[x]]><status ", "text"),
        (b"<meta>", b'<meta xml:lang="de">', "unknown-attribute"),
        (b"<meta>", b"<meta><id value='a'/>", "unknown-element"),
        (b"<Patient ", b"<Patient id='a' ", "unknown-attribute"),
        (b"<birthDate ", b"<birthDate xmlns='urn:x' ", "unknown-element"),
        (b"<family ", b"<family id='' ", "primitive"),
        (b'<system value="http://fhir.de/sid', b'<system value="oid:1.2/', "primitive"),
    ],
)
def test_each_breach_of_the_syntax_has_its_kind(old: bytes, new: bytes, kind: str) -> None:
    specs()
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes().replace(b'" />', b'"/>')
    kinds = {finding.kind for finding in validator().validate(data.replace(old, new)).errors}
    assert (kind in kinds) if kind else not kinds


@pytest.mark.parametrize(
    ("type_name", "value", "possible"),
    [
        ("date", "2026-02-28", True),
        ("date", "2026-02-29", False),
        ("date", "2026-02", True),
        ("dateTime", "2024-02-29T10:00:00Z", True),
        ("instant", "2023-02-29T10:00:00Z", False),
        ("integer", "-2147483647", True),
        ("positiveInt", "2147483648", False),
        ("unsignedInt", "9" * 5000, False),
        ("uri", "urn:uuid:3bb8b1a5-6b49-4d24-8d0a-3d1c5b1f4c1e", True),
        ("uri", "urn:uuid:3BB8B1A5-6B49-4D24-8D0A-3D1C5B1F4C1E", False),
        ("uri", "urn:uuid:3bb8b1a5", False),
        ("uri", "urn:oid:1.2.276.0", True),
        ("uri", "urn:oid:1.3.160", True),
        ("uri", "urn:oid:1.2.276", False),
        ("oid", "urn:oid:1.02", False),
        ("canonical", "uuid:3bb8b1a5-6b49-4d24-8d0a-3d1c5b1f4c1e", False),
        ("string", "x" * 2**20, True),
        ("string", "x" * (2**20 + 1), False),
        ("base64Binary", "QUJD" * 2**19, True),
    ],
)
def test_a_value_must_exist(type_name: str, value: str, possible: bool) -> None:
    assert lexical(type_name, None)(value) is possible
