"""The map of the architecture: which link got which verdict, and how it looks without colour."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from pruefstand.evidence.codec import exchange_to_json
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.architecture import LINKS, PLACES, Architecture, Links, LinkState, Zone
from pruefstand.report.architecture_map import MARKS, ZONES, draw_map
from pruefstand.report.texts import Language, texts
from tests.unit.report_runs import exchange

DE = texts()
ROLES = {
    *(
        [
            "patient",
            "doctolib",
            "pvs",
            "konnektor",
            "idp",
            "kim",
            "vzd",
            "erezept",
            "epa",
            "video",
            "kasse",
            "apotheke",
        ]
    ),
    "arbeitgeber",
}


def used(
    *peers: str, verdict: Verdict = Verdict.PASSED, findings: tuple[Finding, ...] = ()
) -> CaseRecord:
    items = [exchange(peer, peer=peer) for peer in peers]
    return CaseRecord(
        id="TC-1",
        title="T",
        feature="f",
        tags=(),
        verdict=verdict,
        findings=findings,
        exchanges=tuple(exchange_to_json(item, lambda _body: "0") for item in items),
    )


def finding(verdict: Verdict, at: str | None) -> Finding:
    return Finding("A_1", "Status", verdict, "1", "2", at)


def judged(*cases: CaseRecord) -> Architecture:
    links = Links()
    for case in cases:
        links.add(case)
    return links.architecture()


def verdicts(*cases: CaseRecord) -> dict[str, Verdict | None]:
    architecture = judged(*cases)
    found = (*architecture.links, *architecture.elsewhere)
    return {f"{state.link.left}-{state.link.right}": state.verdict for state in found}


def test_the_picture_has_every_role_in_its_zone() -> None:
    assert {place.role for place in PLACES} == ROLES
    assert {end for link in LINKS for end in link.ends} == ROLES
    for place in PLACES:
        left, width, height = ZONES[place.zone]
        assert left < place.x
        assert place.x + place.width < left + width
        assert place.y + place.height < height + 10


def test_boxes_do_not_overlap() -> None:
    for one, other in combinations(PLACES, 2):
        apart = (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
        assert apart, (one, other)


def test_a_link_without_evidence_is_not_tested() -> None:
    assert set(verdicts().values()) == {None}
    assert judged().tested == 0


def test_a_passed_scenario_speaks_for_the_links_it_used() -> None:
    found = verdicts(used("erezept", "idp"))
    assert found["pvs-erezept"] is Verdict.PASSED
    assert found["pvs-idp"] is Verdict.PASSED
    assert found["pvs-konnektor"] is None


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNDECIDED, Verdict.HARNESS_ERROR])
def test_a_scenario_without_located_finding_speaks_for_all_its_links(verdict: Verdict) -> None:
    found = verdicts(used("erezept", "idp", verdict=verdict), used("idp"))
    assert found["pvs-erezept"] is verdict
    assert found["pvs-idp"] is verdict


def test_a_located_finding_speaks_for_its_link_alone() -> None:
    findings = (finding(Verdict.FAILED, "erezept"),)
    found = verdicts(used("erezept", "idp", verdict=Verdict.FAILED, findings=findings))
    assert found["pvs-erezept"] is Verdict.FAILED
    assert found["pvs-idp"] is Verdict.UNDECIDED
    found = verdicts(used("erezept", "idp", verdict=Verdict.FAILED, findings=findings), used("idp"))
    assert found["pvs-idp"] is Verdict.PASSED


def test_other_roles_are_listed_beside_the_map() -> None:
    architecture = judged(used("tsl", "apotheke2"))
    names = {(state.link.left, state.link.right) for state in architecture.elsewhere}
    assert names == {("pvs", "tsl"), ("pvs", "apotheke")}


def test_layers_of_one_message_count_once() -> None:
    items = [exchange("tls"), exchange("http", parent="tls"), exchange("more")]
    case = replace(used(), exchanges=tuple(exchange_to_json(i, lambda _b: "0") for i in items))
    (state,) = [state for state in judged(case).links if state.verdict]
    assert state.exchanges == 2
    assert state.cases == ("TC-1",)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("verdict", [*Verdict, None], ids=str)
def test_a_link_says_its_verdict_in_a_word(language: Language, verdict: Verdict | None) -> None:
    t = texts(language)
    state = LinkState(LINKS[5], verdict, 1, ())
    svg = draw_map(Architecture((state,), ()), t)
    word = t.verdict(verdict) if verdict else t("map.unchecked")
    assert f">{word}</text>" in svg
    assert f'stroke-dasharray="{MARKS[verdict].dashes}"' in svg


def test_red_and_green_differ_without_colour() -> None:
    looks = {(mark.dashes, mark.sign, mark.width) for mark in MARKS.values()}
    for verdict in (Verdict.FAILED, Verdict.HARNESS_ERROR, Verdict.UNDECIDED, Verdict.HINT, None):
        assert MARKS[verdict] != MARKS[Verdict.PASSED]
    assert len(looks) >= 6


def test_zones_are_named_and_foreign_text_is_escaped() -> None:
    svg = draw_map(judged(used("<b>")), DE)
    assert all(f">{DE(f'zone.{zone}')}</text>" in svg for zone in Zone)
    assert "<b>" not in svg
