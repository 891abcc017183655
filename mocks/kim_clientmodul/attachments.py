"""The attachment store (KAS) and the account's limits as the client module uses them."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

from mocks.kim_clientmodul.state import ClientModule, Limits
from mocks.kim_clientmodul.upstream import tls
from pruefstand.kim.large import KasProblem, KasReference, open_large, seal_large
from pruefstand.kim.mail import join_parts
from pruefstand.model.mail import RawMail, header_field

SECONDS = 30.0
UPLOAD = "/attachments/v2.4/attachment/"
LIMIT = "/AccountLimit/v1.1/limit"
_BOUNDARY = "kim-kas-formular"


class StoreProblem(Exception):
    """The store refuses or cannot be reached; `status` is its answer or 0."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Credentials:
    """Mail address and password of the account."""

    address: str
    password: str

    @property
    def header(self) -> str:
        """The value of Authorization."""
        pair = f"{self.address}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def limits(module: ClientModule, account: Credentials) -> Limits:
    """Return the limits of an account, asked for once a day; raises StoreProblem."""
    now = module.ctx.clock.now()
    known = module.limits.get(account.header, now)
    if known is not None:
        return known
    status, body = _call(module, "GET", LIMIT, {"Authorization": account.header})
    if status != 200:
        raise StoreProblem(status, "limits are not answered")
    fields = json.loads(body)
    found = Limits(int(fields["maxMailSize"]), int(fields["dataTimeToLive"]))
    module.limits.put(account.header, found, now)
    return found


def upload(
    module: ClientModule,
    account: Credentials,
    mail: bytes,
    *,
    message_id: str,
    recipients: Sequence[str],
    expires: datetime,
) -> KasReference:
    """Encrypt a mail into the store and return the reference; raises StoreProblem."""
    key, stored = seal_large(mail)
    texts = [("messageID", message_id), *(("recipients", address) for address in recipients)]
    texts.append(("expires", format_datetime(expires)))
    parts = [_part(name, value.encode()) for name, value in texts]
    form = join_parts("multipart/form-data", _BOUNDARY, [*parts, _part("attachment", stored)])
    headers = {
        "Authorization": account.header,
        "Content-Type": form.get("Content-Type") or "",
    }
    status, body = _call(module, "POST", UPLOAD, headers, form.body)
    if status != 201:
        raise StoreProblem(status, f"upload answered with {status}")
    link = str(json.loads(body)["sharedLink"])
    return KasReference(link, key, hashlib.sha256(mail).digest(), len(stored))


def download(module: ClientModule, reference: KasReference, recipient: str) -> bytes:
    """Return the mail in clear; raises StoreProblem or KasProblem."""
    target = urlsplit(reference.link)
    own = urlsplit(module.ctx.neighbours.base_url("kim_fachdienst"))
    if (target.scheme, target.netloc) != (own.scheme, own.netloc):
        # A reference is written by a stranger: it must not send us anywhere else.
        raise StoreProblem(0, "the link leads outside the mail service")
    status, body = _call(module, "GET", target.path, {"recipient": recipient})
    if status != 200:
        raise StoreProblem(status, f"download answered with {status}")
    if len(body) != reference.size:
        raise KasProblem("the data have another size than announced")
    return open_large(body, reference)


def remove(module: ClientModule, account: Credentials, reference: KasReference) -> None:
    """Delete what a failed transmission left behind."""
    _call(module, "DELETE", urlsplit(reference.link).path, {"Authorization": account.header})


def _part(name: str, content: bytes) -> bytes:
    head = header_field("Content-Disposition", f'form-data; name="{name}"')
    return RawMail((head,), content).to_bytes()


def _call(
    module: ClientModule, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, bytes]:
    place = urlsplit(module.ctx.neighbours.base_url("kim_fachdienst"))
    connection = http.client.HTTPSConnection(
        place.hostname or "", place.port, timeout=SECONDS, context=tls(module)
    )
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as problem:
        raise StoreProblem(0, str(problem)) from problem
    finally:
        connection.close()
