"""The Account Manager as an administrator's tool calls it, with a card that signs the token."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import httpx

from pruefstand.crypto import jws
from pruefstand.crypto.pki import Smcb
from pruefstand.drivers.kim import KimMember
from pruefstand.mockkit.world import MockWorld


def encoded(text: str) -> str:
    """Return a password as the interface wants it."""
    return base64.b64encode(text.encode()).decode()


class AccountManager:
    """Calls for one member's account; `card` signs, the member's own by default."""

    def __init__(self, world: MockWorld, member: KimMember, card: Smcb | None = None) -> None:
        own = card or member.participant.card
        assert isinstance(own, Smcb)
        self.world, self.member, self.card = world, member, own

    def token(self) -> str:
        """Return a fresh token."""
        now = int(self.world.clock.now().timestamp())
        headers = {"typ": "JWT", "x5c": jws.x5c(self.card.aut.der)}
        return jws.sign({"nbf": now}, self.card.aut.key, headers, alg="ES256")

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        password: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Call the interface; `path` follows /account."""
        base = self.world.base_url("kim_fachdienst")
        secret = password or self.member.participant.password
        sent = {
            "Authorization": f"Bearer {self.token()}",
            "password": encoded(secret),
            **headers,
        }
        with httpx.Client(verify=self.world.client_tls("CS1"), trust_env=False) as client:
            return client.request(
                method, f"{base}/AccountMgmt/v2.4/account{path}", json=body, headers=sent
            )

    def set_absence(self, start: datetime, end: datetime, message: str) -> None:
        """Switch the absence note on."""
        body = {
            "startDate": start.isoformat(timespec="seconds"),
            "endDate": end.isoformat(timespec="seconds"),
            "message": message,
            "active": True,
        }
        answer = self.call("PUT", f"/{self.member.address}/outofoffice", body)
        assert answer.status_code == 204, answer.text
