"""The HTTP/1.1 text form that travels inside the VAU."""

from __future__ import annotations

import pytest

from pruefstand.model.http import MalformedHttp, Request, Response, as_headers, header


def test_a_request_survives_raw_and_parse() -> None:
    request = Request(
        "POST", "/Task/$create?a=b", (("Host", "erp"), ("Content-Length", "4")), b"\x00\xff\r\n"
    )
    assert Request.parse(request.raw()) == request


def test_a_response_survives_raw_and_parse() -> None:
    response = Response(201, (("Location", "/Task/1"), ("Content-Length", "2")), b"ok")
    assert Response.parse(response.raw()) == response


def test_the_text_form_is_the_wire_format() -> None:
    request = Request("GET", "/Task", (("Accept", "application/fhir+xml"),))
    assert request.raw() == b"GET /Task HTTP/1.1\r\nAccept: application/fhir+xml\r\n\r\n"
    assert Response(204).raw() == b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_empty_body_is_announced_where_one_is_usual(method: str) -> None:
    assert b"Content-Length: 0\r\n" in Request(method, "/").raw()


def test_a_given_content_length_is_kept() -> None:
    raw = Request("POST", "/", (("content-length", "2"),), b"ab").raw()
    assert raw.lower().count(b"content-length") == 1


def test_a_body_ends_where_its_length_says() -> None:
    raw = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabcd"
    assert Request.parse(raw).body == b"ab"


def test_a_body_may_hold_empty_lines() -> None:
    assert Request.parse(b"POST / HTTP/1.1\r\nA: b\r\n\r\nx\r\n\r\ny").body == b"x\r\n\r\ny"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET /\r\n\r\n",
        b"GET / a HTTP/1.1\r\n\r\n",
        b"GET / FTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc",
    ],
)
def test_a_malformed_request_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedHttp):
        Request.parse(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"SMTP 200\r\n\r\n"]
)
def test_a_malformed_response_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedHttp):
        Response.parse(raw)


def test_a_status_may_stand_without_a_reason() -> None:
    assert Response.parse(b"HTTP/1.1 200\r\n\r\n").status == 200


def test_header_names_ignore_case_and_the_first_value_counts() -> None:
    headers = as_headers({"X-AccessCode": "1"}) + as_headers([("x-accesscode", "2")])
    assert header(headers, "X-ACCESSCODE") == "1"
    assert header(headers, "Accept") is None
    assert Request("GET", "/", headers).header("x-AccessCode") == "1"


def test_path_and_query_are_decoded() -> None:
    request = Request("GET", "https://host/Task/%24create?a=1&b=%C3%A4&a=2&leer=")
    assert request.path == "/Task/$create"
    assert request.query == {"a": "1", "b": "ä", "leer": ""}


def test_reasons_of_the_fachdienst_are_known() -> None:
    assert Response(252).reason == "OK"
    assert Response(403).reason == "Forbidden"
    assert Response(799).reason == "Unknown"


def test_headers_are_appended_to_a_copy() -> None:
    response = Response(200, (("A", "1"),))
    assert response.with_headers(("B", "2")).headers == (("A", "1"), ("B", "2"))
    assert response.headers == (("A", "1"),)
