"""Randfälle, an denen Produkte scheitern: Token, Adressen, Kalendertage, die Hülle der VAU."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.answers import answered_outside
from pruefstand.checks.erezept_practice import authored_on_the_signing_day
from pruefstand.checks.refusal import refused_by_vau, refused_for
from pruefstand.checks.transport import outer_resource_names_the_inner
from pruefstand.clients.erezept import FHIR_XML
from pruefstand.clock import BERLIN, VirtualClock
from pruefstand.crypto import jws, ocsp
from pruefstand.crypto.ber import indefinite
from pruefstand.crypto.cms_qes import parse, with_ocsp
from pruefstand.crypto.pki import CertificateKind, Identity, Pki
from pruefstand.crypto.prehashed import sign_digest
from pruefstand.crypto.vau_erezept import CURVE, VauClient, seal_envelope
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.model.http import Request
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.erezept import Draft
from steps.erezept_ablehnung import Signed, attempt, other, prepare
from steps.erezept_zustaende import call_often

STATUS_CODES = "A_19514-03"
SHORT_COORDINATE = {"X-Koordinate": 856, "Y-Koordinate": 909}
"""Coordinate → the smallest private key on the curve whose point has a zero octet in front."""


@given(parsers.parse("es ist der {day} um {hour:d}:{minute:d} Uhr"))
def it_is(clock: VirtualClock, day: str, hour: int, minute: int) -> None:
    clock.move_to(datetime.combine(date.fromisoformat(day), time(hour, minute), BERLIN))


def _self_signed(pki: Pki, clock: VirtualClock) -> bytes:
    """Return „good“ about the physician's card by somebody who vouches only for himself."""
    root = Pki("anderswo", clock).root
    impostor = Identity(root.key, root.certificate, root.der, CertificateKind.OCSP)
    return ocsp.build_response(impostor, _asked(pki), "good", this_update=clock.now())


def _asked(pki: Pki) -> ocsp.CertId:
    card = pki.hba().qes
    issuer = next(a for a in pki.authorities.values() if a.name == card.certificate.issuer)
    return ocsp.cert_id(card.der, issuer.certificate)


EMBEDDED: dict[str, Callable[[Pki, VirtualClock], bytes]] = {
    "fremd": lambda pki, clock: pki.ocsp(pki.smcb().aut.der, at=clock.now()),
    "veraltet": lambda pki, clock: pki.ocsp(pki.hba().qes.der, at=clock.now() - timedelta(days=3)),
    "selbst signiert": _self_signed,
    "„unbekannt“": lambda pki, clock: ocsp.build_response(
        pki.service("ocsp"), _asked(pki), "unknown", this_update=clock.now()
    ),
}
"""What may be embedded in a signature about its card → the OCSP answer in DER."""


@given(parsers.parse("die eingebettete Auskunft ist {kind}"), target_fixture="prepared")
def embedded_answer_is(prepared: Signed, pki: Pki, clock: VirtualClock, kind: str) -> Signed:
    return replace(prepared, signed=with_ocsp(prepared.signed, EMBEDDED[kind](pki, clock)))


@given("der Konnektor schreibt die Signatur mit unbestimmten Längen", target_fixture="prepared")
def signature_is_ber(prepared: Signed) -> Signed:
    document = parse(prepared.signed)
    keep = (document.signer_certificate, document.ocsp)
    return replace(prepared, signed=indefinite(prepared.signed, keep=keep))


@given(
    parsers.parse("die Ärztin übernimmt die KVNR {kvnr} aus einem Beispiel"),
    target_fixture="prepared",
)
def signed_with_kvnr(practice: Practice, draft: Draft, kvnr: str) -> Signed:
    insured = replace(draft.order.insured, kvnr=kvnr)
    return prepare(practice, replace(draft, order=replace(draft.order, insured=insured)))


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


@when(parsers.parse("sie unter der Rezept-ID {prescription_id} eingestellt wird"))
def activated_under_id(practice: Practice, prepared: Signed, prescription_id: str) -> None:
    code = prepared.task.access_code
    attempt(lambda: practice.erezept.activate(prescription_id, code, prepared.signed))


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


@when(parsers.parse("die Praxis einen Schlüssel benutzt, dessen {coordinate} mit null beginnt"))
def practice_uses_short_coordinate(practice: Practice, pki: Pki, coordinate: str) -> None:
    pair = ec.derive_private_key(SHORT_COORDINATE[coordinate], CURVE)
    token = practice.tokens()
    head = f"1 {token} {'0' * 32} {'0' * 32} GET /metadata HTTP/1.1\r\n".encode()
    inner = f"Host: erp\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    key = pki.service("erp-vau").key.public_key()
    practice.erezept.outer(seal_envelope(key, head + inner, ephemeral=pair))


@when(parsers.parse("die Praxis ohne Anmeldung {name} abruft"))
def practice_gets_unencrypted(practice: Practice, name: str) -> None:
    practice.erezept.unencrypted(name)


@when(
    parsers.parse(
        "zwei Arbeitsplätze einer Apotheke in derselben Sekunde je {calls:d} Aufrufe machen"
    )
)
def workplaces_call_often(
    clock: VirtualClock, busy_workplaces: tuple[Pharmacy, Pharmacy], calls: int
) -> None:
    with clock.stopped():
        for workplace in busy_workplaces:
            call_often(clock, workplace, calls)


@when("eine andere Apotheke einen Aufruf macht")
def other_pharmacy_calls(clock: VirtualClock, second_pharmacy: Pharmacy) -> None:
    call_often(clock, second_pharmacy, 1)


@then(parsers.parse("antwortet die VAU verschlüsselt mit {status:d}"))
def vau_answers_inside(check: CaseLog, status: int) -> None:
    check(answered_outside("VAU", status, False, STATUS_CODES))


@then(parsers.parse("ist die Antwort auf {name} leer mit {status:d}"))
def answer_is_empty(check: CaseLog, name: str, status: int) -> None:
    check(answered_outside(name, status, True, STATUS_CODES))


@then(parsers.parse("ist „{reason}“ der einzige Grund bei {operation}"))
def only_reason(check: CaseLog, operation: str, reason: str) -> None:
    check(refused_for(operation, [reason], STATUS_CODES))


@then(parsers.parse("sind „{first}“ und „{second}“ die Gründe bei {operation}"))
def both_reasons(check: CaseLog, operation: str, first: str, second: str) -> None:
    check(refused_for(operation, [first, second], STATUS_CODES))


@then("nennt der äußere Kopf die Ressource geschrieben wie innen")
def resource_is_written_as_inside(check: CaseLog) -> None:
    check(outer_resource_names_the_inner)


@then("sind Ausstellungstag und Tag der Signatur derselbe")
def same_day(check: CaseLog) -> None:
    check(authored_on_the_signing_day)


@then(parsers.re(r'antwortet die VAU unverschlüsselt mit (?P<status>\d+) "(?P<text>.+)"'))
def vau_answers_outside(check: CaseLog, status: str, text: str) -> None:
    check(refused_by_vau(int(status), text, STATUS_CODES))
