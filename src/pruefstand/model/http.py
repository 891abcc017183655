"""An HTTP message as a value, and its HTTP/1.1 text form (the VAU carries that form inside)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

Headers = tuple[tuple[str, str], ...]

EXTRA_REASONS = {252: "OK", 454: "Unknown", 455: "Unknown", 456: "Unknown", 457: "Unknown"}


class MalformedHttp(ValueError):
    """The bytes are no HTTP/1.1 message."""


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of `name`, without regard to case."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


def as_headers(items: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    """Return `items` as a header tuple."""
    return tuple(items.items() if isinstance(items, Mapping) else items)


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `target` is an absolute URL on the client side and a path on the server side."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    client_certificate: bytes | None = field(default=None, repr=False)
    """DER of the TLS client certificate, on the server side of a mutual TLS connection."""
    is_encrypted: bool = True
    """Whether the request came over TLS, on the server side."""

    def header(self, name: str) -> str | None:
        """Return the first value of header `name`."""
        return header(self.headers, name)

    @property
    def path(self) -> str:
        """The decoded path without the query."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; the first value of a repeated one counts."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        return dict(reversed(pairs))

    def raw(self) -> bytes:
        """Return the HTTP/1.1 text form, with Content-Length where it matters."""
        headers = self.headers
        if (self.body or self.method in {"POST", "PUT"}) and header(
            headers, "Content-Length"
        ) is None:
            headers = (*headers, ("Content-Length", str(len(self.body))))
        return _raw(f"{self.method} {self.target} HTTP/1.1", headers, self.body)

    @classmethod
    def parse(cls, raw: bytes) -> Request:
        """Read the HTTP/1.1 text form; raises MalformedHttp."""
        start, headers, body = _split(raw)
        parts = start.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise MalformedHttp("request line is not 'METHOD target HTTP/1.1'")
        return cls(parts[0], parts[1], headers, _cut_body(headers, body))


HANG_UP = 0
"""The status of a mock that closes the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `delay` (seconds) lets a mock be slow without blocking its server."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    late: Callable[[], Response | None] | None = field(default=None, repr=False, compare=False)
    """On a mock's side: asked after `delay`; None leaves the response as it is."""
    exchange_id: str = ""
    """Id of the recorded carrier exchange, filled by a recording transport."""

    def header(self, name: str) -> str | None:
        """Return the first value of header `name`."""
        return header(self.headers, name)

    def settled(self) -> Response:
        """Return what is sent in the end; to be called once, after `delay`."""
        return (self.late() if self.late else None) or self

    def with_headers(self, *items: tuple[str, str]) -> Response:
        """Return a copy with `items` appended."""
        return replace(self, headers=(*self.headers, *items))

    @property
    def reason(self) -> str:
        """The reason phrase of the status."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return EXTRA_REASONS.get(self.status, "Unknown")

    def raw(self) -> bytes:
        """Return the HTTP/1.1 text form."""
        headers = self.headers
        if self.status != 204 and header(headers, "Content-Length") is None:
            headers = (*headers, ("Content-Length", str(len(self.body))))
        return _raw(f"HTTP/1.1 {self.status} {self.reason}", headers, self.body)

    @classmethod
    def parse(cls, raw: bytes) -> Response:
        """Read the HTTP/1.1 text form; raises MalformedHttp."""
        start, headers, body = _split(raw)
        parts = start.split(" ", 2)
        if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
            raise MalformedHttp("status line is not 'HTTP/1.1 status reason'")
        return cls(int(parts[1]), headers, _cut_body(headers, body))


def _raw(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start, *(f"{key}: {value}" for key, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + body


def _split(raw: bytes) -> tuple[str, Headers, bytes]:
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        raise MalformedHttp("no empty line ends the header")
    try:
        start, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(":", 1) for line in lines]
        return start, tuple((key.strip(), value.strip()) for key, value in pairs), body
    except ValueError as error:
        raise MalformedHttp("a header line has no colon") from error


def _cut_body(headers: Headers, body: bytes) -> bytes:
    declared = header(headers, "Content-Length")
    if declared is None:
        return body
    if not declared.isdigit() or int(declared) > len(body):
        raise MalformedHttp(f"Content-Length {declared!r} does not fit {len(body)} body bytes")
    return body[: int(declared)]
