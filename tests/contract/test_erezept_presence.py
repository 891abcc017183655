"""GET /Task by a pharmacy: PoPP token or Prüfungsnachweis prove that the eGK was there."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from mocks.erezept.presence import MAX_FAILURES
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto import hcv, jws
from pruefstand.crypto.pki import Pki
from pruefstand.model.http import Response
from pruefstand.rng import Rng
from tests.contract.erezept_bench import DAY, Bench

HCV = hcv.hash_check_value("20200101", "Hauptstraße")
OLD = (
    "Anwesenheitsnachweis konnte nicht erfolgreich durchgeführt werden (Zeitliche Gültigkeit "
    "des Anwesenheitsnachweis überschritten)."
)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-presence", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def popp(bench: Bench, **changed: Any) -> str:
    now = int(bench.clock.now().timestamp())
    claims = {"actorId": "3-apotheke-1", "patientId": bench.insured, "iat": now, **changed}
    key = bench.pki.service("popp").key
    return jws.sign(claims, key, {"typ": "vnd.telematik.popp+jwt"}, alg="ES256")


def digits(bench: Bench, version: int = 2, minutes: int = 0, key: bytes | None = None) -> str:
    at = bench.clock.now() - timedelta(minutes=minutes)
    proof = hcv.Proof(bench.insured, at, "A", 1, HCV)
    key = key or bench.pki.shared_key("vsdm")
    data = hcv.build_v2(proof, key, Rng(1)) if version == 2 else hcv.build_v1(proof, key)
    return base64.b64encode(data).decode()


def receipt(result: str, check: str = "") -> str:
    shown = f"<PZ>{check}</PZ>" if check else ""
    text = (
        '<PN xmlns="http://ws.gematik.de/fa/vsdm/pnw/v1.0" CDM_VERSION="1.0.0">'
        f"<TS>20261123100000</TS><E>{result}</E>{shown}</PN>"
    )
    return packed(text.encode())


def packed(content: bytes) -> str:
    return quote(base64.b64encode(gzip.compress(content)).decode())


def code() -> str:
    return base64.urlsafe_b64encode(HCV).decode().rstrip("=")


def ask(bench: Bench, query: str = "", token: str = "") -> Response:
    headers = {"Accept": "application/fhir+json"}
    if token:
        headers["X-PoPP-Token"] = token
    return bench.send("pharmacy", "GET", f"/Task{query}", headers=headers)


def said(answer: Response) -> tuple[int, str]:
    return answer.status, inner_refusal("", answer).text if answer.status >= 300 else ""


def test_a_popp_token_shows_what_the_pharmacy_may_redeem(bench: Bench) -> None:
    wanted = bench.ready(160)
    bench.ready(169)
    bench.ready(200)
    bench.accepted(160)
    answer = ask(bench, token=popp(bench))
    assert answer.status == 200
    entries = json.loads(answer.body)["entry"]
    assert [entry["resource"]["id"] for entry in entries] == [wanted.prescription_id]
    assert wanted.access_code in answer.body.decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"actorId": "3-apotheke-2"},
        {"patientId": "X123456789"},
        {"patientId": None},
        {"iat": 1},
        {"iat": "heute"},
        {"iat": 10**30},
    ],
    ids=str,
)
def test_a_popp_token_fits_caller_person_and_time(bench: Bench, changed: dict[str, Any]) -> None:
    assert said(ask(bench, token=popp(bench, **changed))) == (403, "POPP-Token verification error.")


def test_a_popp_token_of_another_key_is_refused(bench: Bench) -> None:
    now = int(bench.clock.now().timestamp())
    claims = {"actorId": "3-apotheke-1", "patientId": bench.insured, "iat": now}
    forged = jws.sign(claims, bench.pki.service("idp-sig").key, {}, alg="ES256")
    for token in (forged, "no.token.here", "x"):
        assert said(ask(bench, token=token)) == (403, "POPP-Token verification error.")


@pytest.mark.parametrize("version", [1, 2])
def test_a_receipt_with_check_digits_proves_the_presence(bench: Bench, version: int) -> None:
    bench.ready(160)
    query = f"?pnw={receipt('1', digits(bench, version))}&kvnr={bench.insured}&hcv={code()}"
    answer = ask(bench, query)
    assert (answer.status, json.loads(answer.body)["total"]) == (200, 1)


def test_what_is_no_proof_is_refused_with_its_own_words(bench: Bench) -> None:
    good = receipt("2", digits(bench))
    foreign = receipt("1", digits(bench, key=b"\x01" * 32))
    bomb = packed(b"<PN>" + b" " * 10_000_000)
    rows = [
        ("", 403, "Missing or invalid PNW query parameter and X-PoPP-Token header"),
        ("?pnw=", 403, "Missing or invalid PNW query parameter and X-PoPP-Token header"),
        ("?pnw=%25%25", 403, "Failed decoding PNW data."),
        ("?pnw=aGFsbG8=", 403, "Failed decoding PNW data."),
        (f"?pnw={bomb}", 403, "Failed decoding PNW data."),
        (f"?pnw={packed(b'no xml')}", 403, "Failed parsing PNW XML."),
        (f"?pnw={packed(b'<PN/>')}", 403, "Failed parsing PNW XML."),
        (f"?pnw={receipt('1', digits(bench, minutes=31))}&hcv={code()}", 403, OLD),
        (f"?pnw={receipt('3')}", 454, "Ein Prüfnachweis mit Ergebnis 3 wird nicht akzeptiert."),
        (f"?pnw={receipt('6')}", 454, "Ein Prüfnachweis mit Ergebnis 3 wird nicht akzeptiert."),
        (f"?pnw={receipt('1')}", 455, "Ein Prüfnachweis ohne KVNR wird nicht akzeptiert."),
        (f"?pnw={good}&kvnr=X110411675&hcv={code()}", 456, "KVNR Überprüfung fehlgeschlagen."),
        (f"?pnw={good}", 457, "Ein Prüfnachweis ohne HCV wird nicht akzeptiert."),
        (f"?pnw={good}&hcv=AAAAAAA", 458, "HCV Überprüfung fehlgeschlagen."),
    ]
    for query, status, text in rows:
        assert said(ask(bench, query)) == (status, text), query
    assert ask(bench, f"?pnw={foreign}").status == 403


def test_an_offline_receipt_is_accepted_where_the_operator_allows(pki: Pki) -> None:
    bench = Bench(pki, VirtualClock.at_day(DAY), {"accept_pn3": True})
    bench.ready(160)
    answer = ask(bench, f"?pnw={receipt('3')}&kvnr={bench.insured}")
    assert (answer.status, json.loads(answer.body)["total"]) == (202, 1)
    assert said(ask(bench, f"?pnw={receipt('3')}"))[0] == 455


def test_guessing_blocks_the_pharmacy_for_the_day(pki: Pki) -> None:
    bench = Bench(pki, VirtualClock.at_day(DAY), {"rate_limit": 10_000})
    good = receipt("1", digits(bench))
    for _ in range(MAX_FAILURES):
        assert ask(bench, f"?pnw={good}&kvnr={bench.insured}&hcv=AAAAAAA").status == 458
    right = f"?pnw={good}&kvnr={bench.insured}&hcv={code()}"
    assert said(ask(bench, right)) == (423, "TelematikId blocked for today.")
    bench.clock.advance(timedelta(days=1))
    tomorrow = receipt("1", digits(bench))
    assert ask(bench, f"?pnw={tomorrow}&hcv={code()}").status == 200
