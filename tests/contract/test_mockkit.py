"""The kernel of all mocks over real TLS: certificates, delays, crashes, sizes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pruefstand.clock import VirtualClock, stopwatch
from pruefstand.crypto.pki import Identity, Pki
from pruefstand.errors import ConfigurationError
from pruefstand.mockkit import App, Fault, Route
from pruefstand.mockkit.faults import FaultSet
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.mockkit.serve import MAX_BODY, Server, free_socket, serve
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.exchange import Layer
from pruefstand.model.http import Request, Response
from pruefstand.transport import Recorder, TransportFailure
from pruefstand.transport.http import HttpTransport

CLOCK = VirtualClock.at_day(date(2026, 7, 1))
SLOW_SECONDS = 1.0


def echo(request: Request, **parameters: str) -> Response:
    lines = [
        request.method,
        request.target,
        str(sorted(parameters.items())),
        request.query.get("q", ""),
    ]
    headers = (("X-Seen", request.header("X-Sent") or "-"), ("Content-Type", "text/plain"))
    return Response(200, headers, "\n".join(lines).encode() + b"\n" + request.body)


def crash(request: Request) -> Response:
    raise RuntimeError("defect of the mock")


def certificate(request: Request) -> Response:
    return Response(200, body=request.client_certificate or b"none")


APP = App(
    "kit",
    routes=(
        Route("GET", "/echo", "Echo", echo),
        Route("POST", "/echo/{id}/$do", "Echo", echo),
        Route(
            "POST", "/size", "Size", lambda request: Response(200, body=b"%d" % len(request.body))
        ),
        Route("GET", "/slow", "Slow", lambda _: Response(200, body=b"slow", delay=SLOW_SECONDS)),
        Route("GET", "/empty", "Empty", lambda _: Response(204)),
        Route("GET", "/crash", "Crash", crash),
        Route("GET", "/certificate", "Certificate", certificate),
    ),
    otherwise=lambda request: Response(404, body=f"no {request.path}".encode()),
    on_error=lambda _, error: Response(500, body=type(error).__name__.encode()),
)
REQUESTS = [
    ("GET", "/echo", b""),
    ("GET", "/echo?q=%C3%A4&q=2", b""),
    ("POST", "/echo/160.000.000.000.000.01/$do", b"\x00\xff"),
    ("POST", "/echo/%24x/$do?q=", b"a"),
    ("POST", "/echo/a/b/$do", b""),
    ("DELETE", "/echo", b""),
    ("GET", "/empty", b""),
    ("GET", "/nowhere", b""),
    ("GET", "/crash", b""),
]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(1, CLOCK)


def key_file(folder: Path, identity: Identity) -> Path:
    file = folder / "key.pem"
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key + identity.certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture(scope="module")
def server(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(key_file(tmp_path_factory.mktemp("server"), pki.tls_server()))
    tls.verify_mode = ssl.CERT_OPTIONAL
    tls.load_verify_locations(cadata=pki.tls_ca.public_bytes(Encoding.PEM).decode())
    running = serve(APP, tls=tls)
    yield running
    running.close()


def trusting(pki: Pki) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pki.tls_ca.public_bytes(Encoding.PEM).decode())


@pytest.fixture(scope="module")
def client(server: Server, pki: Pki) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, verify=trusting(pki), trust_env=False) as opened:
        yield opened


def test_the_port_is_free_and_on_loopback(server: Server) -> None:
    assert server.base_url == f"https://localhost:{server.port}"
    assert server.port > 1023


def test_without_our_trust_anchor_no_client_connects(server: Server) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(server.base_url + "/echo", trust_env=False)


def test_the_client_certificate_reaches_the_handler(
    server: Server, pki: Pki, tmp_path: Path
) -> None:
    shown = pki.tls_client("CS1")
    context = trusting(pki)
    context.load_cert_chain(key_file(tmp_path, shown))
    answer = httpx.get(server.base_url + "/certificate", verify=context, trust_env=False)
    assert answer.content == shown.der


def test_without_client_certificate_the_handler_sees_none(client: httpx.Client) -> None:
    assert client.get("/certificate").content == b"none"


def test_certificates_do_not_leak_between_connections(
    server: Server, pki: Pki, client: httpx.Client, tmp_path: Path
) -> None:
    context = trusting(pki)
    context.load_cert_chain(key_file(tmp_path, pki.tls_client("CS2")))
    with httpx.Client(base_url=server.base_url, verify=context, trust_env=False) as other:
        assert other.get("/certificate").content == pki.tls_client("CS2").der
        assert client.get("/certificate").content == b"none"
        assert other.get("/certificate").content == pki.tls_client("CS2").der


def test_a_foreign_client_certificate_is_refused_by_tls(
    server: Server, pki: Pki, tmp_path: Path
) -> None:
    context = trusting(pki)
    context.load_cert_chain(key_file(tmp_path, Pki("foreign", CLOCK).tls_client("CS1")))
    with pytest.raises(httpx.TransportError):
        httpx.get(server.base_url + "/certificate", verify=context, trust_env=False)


def test_a_delay_does_not_block_others(server: Server, client: httpx.Client, pki: Pki) -> None:
    answers: list[bytes] = []

    def slow() -> None:
        answer = httpx.get(server.base_url + "/slow", verify=trusting(pki), trust_env=False)
        answers.append(answer.content)

    client.get("/echo")
    thread = threading.Thread(target=slow)
    started = stopwatch()
    thread.start()
    calls = 0
    while thread.is_alive() and stopwatch() - started < SLOW_SECONDS / 2:
        assert client.get("/echo").status_code == 200
        calls += 1
    thread.join(10)
    assert stopwatch() - started >= SLOW_SECONDS
    assert answers == [b"slow"]
    assert calls >= 3


def test_a_crashing_handler_answers_and_the_mock_lives(client: httpx.Client) -> None:
    for _ in range(3):
        answer = client.get("/crash")
        assert (answer.status_code, answer.content) == (500, b"RuntimeError")
    assert client.get("/echo").status_code == 200


def test_a_crashing_error_answer_does_not_end_the_mock(pki: Pki) -> None:
    def worse(request: Request, error: Exception) -> Response:
        raise error

    app = App("worse", (Route("GET", "/crash", "Crash", crash),), lambda _: Response(404), worse)
    running = serve(app, tls=None)
    try:
        assert httpx.get(running.base_url + "/crash", trust_env=False).status_code == 500
        assert httpx.get(running.base_url + "/other", trust_env=False).status_code == 404
    finally:
        running.close()


def test_a_body_at_the_limit_is_taken(client: httpx.Client) -> None:
    answer = client.post("/size", content=bytes(MAX_BODY), timeout=60)
    assert answer.content == b"%d" % MAX_BODY


def test_an_oversized_body_is_refused_and_the_mock_lives(client: httpx.Client) -> None:
    answer = client.post("/size", content=bytes(MAX_BODY + 1), timeout=60)
    assert (answer.status_code, answer.content) == (413, b"")
    assert client.get("/echo").status_code == 200


@pytest.mark.parametrize(("method", "target", "body"), REQUESTS)
def test_in_process_and_over_tls_answer_the_same(
    client: httpx.Client, method: str, target: str, body: bytes
) -> None:
    headers = {"X-Sent": "1"}
    with httpx.Client(transport=mock_transport(APP), base_url=str(client.base_url)) as inner:
        near = inner.request(method, target, headers=headers, content=body)
    far = client.request(method, target, headers=headers, content=body)
    assert (near.status_code, near.content) == (far.status_code, far.content)
    relevant = ("x-seen", "content-type")
    assert [near.headers.get(k) for k in relevant] == [far.headers.get(k) for k in relevant]


def test_an_answer_without_content_announces_no_length(client: httpx.Client) -> None:
    # RFC 9110 section 8.6: no Content-Length in a 204 response.
    assert "content-length" not in client.get("/empty").headers


def test_path_parameters_reach_the_handler() -> None:
    found = APP.match("POST", "/echo/a.b/$do")
    assert found is not None
    assert found[1] == {"id": "a.b"}
    assert APP.match("POST", "/echo/a/x/$do") is None


def test_the_transport_records_tls_and_http(server: Server, pki: Pki) -> None:
    recorder = Recorder(CLOCK)
    with HttpTransport(recorder, actor="pvs", tls=trusting(pki)) as transport:
        request = Request("GET", server.base_url + "/echo", (("X-Sent", "1"),))
        response = transport.send(request, peer="kit", operation="Echo")
    tls, http = recorder.exchanges
    assert (tls.layer, http.layer, http.parent) == (Layer.TLS, Layer.HTTP, tls.id)
    assert tls.facts["version"] in {"TLSv1.2", "TLSv1.3"}
    assert (http.operation, http.status, http.actor, http.peer) == ("Echo", 200, "pvs", "kit")
    assert response.exchange_id == http.id
    assert response.header("X-Seen") == "1"


def test_a_silent_peer_is_recorded_and_blamed_on_the_environment(pki: Pki) -> None:
    recorder = Recorder(CLOCK)
    with (
        free_socket() as nobody,
        HttpTransport(recorder, actor="pvs", tls=trusting(pki)) as transport,
    ):
        request = Request("GET", f"https://localhost:{nobody.getsockname()[1]}/")
        with pytest.raises(TransportFailure) as caught:
            transport.send(request, peer="kit", operation="Echo")
    assert caught.value.blame == "environment"
    (exchange,) = recorder.exchanges
    assert exchange.response is None
    assert exchange.error


def test_after_close_nobody_listens() -> None:
    running = serve(APP, tls=None)
    running.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.base_url + "/echo", trust_env=False)


def test_an_occupied_port_says_so() -> None:
    with free_socket() as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} ist nicht frei"):
            free_socket(port)


def test_a_role_without_mock_is_a_configuration_error() -> None:
    with (
        MockWorld(seed=1, clock=CLOCK, settings={"niemand": {}}) as world,
        pytest.raises(ConfigurationError, match="niemand"),
    ):
        world.start()


def test_faults_switch_on_and_off_and_unknown_ones_are_refused() -> None:
    faults = FaultSet({"x": Fault("x", "breaks A", ("A",))})
    assert "x" not in faults
    faults.switch("x", True)
    assert "x" in faults
    faults.switch("x", False)
    assert "x" not in faults
    with pytest.raises(KeyError, match="offered: x"):
        faults.switch("y", True)


def test_listening_is_on_loopback_only() -> None:
    with free_socket() as listener:
        assert listener.family is socket.AF_INET
        assert listener.getsockname()[0] == "127.0.0.1"
