"""The IDP's refusals as data: code, OAuth error, HTTP status and text in the original's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdpError:
    """One row of the error table; `redirected` errors travel in the query of a 302."""

    code: int
    error: str
    text: str
    status: int = 400
    redirected: bool = False


_REQUEST, _GRANT, _DENIED, _SCOPE = (
    "invalid_request", "invalid_grant", "access_denied", "invalid_scope",
)  # fmt: skip

_ROWS = (
    IdpError(1002, _REQUEST, "client_id wurde nicht übermittelt"),
    IdpError(1004, _REQUEST, "redirect_uri wurde nicht übermittelt"),
    IdpError(1005, _REQUEST, "scope wurde nicht übermittelt", redirected=True),
    IdpError(1020, _REQUEST, "redirect_uri ist ungültig"),
    IdpError(1022, _SCOPE, "scope ist ungültig", redirected=True),
    IdpError(1030, _SCOPE, "Fachdienst ist unbekannt", redirected=True),
    IdpError(1500, "server_error", "Allgemeiner Serverfehler", status=500),
    IdpError(2000, _DENIED, "No Client-System found in request", status=403),
    IdpError(2002, _REQUEST, "state wurde nicht übermittelt", redirected=True),
    IdpError(2004, _REQUEST, "response_type wurde nicht übermittelt", redirected=True),
    IdpError(
        2005, "unsupported_response_type", "response_type wird nicht unterstützt", redirected=True
    ),
    IdpError(2006, _REQUEST, "state ist ungültig", redirected=True),
    IdpError(2007, _REQUEST, "nonce ist ungültig", redirected=True),
    IdpError(2008, _REQUEST, "code_challenge_method ist ungültig", redirected=True),
    IdpError(2009, _REQUEST, "code_challenge wurde nicht übermittelt", redirected=True),
    IdpError(2010, _REQUEST, "code_challenge ist ungültig", redirected=True),
    IdpError(2012, _REQUEST, "client_id ist ungültig"),
    IdpError(2013, _REQUEST, "Der Request besitzt keine gültige Signatur"),
    IdpError(2020, _REQUEST, "Das AUT Zertifikat ist ungültig"),
    IdpError(2030, _REQUEST, "Challenge ist ungültig"),
    IdpError(2031, _REQUEST, "exp wurde nicht übermittelt"),
    IdpError(2032, _REQUEST, "Challenge ist abgelaufen"),
    IdpError(2044, _REQUEST, "Das AUT Zertifikat wurde nicht übermittelt"),
    IdpError(3000, _GRANT, "code_verifier stimmt nicht mit code_challenge überein"),
    IdpError(3001, _GRANT, "Claims unvollständig im Authorization Code"),
    IdpError(3004, _REQUEST, "key_verifier wurde nicht übermittelt"),
    IdpError(3005, _REQUEST, "Authorization Code wurde nicht übermittelt"),
    IdpError(3006, _REQUEST, "grant_type wurde nicht übermittelt"),
    IdpError(3007, "invalid_client", "client_id ist ungültig"),
    IdpError(3011, _GRANT, "Authorization Code ist abgelaufen"),
    IdpError(3013, _GRANT, "Authorization Code ist nicht lesbar"),
    IdpError(3014, "unsupported_grant_type", "grant_type wird nicht unterstützt"),
    IdpError(3015, _REQUEST, "Claims unvollständig im key_verifier"),
    IdpError(3016, _REQUEST, "code_verifier ist ungültig"),
)

ERRORS = {row.code: row for row in _ROWS}

BLOCKED = "Given Client-System is blocked"
CTY_WRONG = "CTY fehlerhaft"
EPK_WRONG = "EPK-Typ fehlerhaft"
EXP_DIFFERS = "Exp in Challenge und signierter Challenge nicht gleich"
METHOD_MISSING = "code_challenge_method wurde nicht übermittelt"


class Refusal(Exception):
    """A request that the IDP refuses; `text` replaces the row's where a code has several."""

    def __init__(self, code: int, text: str | None = None) -> None:
        self.row = ERRORS[code]
        self.text = text or self.row.text
        super().__init__(f"{code} {self.text}")
