"""What the IDP says when it refuses: JSON with its own code, or the query of a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from pruefstand.crypto.jws import JoseProblem, Json, json_object
from pruefstand.errors import ServiceRefusal, SutError
from pruefstand.model.http import Response


class IdpRefusal(ServiceRefusal):
    """The IDP refused; `code` is its number (gematik_code), `error` the OAuth word."""

    def __init__(self, operation: str, status: int, fields: Mapping[str, object]) -> None:
        self.code = str(fields.get("gematik_code", ""))
        self.error = str(fields.get("error", ""))
        text = str(fields.get("gematik_error_text", ""))
        super().__init__(
            f"IDP lehnt {operation} ab: {status} {self.error} {self.code} {text}".rstrip(),
            status=status,
            text=text,
        )


def refuse_unless_ok(answer: Response, operation: str) -> None:
    """Raise IdpRefusal for an error status or an error in a redirect."""
    if answer.status == 200:
        return
    if answer.status == 302:
        fields = _query(answer)
        if "error" in fields:
            raise IdpRefusal(operation, answer.status, fields)
        return
    raise IdpRefusal(operation, answer.status, _error_fields(answer))


def redirect_parameters(answer: Response, redirect_uri: str) -> dict[str, str]:
    """Return the query of the redirect, which is read and never followed; raises SutError."""
    location = answer.header("Location") or ""
    if answer.status != 302 or location.partition("?")[0] != redirect_uri:
        raise SutError(f"IDP antwortet mit {answer.status}, erwartet 302 auf {redirect_uri}")
    found = _query(answer)
    if not found.get("code"):
        raise SutError("Redirect des IDP ohne Authorization Code")
    return found


def expect_json(answer: Response, operation: str) -> Json:
    """Return the JSON object of a 200; raises SutError."""
    if answer.status != 200:
        raise SutError(f"IDP antwortet auf {operation} mit {answer.status}, erwartet 200")
    return json_object(answer.body, f"Antwort des IDP auf {operation}")


def _query(answer: Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(answer.header("Location") or "").query))


def _error_fields(answer: Response) -> Json:
    try:
        return json_object(answer.body, "error")
    except JoseProblem:
        return {}
