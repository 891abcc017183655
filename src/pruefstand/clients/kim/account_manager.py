"""The Account Manager of a KIM provider: administration of an account with its owner's card."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from pruefstand.clients.kim.refusal import KimRefusal
from pruefstand.clock import Clock
from pruefstand.crypto import jws
from pruefstand.crypto.pki import Identity
from pruefstand.model.http import Request, Response
from pruefstand.transport import Transport

_PATH = "/AccountMgmt/v2.4/account"
PEER = "kim_fachdienst"


@dataclass(frozen=True, slots=True)
class Absence:
    """An out-of-office note."""

    start: datetime
    end: datetime
    message: str
    active: bool = True


class AccountManagerClient:
    """Calls with a token that `card` (C.HCI.AUT or C.HP.AUT) signs."""

    def __init__(self, transport: Transport, base_url: str, card: Identity, clock: Clock) -> None:
        self._transport, self._base_url = transport, base_url
        self._card, self._clock = card, clock

    def set_absence(self, address: str, password: str, note: Absence) -> None:
        """Set the absence note of an account; raises KimRefusal."""
        body = {
            "startDate": note.start.isoformat(timespec="seconds"),
            "endDate": note.end.isoformat(timespec="seconds"),
            "message": note.message,
            "active": note.active,
        }
        path = f"/{quote(address)}/outofoffice"
        self._call("PUT", path, "updateOutOfOffice", password, json.dumps(body).encode())

    def _call(
        self, method: str, path: str, operation: str, password: str, body: bytes = b""
    ) -> Response:
        secret = base64.b64encode(password.encode()).decode()
        headers = (
            ("Authorization", f"Bearer {self._token()}"),
            ("password", secret),
            ("Content-Type", "application/json; charset=utf-8"),
        )
        request = Request(method, f"{self._base_url}{_PATH}{path}", headers, body)
        answer = self._transport.send(request, peer=PEER, operation=operation)
        if answer.status >= 400:
            text = answer.body.decode("utf-8", "replace")
            raise KimRefusal(
                f"{operation}: {answer.status} {text}", status=answer.status, text=text
            )
        return answer

    def _token(self) -> str:
        headers = {"typ": "JWT", "x5c": jws.x5c(self._card.der)}
        claims = {"nbf": int(self._clock.now().timestamp())}
        return jws.sign(claims, self._card.key, headers, alg="ES256")
