"""Randfälle, an denen Produkte scheitern: Token, Adressen, Kalendertage, die Hülle der VAU."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.erezept_practice import authored_on_the_signing_day
from pruefstand.checks.refusal import refused_by_vau
from pruefstand.clients.erezept import FHIR_XML
from pruefstand.clock import BERLIN, VirtualClock
from pruefstand.crypto import jws
from pruefstand.crypto.cms_qes import with_ocsp
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.prehashed import sign_digest
from pruefstand.crypto.vau_erezept import VauClient
from pruefstand.drivers.simulator import Practice
from pruefstand.model.http import Request
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.erezept_ablehnung import Signed, attempt, other

WRONG_CHECK_NUMBER = "160.000.123.456.789.38"
STATUS_CODES = "A_19514-03"


@given(parsers.parse("es ist der {day} um {hour:d}:{minute:d} Uhr"))
def it_is(clock: VirtualClock, day: str, hour: int, minute: int) -> None:
    clock.move_to(datetime.combine(date.fromisoformat(day), time(hour, minute), BERLIN))


@given(parsers.parse("die eingebettete Auskunft ist {kind}"), target_fixture="prepared")
def embedded_answer_is(prepared: Signed, pki: Pki, clock: VirtualClock, kind: str) -> Signed:
    now = clock.now()
    answer = (
        pki.ocsp(pki.smcb().aut.der, at=now)
        if kind == "fremd"
        else pki.ocsp(pki.hba().qes.der, at=now - timedelta(days=3))
    )
    return replace(prepared, signed=with_ocsp(prepared.signed, answer))


@when(parsers.parse("die Praxis eine Verordnung mit Workflow {flow_type:d} anzulegen versucht"))
def practice_tries_to_create(practice: Practice, flow_type: int) -> None:
    attempt(lambda: practice.erezept.create(flow_type))


@when(parsers.parse("die Praxis ein Token mit fremdem {part} benutzt"))
def practice_uses_other_token(practice: Practice, pki: Pki, part: str) -> None:
    claims = jws.decode_unverified(practice.tokens()).claims
    key = pki.service("idp-sig").key
    if part == "Empfänger":
        token = jws.sign({**claims, "aud": "https://anderswo.test/"}, key, {"typ": "at+JWT"})
    else:
        content = jws.signing_input(claims, {"typ": "at+JWT"}, alg="ES256")
        digest = hashlib.sha256(content).digest()
        token = jws.assemble(content, jws.der_to_raw(sign_digest(key, digest)))
    practice.erezept.tokens = lambda: token
    attempt(lambda: practice.erezept.create(160))


@when("sie unter einer Rezept-ID mit falscher Prüfnummer eingestellt wird")
def activated_under_wrong_id(practice: Practice, prepared: Signed) -> None:
    code = prepared.task.access_code
    attempt(lambda: practice.erezept.activate(WRONG_CHECK_NUMBER, code, prepared.signed))


@when("sie mit fremdem AccessCode in der Adresse und eigenem im Kopf eingestellt wird")
def activated_with_two_codes(practice: Practice, prepared: Signed) -> None:
    task = prepared.task
    target = f"/Task/{task.prescription_id}/$activate?ac={other(task.access_code)}"
    headers = (("Accept", FHIR_XML), ("X-AccessCode", task.access_code))
    practice.erezept.call(Request("POST", target, headers), "Task/$activate", "Task")


@when(parsers.parse("die Praxis der VAU {what} schickt"))
def practice_sends_garbage(practice: Practice, pki: Pki, what: str) -> None:
    foreign = VauClient(pki.service("idp-enc").key.public_key())
    sealed = foreign.seal(practice.tokens(), b"GET /metadata HTTP/1.1\r\n\r\n").body
    practice.erezept.outer(b"\x01" if what == "Unsinn" else sealed)


@then("sind Ausstellungstag und Tag der Signatur derselbe")
def same_day(check: CaseLog) -> None:
    check(authored_on_the_signing_day)


@then(parsers.re(r'antwortet die VAU unverschlüsselt mit (?P<status>\d+) "(?P<text>.+)"'))
def vau_answers_outside(check: CaseLog, status: str, text: str) -> None:
    check(refused_by_vau(int(status), text, STATUS_CODES))
