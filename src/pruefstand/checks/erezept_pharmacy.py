"""What redeeming looks like in the traffic: same bytes, right secret, verifiable receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.documents import binary, decoded, signature, uploaded, value
from pruefstand.checks.select import answered, carried_by_vau
from pruefstand.model.exchange import Exchange

SECRET_PATH = "//f:identifier[contains(f:system/@value,'GEM_ERP_NS_Secret')]/f:value/@value"  # noqa: S105


def _response(exchange: Exchange) -> bytes:
    return exchange.response.body if exchange.response else b""


def _task_id(exchange: Exchange) -> str:
    return exchange.request.start.split("/Task/", 1)[-1].split("/", 1)[0]


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


REDEEM_CHECKS: tuple[Check, ...] = (
    pharmacy_receives_the_signed_bytes,
    close_shows_the_secret,
    receipt_is_signed_for_this_prescription,
)
