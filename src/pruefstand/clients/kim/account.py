"""An account with the addresses it is reached at."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.kim.username import UserName

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class KimAccount:
    """Login data of one KIM address; the servers in the names are those of the mail service."""

    address: str
    password: str
    smtp: Address
    """The client module's SMTP port."""
    pop3: Address
    """The client module's POP3 port."""
    smtp_user: str
    """The complete user name (see `kim.username`)."""
    pop3_user: str

    @classmethod
    def of(
        cls,
        user: UserName,
        password: str,
        *,
        smtp: Address,
        pop3: Address,
        smtp_server: Address | None = None,
        pop3_server: Address | None = None,
    ) -> KimAccount:
        """Return the account of `user` with the servers named in its two user names."""
        parts = (user.mandant, user.client_system, user.workplace, user.user_id, user.konnektor_id)
        return cls(
            user.address,
            password,
            smtp,
            pop3,
            UserName(user.address, smtp_server, *parts).smtp(),
            UserName(user.address, pop3_server, *parts).pop3(),
        )
