"""What redeeming looks like in the traffic: same bytes, right secret, verifiable receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.documents import binary, decoded, signature, uploaded, value, values
from pruefstand.checks.select import answered, by_actor, carried_by_vau
from pruefstand.model.exchange import Exchange

SECRET_PATH = "//f:identifier[contains(f:system/@value,'GEM_ERP_NS_Secret')]/f:value/@value"  # noqa: S105

ACTOR = "apotheke"
"""Who redeems; the practice deletes with the same call."""
RECEIPT_PATH = "//f:Bundle/f:signature/f:data/@value"


def _response(exchange: Exchange) -> bytes:
    return exchange.response.body if exchange.response else b""


def _task_id(exchange: Exchange) -> str:
    return exchange.request.start.split("/Task/", 1)[-1].split("/", 1)[0].partition("?")[0]


def _uploaded_contents(exchanges: Exchanges) -> dict[str, bytes]:
    uploads = answered(carried_by_vau(exchanges, "Task/$activate"), 200, 252)
    documents = {_task_id(exchange): uploaded(exchange) for exchange in uploads}
    return {key: document.content for key, document in documents.items() if document}


def _names_its_secret(exchanges: Exchanges) -> Callable[[Exchange], bool]:
    # A prescription given back is accepted again, with another secret: all that were delivered.
    secrets = {
        (_task_id(exchange), value(_response(exchange), SECRET_PATH))
        for exchange in answered(carried_by_vau(exchanges, "Task/$accept"), 200)
    }

    def names(exchange: Exchange) -> bool:
        shown = exchange.request.start.rpartition("?secret=")[2]
        return (_task_id(exchange), shown) in secrets

    return names


@check("A_19900")
def pharmacy_receives_the_signed_bytes(exchanges: Exchanges) -> Judgement:
    """The PKCS#7 from $accept verifies, and its content is byte-equal to what was uploaded."""
    contents = _uploaded_contents(exchanges)

    def same(exchange: Exchange) -> bool:
        document = signature(binary(_response(exchange)))
        return document is not None and document.content == contents.get(_task_id(exchange))

    return judge_all(
        answered(carried_by_vau(exchanges, "Task/$accept"), 200),
        same,
        expected="Signatur gültig, Inhalt bytegleich mit dem eingestellten",
        show=lambda _: "Signatur ungültig oder Inhalt verändert",
    )


@check("A_19289", "A_19901")
def close_shows_the_secret(exchanges: Exchanges) -> Judgement:
    """$close carries the secret that $accept delivered for this task, refused or not."""
    return judge_all(
        carried_by_vau(exchanges, "Task/$close"),
        _names_its_secret(exchanges),
        expected="POST /Task/ID/$close?secret=… mit dem Wert aus $accept",
        show=lambda exchange: exchange.request.start,
    )


@check("A_20766")
def receipt_is_signed_for_this_prescription(exchanges: Exchanges) -> Judgement:
    """The receipt's signature verifies and its digest is that of the prescription."""
    digests = {}
    for exchange in answered(carried_by_vau(exchanges, "Task/$activate"), 200, 252):
        document = uploaded(exchange)
        digests[_task_id(exchange)] = document.message_digest if document else None

    def holds(exchange: Exchange) -> bool:
        body = _response(exchange)
        receipt = signature(decoded(value(body, "/f:Bundle/f:signature/f:data/@value")))
        wanted = digests.get(_task_id(exchange))
        if receipt is None or wanted is None:
            return False
        shown = [binary(part, "application/octet-stream") for part in (body, receipt.content)]
        return shown == [wanted, wanted]

    return judge_all(
        answered(carried_by_vau(exchanges, "Task/$close"), 200),
        holds,
        expected="Quittung mit gültiger Signatur und dem Hashwert der Verordnung",
        show=lambda _: "Signatur oder Hashwert der Quittung falsch",
    )


@check("A_19250")
def reject_shows_the_secret(exchanges: Exchanges) -> Judgement:
    """Giving back is POST $reject with the secret, and the service confirms."""
    calls = carried_by_vau(exchanges, "Task/$reject")
    judgement = judge_all(
        calls,
        _names_its_secret(exchanges),
        expected="POST /Task/ID/$reject?secret=… mit dem Wert aus $accept, Antwort 204",
        show=lambda exchange: exchange.request.start,
    )
    if judgement.holds and calls[-1].status != 204:
        return replace(judgement, holds=False, actual=f"Antwort {calls[-1].status}")
    return judgement


@check("A_19292")
def receipt_is_fetched_again_with_the_secret(exchanges: Exchanges) -> Judgement:
    """GET /Task/ID shows the secret, and the answer holds the receipt of $close once more."""
    names = _names_its_secret(exchanges)
    receipts = {
        (_task_id(exchange), value(_response(exchange), RECEIPT_PATH))
        for exchange in answered(carried_by_vau(exchanges, "Task/$close"), 200)
    }

    def holds(exchange: Exchange) -> bool:
        task = _task_id(exchange)
        again = values(_response(exchange), RECEIPT_PATH)
        return names(exchange) and any((task, receipt) in receipts for receipt in again)

    return judge_all(
        carried_by_vau(exchanges, "Task/{id}"),
        holds,
        expected="GET /Task/ID?secret=… mit dem Wert aus $accept, Antwort mit der Quittung",
        show=lambda exchange: f"{exchange.request.start}: {exchange.status}",
    )


@check("A_19244")
def pharmacy_abort_shows_code_and_secret(exchanges: Exchanges) -> Judgement:
    """The pharmacy deletes with POST $abort, access code and secret, and the service confirms."""
    names = _names_its_secret(exchanges)
    codes = {
        (_task_id(exchange), exchange.request.start.rpartition("?ac=")[2])
        for exchange in answered(carried_by_vau(exchanges, "Task/$accept"), 200)
    }
    return judge_all(
        by_actor(carried_by_vau(exchanges, "Task/$abort"), ACTOR),
        lambda exchange: (
            names(exchange)
            and (_task_id(exchange), exchange.request.header("X-AccessCode")) in codes
            and exchange.status == 204
        ),
        expected="POST /Task/ID/$abort?secret=… mit X-AccessCode, Antwort 204",
        show=lambda exchange: f"{exchange.request.start}: {exchange.status}",
    )


REDEEM_CHECKS: tuple[Check, ...] = (
    pharmacy_receives_the_signed_bytes,
    close_shows_the_secret,
    receipt_is_signed_for_this_prescription,
)
