"""What the mail service writes into the directory: all addresses of an institution at once."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from mocks.kim_fachdienst.answer import Refusal
from mocks.kim_fachdienst.state import Account, MailService

CERTIFICATE = "kim-fachdienst"
SECONDS = 10.0
_LOCKED, _TAKEN = 423, 422


def publish(service: MailService, added: Sequence[Account], telematik_id: str) -> None:
    """Bring the directory up to date; raises Refusal 423 or 502. The note is that of the VZD."""
    with service.lock:
        known = [*service.accounts.values(), *added]
    mails = [
        {"mail": account.address, "version": account.kim_version}
        for account in known
        if account.telematik_id == telematik_id and account.listed and not account.deregistered
    ]
    status = _put(service, telematik_id, json.dumps({"komLeData": mails}).encode())
    if status == _LOCKED:
        raise Refusal(423, "VZD entry is locked")
    if status == _TAKEN:
        raise Refusal(409, "address stands in another VZD entry")
    if status >= 400:
        raise Refusal(502, f"VZD answers {status}")


def _put(service: MailService, telematik_id: str, body: bytes) -> int:
    neighbours = service.ctx.neighbours
    place = urlsplit(neighbours.base_url("vzd"))
    connection = http.client.HTTPSConnection(
        place.hostname or "",
        place.port,
        timeout=SECONDS,
        context=neighbours.client_tls(CERTIFICATE),
    )
    try:
        path = f"/DirectoryEntries/{quote(telematik_id)}/KOM-LE_Fachdaten"
        connection.request("PUT", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, ssl.SSLError, http.client.HTTPException) as problem:
        raise Refusal(502, f"VZD cannot be reached: {problem}") from problem
    finally:
        connection.close()
