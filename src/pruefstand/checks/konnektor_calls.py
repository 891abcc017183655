"""Checks of single operations at the Konnektor: that they are used, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.select import answered, soap
from pruefstand.checks.soap_message import answer, asked, card_types, fields

_NEVER = "Aufruf nicht aufgezeichnet"


@factory
def called(operation: str, expected: Mapping[str, str], *requirements: str) -> Check:
    """Return the check that the last `operation` was accepted and named what is `expected`.

    A name that ends in `_` must be absent from the request.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        wanted = ", ".join(f"{name.rstrip('_')}={value}" for name, value in expected.items())
        text = f"{operation} angenommen" + (f" mit {wanted}" if wanted else "")
        found = answered(soap(exchanges, operation), 200)
        if not found:
            return Judgement(False, text, _NEVER)
        last = found[-1]
        shown = {name: asked(last, name.rstrip("_")) for name in expected}
        holds = all(
            not shown[name] if name.endswith("_") else shown[name] == value
            for name, value in expected.items()
        )
        return Judgement(holds, text, str(shown) if shown else "angenommen", last.id)

    return Check(f"called_{operation}", requirements, judge)


@factory
def asked_for(operation: str, name: str, value: str, *requirements: str) -> Check:
    """Return the check that the last `operation` asked for `value`, whatever the answer was."""

    def judge(exchanges: Exchanges) -> Judgement:
        found = soap(exchanges, operation)
        text = f"{operation} mit {name} {value}"
        if not found:
            return Judgement(False, text, _NEVER)
        seen = asked(found[-1], name)
        return Judgement(seen == value, text, seen or "fehlt", found[-1].id)

    return Check(f"asked_{name}", requirements, judge)


@factory
def unlocked_after_asking(*requirements: str) -> Check:
    """Return the check that VerifyPin follows a GetPinStatus that said VERIFIABLE, and succeeds."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "GetPinStatus VERIFIABLE, dann VerifyPin OK"
        order = [
            (call.operation, answer(call, "PinStatus") or answer(call, "PinResult"))
            for call in exchanges
            if soap([call], "GetPinStatus") or soap([call], "VerifyPin")
        ]
        pairs = list(pairwise(order))
        holds = (("GetPinStatus", "VERIFIABLE"), ("VerifyPin", "OK")) in pairs
        return Judgement(holds, expected, " → ".join(f"{a} {b}" for a, b in order) or _NEVER)

    return Check("unlocked_after_asking", requirements, judge)


@factory
def signed_with(card_type: str, *requirements: str) -> Check:
    """Return the check that the last signature came from a card of `card_type`."""

    def judge(exchanges: Exchanges) -> Judgement:
        found = answered(soap(exchanges, "SignDocument"), 200)
        if not found:
            return Judgement(False, card_type, _NEVER)
        handle = asked(found[-1], "CardHandle")
        kind = card_types(exchanges).get(handle, "unbekannt")
        return Judgement(kind == card_type, card_type, f"{handle}: {kind}", found[-1].id)

    return Check(f"signed_with_{card_type}", requirements, judge)


@factory
def fresh_job_numbers(wanted: int, *requirements: str) -> Check:
    """Return the check that at least `wanted` jobs have well-formed numbers of their own."""

    def judge(exchanges: Exchanges) -> Judgement:
        numbers = [asked(call, "JobNumber") for call in soap(exchanges, "SignDocument")]
        malformed = [n for n in numbers if not re.fullmatch(r"[A-Z]{3}-[0-9]{3}", n)]
        repeated = len(numbers) - len(set(numbers))
        holds = len(numbers) >= wanted and not malformed and not repeated
        actual = f"{len(numbers)} Aufträge, {repeated} Wiederholungen, {len(malformed)} falsch"
        return Judgement(holds, f"≥ {wanted} Aufträge, jede Jobnummer einmal", actual)

    return Check("fresh_job_numbers", requirements, judge)


@factory
def one_request_per_document(documents: int, *requirements: str) -> Check:
    """Return the check that the last SignDocument holds a SignRequest for each document."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{documents} SignRequests mit eigener RequestID"
        found = answered(soap(exchanges, "SignDocument"), 200)
        if not found:
            return Judgement(False, expected, _NEVER)
        body = found[-1].request.body
        names = re.findall(rb'<(?:\w+:)?SignRequest\b[^>]*RequestID="([^"]*)"', body)
        contents = len(fields(body, "Base64Data")) + len(fields(body, "Base64XML"))
        holds = len(names) == len(set(names)) == contents == documents
        return Judgement(
            holds, expected, f"{len(set(names))} IDs, {contents} Dokumente", found[-1].id
        )

    return Check("one_request_per_document", requirements, judge)


@factory
def mode_asked_before_signing(*requirements: str) -> Check:
    """Return the check that a comfort signature is preceded by GetSignatureMode (SOLL)."""

    def judge(exchanges: Exchanges) -> Judgement:
        names = [call.operation for call in exchanges if call.layer == "soap"]
        expected = "GetSignatureMode vor SignDocument"
        if "SignDocument" not in names:
            return Judgement(False, expected, _NEVER)
        before = names[: names.index("SignDocument")]
        return Judgement("GetSignatureMode" in before, expected, " → ".join(names))

    return Check("mode_asked_before_signing", requirements, judge, should=True)
