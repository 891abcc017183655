"""Checks of how a practice system reaches the Konnektor: context, directory, TLS, SOAP, events."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from pruefstand.checks.check import Check, Exchanges, Judgement, factory, judge_all
from pruefstand.checks.select import soap
from pruefstand.checks.soap_message import asked, calls, field, fields, to_konnektor
from pruefstand.model.exchange import Exchange, Layer

_DIRECTORY = "connector.sds"
_LONGEST_ID = 64
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([^"']+)""")
_ENDPOINT = re.compile(rb'<(?:\w+:)?EndpointTLS\s[^>]*Location="([^"]+)"')
_VERSION = re.compile(rb'<(?:\w+:)?Version\s[^>]*TargetNamespace="([^"]+)"')
_BODY_NAMESPACE = re.compile(
    rb'xmlns(?::\w+)?="(http://ws\.gematik\.de/conn/SignatureService/v[\d.]+)"'
)


@factory
def configured_context(
    mandant: str, client_system: str, workplaces: Collection[str], *requirements: str
) -> Check:
    """Return the check that every call names the configured context, 64 characters at most."""

    def good(call: Exchange) -> bool:
        names = [asked(call, name) for name in ("MandantId", "ClientSystemId", "WorkplaceId")]
        return (
            names[:2] == [mandant, client_system]
            and names[2] in workplaces
            and all(len(name) <= _LONGEST_ID for name in (*names, asked(call, "UserId")))
        )

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            [call for call in calls(exchanges) if b"Context" in call.request.body],
            good,
            expected=f"Kontext {mandant}/{client_system}/{'|'.join(sorted(workplaces))}",
            show=lambda call: (
                f"{call.operation}: {asked(call, 'WorkplaceId') or 'anderer Kontext'}"
            ),
        )

    return Check("configured_context", requirements, judge)


@factory
def workplaces_call(workplaces: Collection[str], *requirements: str) -> Check:
    """Return the check that all `workplaces` and no other ones are named in calls."""

    def judge(exchanges: Exchanges) -> Judgement:
        seen = {name for call in calls(exchanges) if (name := asked(call, "WorkplaceId"))}
        return Judgement(seen == set(workplaces), str(sorted(workplaces)), str(sorted(seen)))

    return Check("workplaces_call", requirements, judge)


@factory
def cards_of_the_workplace(*requirements: str) -> Check:
    """Return the check that a workplace uses only cards that GetCards listed for it."""

    def judge(exchanges: Exchanges) -> Judgement:
        listed: dict[str, set[str]] = {}
        used = 0
        for call in calls(exchanges):
            place = asked(call, "WorkplaceId")
            if call.operation == "GetCards" and call.response is not None:
                listed.setdefault(place, set()).update(fields(call.response.body, "CardHandle"))
            elif handle := asked(call, "CardHandle"):
                used += 1
                if handle not in listed.get(place, ()):
                    return Judgement(False, "nur eigene Karten", f"{place}: {handle}", call.id)
        return Judgement(used > 0, "nur eigene Karten", f"{used} Aufrufe mit Karte")

    return Check("cards_of_the_workplace", requirements, judge)


@factory
def konnektor_over_tls(*requirements: str) -> Check:
    """Return the check that every call to the Konnektor rides on TLS 1.2 or 1.3 (SOLL)."""

    def judge(exchanges: Exchanges) -> Judgement:
        versions = {e.id: e.facts.get("version", "") for e in exchanges if e.layer is Layer.TLS}
        return judge_all(
            to_konnektor(exchanges),
            lambda call: versions.get(call.parent or "") in {"TLSv1.2", "TLSv1.3"},
            expected="TLS 1.2 oder 1.3",
            show=lambda call: f"{call.request.start}: {versions.get(call.parent or '')!r}",
        )

    return Check("konnektor_over_tls", requirements, judge, should=True)


@factory
def endpoints_from_directory(*requirements: str) -> Check:
    """Return the check that the directory comes first, names each target, and is read again.

    Again means: after a call that was not answered at all.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "erst connector.sds, dann dessen Endpunkte; nach einem Ausfall neu gelesen"
        known: set[str] = set()
        used, fresh = 0, False
        for call in to_konnektor(exchanges):
            target = call.request.start.partition(" ")[2]
            if urlsplit(target).path.endswith(_DIRECTORY):
                body = call.response.body if call.response else b""
                known = {found.decode() for found in _ENDPOINT.findall(body)}
                fresh = bool(known)
            elif not fresh or target not in known:
                return Judgement(False, expected, f"{target} steht nicht im Verzeichnis", call.id)
            else:
                used += 1
                fresh = call.response is not None
        return Judgement(used > 0, expected, f"{used} Aufrufe an bekannte Endpunkte")

    return Check("endpoints_from_directory", requirements, judge)


@factory
def directory_read_again(*requirements: str) -> Check:
    """Return the check that an unanswered call is followed by the directory and an answer."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "Ausfall → connector.sds → beantworteter Aufruf"
        steps = []
        for call in to_konnektor(exchanges):
            if call.response is None:
                steps.append("Ausfall")
            else:
                steps.append(_DIRECTORY if _DIRECTORY in call.request.start else "Aufruf")
        rest = steps[steps.index("Ausfall") :] if "Ausfall" in steps else []
        while rest[:1] == ["Ausfall"]:
            rest = rest[1:]
        return Judgement(rest[:2] == [_DIRECTORY, "Aufruf"], expected, " → ".join(steps[-6:]))

    return Check("directory_read_again", requirements, judge)


@factory
def soap_in_utf8(*requirements: str) -> Check:
    """Return the check that requests are SOAP 1.1 in UTF-8 with one body element and no header."""

    def good(call: Exchange) -> bool:
        body, kind = call.request.body, call.request.header("Content-Type") or ""
        declared = _DECLARED.search(body)
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return (
            kind.replace(" ", "").lower() == "text/xml;charset=utf-8"
            and (declared is None or declared[1].upper() == b"UTF-8")
            and b"http://schemas.xmlsoap.org/soap/envelope/" in body
            and b":Header" not in body
        )

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            calls(exchanges),
            good,
            expected="SOAP 1.1, text/xml, UTF-8, ohne Kopfelemente",
            show=lambda call: f"{call.operation}: {call.request.header('Content-Type')}",
        )

    return Check("soap_in_utf8", requirements, judge)


@factory
def no_syntax_error(operations: Collection[str], *requirements: str) -> Check:
    """Return the check that all `operations` were called, and none was refused with 4000."""

    def judge(exchanges: Exchanges) -> Judgement:
        names = {call.operation for call in calls(exchanges)}
        expected = f"{len(operations)} Operationen, kein Syntaxfehler (4000)"
        missing = set(operations) - names
        if missing:
            return Judgement(False, expected, f"nicht aufgerufen: {', '.join(sorted(missing))}")
        for call in calls(exchanges):
            if call.facts.get("fault") == "4000":
                return Judgement(False, expected, f"{call.operation}: 4000", call.id)
        return Judgement(True, expected, f"{len(names)} Operationen angenommen")

    return Check("no_syntax_error", requirements, judge)


@factory
def newest_signature_version(*requirements: str) -> Check:
    """Return the check that documents are signed in the newest version of the directory.

    Every other call of the SignatureService must be in that version as well.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        offered = {
            found.decode().rpartition("/v")[2]
            for call in to_konnektor(exchanges)
            if _DIRECTORY in call.request.start and call.response is not None
            for found in _VERSION.findall(call.response.body)
            if b"/SignatureService/" in found
        }
        newest = max(offered, key=_numbers, default="")
        if not newest or not soap(exchanges, "SignDocument"):
            return Judgement(False, "neueste Version", "nicht aufgezeichnet")
        # The login lies in the old namespace in every version of its own service.
        found = [call for call in calls(exchanges) if call.operation != "ExternalAuthenticate"]
        return judge_all(
            [call for call in found if call.operation == "SignDocument" or _versions(call)],
            lambda call: _versions(call) == {newest},
            expected=newest,
            show=lambda call: f"{call.operation}: {', '.join(sorted(_versions(call)))}",
        )

    return Check("newest_signature_version", requirements, judge)


def _versions(call: Exchange) -> set[str]:
    """Return the versions of the SignatureService whose namespaces a request declares."""
    names = _BODY_NAMESPACE.findall(call.request.body)
    return {name.decode().rpartition("/v")[2] for name in names}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@factory
def events_arrive(topics: Collection[str], *requirements: str) -> Check:
    """Return the check that subscriptions were accepted and their events received, well-formed."""

    def judge(exchanges: Exchanges) -> Judgement:
        ids = {
            field(call.response.body, "SubscriptionID")
            for call in soap(exchanges, "Subscribe")
            if call.response is not None and call.status == 200
        }
        # A restart is told without a subscription: all of them are gone then.
        received = [
            e
            for e in exchanges
            if e.layer is Layer.CETP and not (e.operation.startswith("BOOTUP") and e.error is None)
        ]
        mine = [e for e in received if e.error is None and e.facts.get("subscription") in ids]
        seen = {e.operation for e in mine}
        expected = f"Ereignisse {', '.join(sorted(topics))} zur eigenen Anmeldung"
        holds = bool(ids) and set(topics) <= seen and len(mine) == len(received)
        return Judgement(holds, expected, ", ".join(sorted(seen)) or "keine Ereignisse")

    return Check("events_arrive", requirements, judge)
