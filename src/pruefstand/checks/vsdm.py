"""Checks of reading insurance cards: the practice's calls, and the Konnektor's answers."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Sequence

from pruefstand.checks.check import Check, Exchanges, Judgement, factory, judge_all
from pruefstand.checks.select import answered, soap
from pruefstand.checks.soap_message import answer, asked, to_konnektor
from pruefstand.model.exchange import Exchange

_CONTAINERS = (
    "PersoenlicheVersichertendaten",
    "AllgemeineVersicherungsdaten",
    "GeschuetzteVersichertendaten",
)
_INTERNALS = re.compile(rb'Traceback|\.py\b|Exception|at 0x|/usr/|/home/|&lt;\w+&gt;|File "')
_NEVER = "Aufruf nicht aufgezeichnet"


@factory
def online_checks(wanted: Sequence[bool], *requirements: str) -> Check:
    """Return the check that the visits asked for an online check as `wanted`, in their order."""

    def judge(exchanges: Exchanges) -> Judgement:
        visits = answered(soap(exchanges, "ReadVSD"), 200)
        seen = tuple(asked(call, "PerformOnlineCheck") in ("true", "1") for call in visits)
        return Judgement(seen == tuple(wanted), str(tuple(wanted)), str(seen))

    return Check("online_checks", requirements, judge)


@factory
def proof_taken(*requirements: str) -> Check:
    """Return the check that the first visit asks for the proof and gets it."""

    def judge(exchanges: Exchanges) -> Judgement:
        visits = answered(soap(exchanges, "ReadVSD"), 200)
        expected = "ReadOnlineReceipt=true, Prüfungsnachweis in der Antwort"
        if not visits:
            return Judgement(False, expected, _NEVER)
        first = visits[0]
        wanted = asked(first, "ReadOnlineReceipt") in ("true", "1")
        holds = wanted and bool(answer(first, "Pruefungsnachweis"))
        return Judgement(holds, expected, f"verlangt: {wanted}", first.id)

    return Check("proof_taken", requirements, judge)


@factory
def proof_says(result: int, error: bool, *requirements: str) -> Check:
    """Return the check that the last proof has `result`, and a code exactly if there is `error`."""

    def judge(exchanges: Exchanges) -> Judgement:
        visits = answered(soap(exchanges, "ReadVSD"), 200)
        expected = f"E={result}, EC {'vorhanden' if error else 'fehlt'}"
        if not visits:
            return Judgement(False, expected, _NEVER)
        proof = _unpacked(visits[-1], "Pruefungsnachweis") or b""
        found = re.search(rb"<(?:\w+:)?E>(\d)<", proof)
        code = re.search(rb"<(?:\w+:)?EC>(\d+)<", proof)
        holds = found is not None and int(found[1]) == result and (code is not None) == error
        shown = re.sub(rb"^<\?xml[^>]*>", b"", proof).decode("iso-8859-15")
        return Judgement(holds, expected, shown[:160] or "kein Nachweis", visits[-1].id)

    return Check("proof_says", requirements, judge)


@factory
def containers_unpack(protected: bool, *requirements: str) -> Check:
    """Return the check that containers are XML in ISO-8859-15, gzip, base64; the last one if
    `protected`.
    """
    wanted = _CONTAINERS if protected else _CONTAINERS[:2]

    def judge(exchanges: Exchanges) -> Judgement:
        visits = answered(soap(exchanges, "ReadVSD"), 200)
        expected = f"{len(wanted)} Container: base64, gzip, ISO-8859-15"
        if not visits:
            return Judgement(False, expected, _NEVER)
        found = {name: _unpacked(visits[-1], name) for name in _CONTAINERS}
        present = {name for name, data in found.items() if data is not None}
        good = all(b"ISO-8859-15" in (found[name] or b"")[:80].upper() for name in present)
        holds = present == set(wanted) and good
        return Judgement(holds, expected, ", ".join(sorted(present)) or "nichts", visits[-1].id)

    return Check("containers_unpack", requirements, judge)


@factory
def parallel_reading(wanted: int, *requirements: str) -> Check:
    """Return the check that `wanted` readings succeeded, two or more of them at the same time."""

    def judge(exchanges: Exchanges) -> Judgement:
        visits = answered(soap(exchanges, "ReadVSD"), 200)
        spans = [(call.started.timestamp(), call.duration) for call in visits]
        together = max(
            (sum(begin <= moment < begin + took for begin, took in spans) for moment, _ in spans),
            default=0,
        )
        expected = f"{wanted} Aufrufe beantwortet, mindestens 2 zugleich"
        actual = f"{len(visits)} beantwortet, {together} zugleich"
        return Judgement(len(visits) >= wanted and together >= 2, expected, actual)

    return Check("parallel_reading", requirements, judge)


@factory
def service_offered(service: str, *requirements: str) -> Check:
    """Return the check that the directory offers `service`, over TLS."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{service} mit https-Endpunkt"
        pattern = re.compile(
            rb'Service\s[^>]*Name="'
            + service.encode()
            + rb'".*?EndpointTLS\s[^>]*Location="(https?)',
            re.DOTALL,
        )
        for call in to_konnektor(exchanges):
            if "connector.sds" in call.request.start and call.response is not None:
                found = pattern.search(call.response.body)
                scheme = found[1].decode() if found else "fehlt"
                return Judgement(scheme == "https", expected, scheme, call.id)
        return Judgement(False, expected, "Verzeichnis nicht gelesen")

    return Check(f"offers_{service}", requirements, judge)


@factory
def raw_refused(code: int, *requirements: str) -> Check:
    """Return the check that the last message ended with HTTP 500 and the fault `code`."""

    def judge(exchanges: Exchanges) -> Judgement:
        posts = _posts(exchanges)
        expected = f"HTTP 500 mit Fehler {code}"
        if not posts:
            return Judgement(False, expected, _NEVER)
        actual = f"HTTP {posts[-1].status}, {answer(posts[-1], 'Code') or 'kein Code'}"
        return Judgement(actual == f"HTTP 500, {code}", expected, actual, posts[-1].id)

    return Check(f"raw_refused_{code}", requirements, judge)


@factory
def raw_accepted(response: str, *requirements: str) -> Check:
    """Return the check that the last message was answered with `response` (SOLL)."""

    def judge(exchanges: Exchanges) -> Judgement:
        posts = _posts(exchanges)
        if not posts:
            return Judgement(False, response, _NEVER)
        body = posts[-1].response.body if posts[-1].response else b""
        holds = posts[-1].status == 200 and response.encode() in body
        return Judgement(holds, response, f"HTTP {posts[-1].status}", posts[-1].id)

    return Check("raw_accepted", requirements, judge, should=True)


@factory
def faults_hide_internals(*requirements: str) -> Check:
    """Return the check that there were faults, and none tells of the software behind it."""

    def judge(exchanges: Exchanges) -> Judgement:
        faults = [call for call in _posts(exchanges) if call.status == 500]
        return judge_all(
            faults,
            lambda call: not _INTERNALS.search(call.response.body if call.response else b""),
            expected="Fehler ohne Aufrufstapel, Pfade und Klassennamen",
            show=lambda call: answer(call, "Detail")[:120],
        )

    return Check("faults_hide_internals", requirements, judge)


def _posts(exchanges: Exchanges) -> list[Exchange]:
    return [call for call in to_konnektor(exchanges) if call.request.start.startswith("POST")]


def _unpacked(call: Exchange, name: str) -> bytes | None:
    value = answer(call, name)
    if not value:
        return None
    try:
        return gzip.decompress(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError, OSError, EOFError, zlib.error):
        return b""
