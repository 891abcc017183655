"""What holds for every message on its way: TLS, headers, the VAU channel."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.select import by_actor, carried_by_vau, outer_http
from pruefstand.model.exchange import Exchange, Layer

USER_AGENT = re.compile(r"[^/\s]{1,20}/[^/\s]{1,15} [^/\s]{1,30}/[^/\s]{1,30}")
OPEN_PATHS = ("/VAUCertificate", "/CertList", "/OCSPList", "/PKICertificates", "/OCSPResponse", "/")


@check("A_19234-01")
def every_call_uses_tls(exchanges: Exchanges) -> Judgement:
    """Every outer HTTP exchange rides on a recorded TLS connection of version 1.2 or 1.3."""
    versions = {e.id: e.facts.get("version", "") for e in exchanges if e.layer is Layer.TLS}
    return judge_all(
        outer_http(exchanges),
        lambda exchange: versions.get(exchange.parent or "") in {"TLSv1.2", "TLSv1.3"},
        expected="jede Verbindung TLS 1.2 oder 1.3",
        show=lambda exchange: f"{exchange.request.start}: {versions.get(exchange.parent or '')!r}",
    )


@check("A_20015-02")
def user_agent_names_product(exchanges: Exchanges) -> Judgement:
    """Every outer request to Fachdienst and IDP names product, version, vendor and client id."""
    return judge_all(
        outer_http(exchanges, "erezept", "idp"),
        lambda exchange: bool(USER_AGENT.fullmatch(exchange.request.header("User-Agent") or "")),
        expected="User-Agent: Produkt/Version Hersteller/client_id",
        show=lambda exchange: (
            f"{exchange.request.start}: {exchange.request.header('User-Agent')!r}"
        ),
    )


def _to_vau(exchange: Exchange) -> bool:
    return urlsplit(exchange.request.start.split(" ", 1)[-1]).path.startswith("/VAU/")


@check("A_21568-02")
def caller_is_marked_as_provider(exchanges: Exchanges) -> Judgement:
    """Every VAU request carries X-erp-user l."""
    return judge_all(
        [exchange for exchange in outer_http(exchanges, "erezept") if _to_vau(exchange)],
        lambda exchange: exchange.request.header("X-erp-user") == "l",
        expected="X-erp-user: l",
        show=lambda exchange: f"X-erp-user: {exchange.request.header('X-erp-user')!r}",
    )


@check("A_19741-01")
def business_calls_stay_in_vau(exchanges: Exchanges) -> Judgement:
    """No business resource is asked outside the encrypted channel."""
    return judge_all(
        outer_http(exchanges, "erezept"),
        lambda exchange: (
            _to_vau(exchange)
            or urlsplit(exchange.request.start.split(" ", 1)[-1]).path in OPEN_PATHS
        ),
        expected="nur POST /VAU/… und offene Zertifikatsabfragen",
        show=lambda exchange: exchange.request.start,
    )


@check("A_20161-01")
def vau_keys_are_fresh(exchanges: Exchanges) -> Judgement:
    """Each envelope has version 1 and an ephemeral key of its own."""
    expected = "Version 01 und je Anfrage ein neuer flüchtiger Schlüssel"
    seen: set[bytes] = set()
    envelopes = [exchange for exchange in outer_http(exchanges, "erezept") if _to_vau(exchange)]
    for exchange in envelopes:
        body = exchange.request.body
        if len(body) < 93 or body[0] != 1:
            return Judgement(False, expected, f"Rumpf beginnt mit {body[:1].hex()}", exchange.id)
        if body[1:65] in seen:
            return Judgement(False, expected, "Schlüssel wiederverwendet", exchange.id)
        seen.add(body[1:65])
    if not envelopes:
        return Judgement(False, expected, "keine VAU-Anfrage aufgezeichnet")
    return Judgement(True, expected, f"{len(seen)} verschiedene Schlüssel", envelopes[-1].id)


@check("A_20175")
def pseudonym_is_reused(exchanges: Exchanges) -> Judgement:
    """After the first answer each caller uses the pseudonym it was given."""
    expected = "VAU-Pfad nennt das zuletzt gelieferte Nutzerpseudonym"
    followed = 0
    for actor in sorted({exchange.actor for exchange in exchanges}):
        given = None
        for exchange in by_actor(outer_http(exchanges, "erezept"), actor):
            if not _to_vau(exchange):
                continue
            if given is not None and not exchange.request.start.endswith(f"/VAU/{given}"):
                return Judgement(False, expected, exchange.request.start, exchange.id)
            followed += given is not None
            given = (
                exchange.response.header("Userpseudonym") if exchange.response else None
            ) or given
    if not followed:
        return Judgement(False, expected, "keine Folgeanfrage aufgezeichnet")
    return Judgement(True, expected, f"{followed} Folgeanfragen entsprechen")


@check("A_21569-01")
def outer_resource_names_the_inner(exchanges: Exchanges) -> Judgement:
    """X-erp-resource is the first part of the inner path, in the same case."""
    by_id = {exchange.id: exchange for exchange in exchanges}

    def outer(inner: Exchange) -> str | None:
        channel = by_id.get(inner.parent or "")
        carrier = by_id.get(channel.parent or "") if channel else None
        return carrier.request.header("X-erp-resource") if carrier else None

    def resource(inner: Exchange) -> str:
        path = urlsplit(inner.request.start.partition(" ")[2]).path
        return path.lstrip("/").partition("/")[0]

    return judge_all(
        carried_by_vau(exchanges),
        lambda inner: outer(inner) == resource(inner),
        expected="X-erp-resource ist die Ressource des inneren Aufrufs",
        show=lambda inner: f"X-erp-resource {outer(inner)!r} bei {inner.request.start}",
    )


@factory
def service_is_called_by_its_address(address: str, *requirements: str) -> Check:
    """Return the check that every call of the Fachdienst goes to the published `address`."""
    published = urlsplit(address)

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            outer_http(exchanges, "erezept"),
            lambda exchange: _place(exchange)[:2] == published[:2],
            expected=f"jeder Aufruf an {published.scheme}://{published.netloc}",
            show=lambda exchange: exchange.request.start,
        )

    return Check("service_is_called_by_its_address", requirements, judge)


def _place(exchange: Exchange) -> SplitResult:
    return urlsplit(exchange.request.start.partition(" ")[2])


TRANSPORT_CHECKS: tuple[Check, ...] = (
    every_call_uses_tls,
    user_agent_names_product,
    caller_is_marked_as_provider,
    business_calls_stay_in_vau,
    vau_keys_are_fresh,
    pseudonym_is_reused,
    outer_resource_names_the_inner,
)
