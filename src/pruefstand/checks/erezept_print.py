"""The printed token sheet against the prescriptions on it (KBV annex ERP, gemSpec_DM_eRp)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.documents import uploaded, value, values
from pruefstand.checks.erezept_practice import access_codes
from pruefstand.checks.select import answered, carried_by_vau
from pruefstand.model.exchange import Exchange, Layer

_ENTRY = "/f:Bundle/f:entry/f:resource"
_NAME = f"{_ENTRY}/f:Patient/f:name[f:use/@value='official']"
MOST_TOKENS = 3
QUIET_ZONE = 3.0
"""Millimetres around a code."""


def _prints(exchanges: Exchanges) -> list[Exchange]:
    return [exchange for exchange in exchanges if exchange.layer is Layer.PRINT]


def _page(exchange: Exchange) -> dict[str, Any]:
    try:
        page = json.loads(exchange.request.body)
    except ValueError:
        return {}
    return page if isinstance(page, dict) else {}


def _prescriptions(exchange: Exchange) -> list[dict[str, Any]]:
    return list(_page(exchange).get("prescriptions", []))


def _urls(code: str) -> list[str]:
    try:
        content = json.loads(code)
    except ValueError:
        return []
    return list(content["urls"]) if isinstance(content, dict) and content.keys() == {"urls"} else []


@check("A_19554", "A_19279", "A_19280", "A_19543")
def each_prescription_has_its_code(exchanges: Exchanges) -> Judgement:
    """Beside each prescription stands a DataMatrix with its own token and nothing else."""
    codes = access_codes(exchanges)

    def right(item: dict[str, Any]) -> bool:
        token = f"Task/{item['id']}/$accept?ac={codes.get(item['id'])}"
        return _urls(item["code"]) == [token]

    return judge_all(
        _prints(exchanges),
        lambda exchange: (
            bool(_prescriptions(exchange)) and all(map(right, _prescriptions(exchange)))
        ),
        expected="je Verordnung ein lesbarer DataMatrix mit Task/ID/$accept?ac=AccessCode",
        show=lambda exchange: ", ".join(
            f"{item['id']}: Code {'falsch' if item['code'] else 'nicht lesbar'}"
            for item in _prescriptions(exchange)
            if not right(item)
        ),
    )


@check("A_19553-01", "P6-311")
def collective_code_has_all_tokens(exchanges: Exchanges) -> Judgement:
    """The collective code lists the one to three tokens of the page under urls, no others."""

    def right(exchange: Exchange) -> bool:
        alone = [url for item in _prescriptions(exchange) for url in _urls(item["code"])]
        together = _urls(_page(exchange).get("collective", ""))
        return 1 <= len(together) <= MOST_TOKENS and together == alone

    return judge_all(
        _prints(exchanges),
        right,
        expected="Sammelcode: JSON-Objekt mit urls aus genau den Token der Einzelcodes",
        show=lambda exchange: (
            f"{len(_urls(_page(exchange).get('collective', '')))} Token im Sammelcode, "
            f"{len(_prescriptions(exchange))} Verordnungen"
        ),
    )


def _task_id(exchange: Exchange) -> str:
    return exchange.request.start.split("/Task/", 1)[-1].split("/", 1)[0]


def _documents(exchanges: Exchanges) -> dict[str, bytes]:
    """Return what was signed for each uploaded prescription."""
    uploads = answered(carried_by_vau(exchanges, "Task/$activate"), 200, 252)
    found = {_task_id(item): uploaded(item) for item in uploads}
    return {task: document.content for task, document in found.items() if document is not None}


def _line(document: bytes) -> re.Pattern[str] | None:
    """Return what the line of a prescription by PZN looks like; a long name may be cut."""
    quantity = value(document, f"{_ENTRY}/f:MedicationRequest/f:dispenseRequest//f:value/@value")
    name = value(document, f"{_ENTRY}/f:Medication/f:code/f:text/@value")
    pzn = value(document, f"{_ENTRY}/f:Medication/f:code/f:coding/f:code/@value")
    if not (quantity and name and pzn):
        return None
    fixed = value(document, f"{_ENTRY}/f:MedicationRequest/f:substitution/*/@value") == "false"
    cut = "|".join(re.escape(name[:length]) for length in range(len(name), 0, -1))
    mark = r"\b.*aut idem.*" if fixed else "(?!.*aut idem).*"
    return re.compile(rf"{quantity}\s?x (?:{cut})…? PZN:? ?{pzn}{mark}")


@check("P6-27")
def product_lines_have_their_order(exchanges: Exchanges) -> Judgement:
    """A prescription by PZN is printed as quantity, name, PZN, then the mark that forbids exchange.

    A name that is too long may be cut; quantity and PZN stay.
    """
    documents = _documents(exchanges)

    def right(item: dict[str, Any]) -> bool:
        line = _line(documents.get(item["id"], b""))
        return line is not None and bool(line.fullmatch(" ".join(item["drugs"])))

    return judge_all(
        _prints(exchanges),
        lambda exchange: (
            bool(_prescriptions(exchange)) and all(map(right, _prescriptions(exchange)))
        ),
        expected="je Verordnung Menge, Handelsname, PZN und Kennzeichen in dieser Folge",
        show=lambda exchange: "; ".join(
            " ".join(item["drugs"]) for item in _prescriptions(exchange) if not right(item)
        ),
    )


@check("P6-31")
def codes_have_size_and_quiet_zone(exchanges: Exchanges) -> Judgement:
    """The codes of a page are of one size, and 3 mm around each are free."""

    def right(exchange: Exchange) -> bool:
        items = _prescriptions(exchange)
        return (
            bool(items)
            and len({item.get("width") for item in items}) == 1
            and all(item.get("width", 0) > 0 for item in items)
            and all(item.get("quiet", 0) >= QUIET_ZONE for item in items)
        )

    return judge_all(
        _prints(exchanges),
        right,
        expected=f"Codes in gleicher Größe, ringsum {QUIET_ZONE} mm frei",
        show=lambda exchange: ", ".join(
            f"{item.get('width')} mm, Ruhezone {item.get('quiet')} mm"
            for item in _prescriptions(exchange)
        ),
    )


@check("P6-243")
def heading_names_the_kind(exchanges: Exchanges) -> Judgement:
    """The heading says that an E-Rezept is printed."""
    return judge_all(
        _prints(exchanges),
        lambda exchange: "E-Rezept" in _page(exchange).get("heading", ""),
        expected="Überschrift nennt das E-Rezept",
        show=lambda exchange: repr(_page(exchange).get("heading", "")),
    )


def _day(text: str | None) -> str:
    try:
        return date.fromisoformat(text or "").strftime("%d.%m.%Y")
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class _Detail:
    """A line of the page; `wanted` reads from a signed document what must stand there."""

    label: str
    wanted: Callable[[bytes], str]


def _name(document: bytes) -> str:
    given = values(document, f"{_NAME}/f:given/@value")
    return " ".join([*given, *values(document, f"{_NAME}/f:family/@value")])


_PHONE = f"{_ENTRY}/f:Organization/f:telecom[f:system/@value='phone']/f:value/@value"
_KVNR = (
    f"{_ENTRY}/f:Patient/f:identifier[f:system/@value='http://fhir.de/sid/gkv/kvid-10']"
    "/f:value/@value"
)
DETAILS = {
    "patient": _Detail("Für", _name),
    "birth_date": _Detail(
        "Geboren am", lambda bundle: _day(value(bundle, f"{_ENTRY}/f:Patient/f:birthDate/@value"))
    ),
    "kvnr": _Detail("Versicherten-ID", lambda bundle: value(bundle, _KVNR) or ""),
    "practice": _Detail(
        "Von", lambda bundle: value(bundle, f"{_ENTRY}/f:Organization/f:name/@value") or ""
    ),
    "phone": _Detail("Telefon", lambda bundle: value(bundle, _PHONE) or ""),
    "issued": _Detail(
        "Ausgestellt am",
        lambda bundle: _day(value(bundle, f"{_ENTRY}/f:MedicationRequest/f:authoredOn/@value")),
    ),
}


@factory
def print_shows(detail: str, *requirements: str) -> Check:
    """Return the check that the page shows a detail as the newest document has it."""
    line = DETAILS[detail]

    def judge(exchanges: Exchanges) -> Judgement:
        # Uploads are recorded in the order of signing: the last is the youngest.
        uploads = answered(carried_by_vau(exchanges, "Task/$activate"), 200, 252)
        documents = [document for item in uploads if (document := uploaded(item)) is not None]
        wanted = line.wanted(documents[-1].content) if documents else ""

        def shown(exchange: Exchange) -> str:
            return str(_page(exchange).get("details", {}).get(line.label, ""))

        return judge_all(
            _prints(exchanges),
            lambda exchange: bool(wanted) and shown(exchange) == wanted,
            expected=f"„{line.label}“ auf dem Ausdruck wie im signierten Dokument",
            show=lambda exchange: f"gedruckt {shown(exchange)!r}, im Dokument {wanted!r}",
        )

    return Check(f"print_shows_{detail}", requirements, judge)


PRINT_CHECKS: tuple[Check, ...] = (
    each_prescription_has_its_code,
    collective_code_has_all_tokens,
    heading_names_the_kind,
    product_lines_have_their_order,
    codes_have_size_and_quiet_zone,
    print_shows("patient", "P6-24"),
    print_shows("birth_date", "P6-241"),
    print_shows("kvnr", "P6-242"),
    print_shows("practice", "P6-25"),
    print_shows("phone", "P6-25"),
    print_shows("issued", "P6-26"),
)
