"""What a prescribing system must do (gemILF_PS_eRp, KBV annex ERP), seen in its traffic."""

from __future__ import annotations

import re
from dataclasses import replace

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.documents import uploaded, value, values
from pruefstand.checks.select import answered, carried_by_vau, soap
from pruefstand.clock import berlin_day
from pruefstand.ids import rezept_id
from pruefstand.model.exchange import Exchange

ACCESS_CODE = re.compile(r"[0-9a-f]{64}")
ACCESS_CODE_PATH = (
    "//f:identifier[contains(f:system/@value,'GEM_ERP_NS_AccessCode')]/f:value/@value"
)
PRESCRIPTION_ID_PATH = "/f:Bundle/f:identifier/f:value/@value"


def _uploads(exchanges: Exchanges) -> list[Exchange]:
    """Return every $activate: what a practice sends must be right even where it is refused."""
    return carried_by_vau(exchanges, "Task/$activate")


def access_codes(exchanges: Exchanges) -> dict[str | None, str | None]:
    """Return the access codes the service gave, by task."""
    return {
        value(_response(exchange), "/f:Task/f:id/@value"): value(
            _response(exchange), ACCESS_CODE_PATH
        )
        for exchange in answered(carried_by_vau(exchanges, "Task/$create"), 201)
    }


def _response(exchange: Exchange) -> bytes:
    return exchange.response.body if exchange.response else b""


@check("A_19276")
def create_asks_for_a_flow_type(exchanges: Exchanges) -> Judgement:
    """$create carries a token and one workflowType."""
    return judge_all(
        carried_by_vau(exchanges, "Task/$create"),
        lambda exchange: (
            (exchange.request.header("Authorization") or "").startswith("Bearer ")
            and values(exchange.request.body, "//f:parameter/f:name/@value") == ["workflowType"]
        ),
        expected="Authorization: Bearer … und genau ein Parameter workflowType",
        show=lambda exchange: exchange.request.start,
    )


@check("A_19021-02")
def created_task_has_an_access_code(exchanges: Exchanges) -> Judgement:
    """The created task holds an access code of 256 bits."""
    return judge_all(
        answered(carried_by_vau(exchanges, "Task/$create"), 201),
        lambda exchange: bool(
            ACCESS_CODE.fullmatch(value(_response(exchange), ACCESS_CODE_PATH) or "")
        ),
        expected="AccessCode aus 64 Hexziffern",
        show=lambda exchange: f"{value(_response(exchange), ACCESS_CODE_PATH)!r}",
    )


@check("A_19114")
def created_task_is_a_draft(exchanges: Exchanges) -> Judgement:
    """The created task waits for its document."""
    path = "/f:Task/f:status/@value"
    return judge_all(
        answered(carried_by_vau(exchanges, "Task/$create"), 201),
        lambda exchange: value(_response(exchange), path) == "draft",
        expected="Task im Status draft",
        show=lambda exchange: f"Status {value(_response(exchange), path)!r}",
    )


@check("A_19217-01")
def prescription_id_is_well_formed(exchanges: Exchanges) -> Judgement:
    """The id of the created task has a known workflow and the right check number."""
    path = "/f:Task/f:id/@value"
    return judge_all(
        answered(carried_by_vau(exchanges, "Task/$create"), 201),
        lambda exchange: rezept_id.is_valid(value(_response(exchange), path) or ""),
        expected="Rezept-ID mit richtiger Prüfnummer",
        show=lambda exchange: (
            rezept_id.problem(value(_response(exchange), path) or "") or "Rezept-ID stimmt"
        ),
    )


def _path_id(exchange: Exchange) -> str:
    found = re.search(r"/Task/([^/]+)/", exchange.request.start)
    return found.group(1) if found else ""


@check("A_19275", "P36-37")
def document_names_the_created_id(exchanges: Exchanges) -> Judgement:
    """The signed bundle's identifier is the id the service gave."""
    created = {
        value(_response(exchange), "/f:Task/f:id/@value")
        for exchange in answered(carried_by_vau(exchanges, "Task/$create"), 201)
    }

    def named(exchange: Exchange) -> str | None:
        document = uploaded(exchange)
        return value(document.content, PRESCRIPTION_ID_PATH) if document else None

    return judge_all(
        _uploads(exchanges),
        lambda exchange: named(exchange) in created and named(exchange) == _path_id(exchange),
        expected="Bundle.identifier ist die Rezept-ID aus $create",
        show=lambda exchange: f"{named(exchange)!r} in {exchange.request.start}",
    )


@check("A_22893", "P36-39")
def authored_on_the_signing_day(exchanges: Exchanges) -> Judgement:
    """authoredOn and signingTime are the same German calendar day."""

    def days(exchange: Exchange) -> tuple[str | None, str]:
        document = uploaded(exchange)
        if document is None:
            return None, "keine gültige Signatur"
        authored = value(document.content, "//f:MedicationRequest/f:authoredOn/@value")
        return authored, berlin_day(document.signing_time).isoformat()

    return judge_all(
        _uploads(exchanges),
        lambda exchange: days(exchange)[0] == days(exchange)[1],
        expected="authoredOn ist der Signaturtag",
        show=lambda exchange: "authoredOn {} / signiert {}".format(*days(exchange)),
    )


@check("A_19281-03", "P4-01")
def prescription_is_signed_as_demanded(exchanges: Exchanges) -> Judgement:
    """The upload is an enveloping CMS signature with embedded OCSP that verifies."""
    return judge_all(
        _uploads(exchanges),
        lambda exchange: (document := uploaded(exchange)) is not None and document.ocsp is not None,
        expected="CAdES enveloping, Signatur gültig, OCSP-Antwort eingebettet",
        show=lambda exchange: (
            "Signatur ungültig" if uploaded(exchange) is None else "ohne OCSP-Antwort"
        ),
    )


@check("A_19281-03")
def konnektor_is_asked_for_an_enveloping_signature(exchanges: Exchanges) -> Judgement:
    """SignDocument demands CMS, embedded content, revocation info and the text media type."""
    wanted = (
        b"urn:ietf:rfc:5652",
        b"IncludeEContent>true<",
        b"IncludeRevocationInfo>true<",
        b"text/plain; charset=utf-8",
    )
    return judge_all(
        soap(exchanges, "SignDocument"),
        lambda exchange: all(part in exchange.request.body for part in wanted),
        expected="SignDocument mit CMS, IncludeEContent, IncludeRevocationInfo, text/plain",
        show=lambda exchange: ", ".join(
            part.decode() for part in wanted if part not in exchange.request.body
        ),
    )


@check("A_19273-01")
def activate_carries_the_access_code(exchanges: Exchanges) -> Judgement:
    """$activate shows the access code of its task."""
    codes = access_codes(exchanges)
    return judge_all(
        _uploads(exchanges),
        lambda exchange: (
            (shown := exchange.request.header("X-AccessCode")) is not None
            and shown == codes.get(_path_id(exchange))
        ),
        expected="X-AccessCode ist der Wert aus $create",
        show=lambda exchange: f"X-AccessCode {exchange.request.header('X-AccessCode')!r}",
    )


@check("A_19272", "A_19274", "A_19128")
def task_becomes_ready(exchanges: Exchanges) -> Judgement:
    """The upload was accepted and the task is ready."""
    return judge_all(
        answered(_uploads(exchanges), 200, 252),
        lambda exchange: value(_response(exchange), "/f:Task/f:status/@value") == "ready",
        expected="Task im Status ready",
        show=lambda exchange: f"Status {value(_response(exchange), '/f:Task/f:status/@value')!r}",
    )


@check("P36-21")
def resources_name_one_profile(exchanges: Exchanges) -> Judgement:
    """Each resource of the signed bundle states exactly one profile, and the insured a KVNR."""

    def holds(exchange: Exchange) -> bool:
        document = uploaded(exchange)
        if document is None:
            return False
        resources = values(document.content, "//f:entry/f:resource/*/f:id/@value")
        profiles = values(document.content, "//f:entry/f:resource/*/f:meta/f:profile/@value")
        kvnr = values(
            document.content,
            "//f:Patient/f:identifier[f:system/@value='http://fhir.de/sid/gkv/kvid-10']/f:value/@value",
        )
        return len(resources) == len(profiles) > 0 and len(kvnr) == 1

    return judge_all(
        _uploads(exchanges),
        holds,
        expected="je Ressource genau ein meta.profile, eine Versicherten-ID",
        show=lambda _: "Profilangaben unvollständig",
    )


@check("A_19239-01", "A_19238")
def abort_shows_the_access_code(exchanges: Exchanges) -> Judgement:
    """The practice deletes with POST $abort and the access code, and the service confirms."""
    codes = access_codes(exchanges)
    calls = carried_by_vau(exchanges, "Task/$abort")
    judgement = judge_all(
        calls,
        lambda exchange: (
            (shown := exchange.request.header("X-AccessCode")) is not None
            and shown == codes.get(_path_id(exchange))
        ),
        expected="POST /Task/ID/$abort mit X-AccessCode, Antwort 204",
        show=lambda exchange: f"X-AccessCode {exchange.request.header('X-AccessCode')!r}",
    )
    if judgement.holds and calls[-1].status != 204:
        return replace(judgement, holds=False, actual=f"Antwort {calls[-1].status}")
    return judgement


@factory
def medication_profile(profile: str, *requirements: str) -> Check:
    """Return the check that the uploaded medication uses the KBV profile `profile`."""

    def judge(exchanges: Exchanges) -> Judgement:
        def shown(exchange: Exchange) -> str:
            document = uploaded(exchange)
            if document is None:
                return ""
            found = value(document.content, "//f:Medication/f:meta/f:profile/@value") or ""
            return found.rpartition("/")[2]

        return judge_all(
            _uploads(exchanges),
            lambda exchange: shown(exchange).startswith(f"KBV_PR_ERP_Medication_{profile}|"),
            expected=f"Medication nach KBV_PR_ERP_Medication_{profile}",
            show=shown,
        )

    return Check(f"medication_profile_{profile.lower()}", ("P36-31", *requirements), judge)


UPLOAD_CHECKS: tuple[Check, ...] = (
    create_asks_for_a_flow_type,
    created_task_has_an_access_code,
    created_task_is_a_draft,
    prescription_id_is_well_formed,
    document_names_the_created_id,
    authored_on_the_signing_day,
    prescription_is_signed_as_demanded,
    konnektor_is_asked_for_an_enveloping_signature,
    activate_carries_the_access_code,
    resources_name_one_profile,
    task_becomes_ready,
)
