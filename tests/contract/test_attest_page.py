"""The attestation page over its socket: what a browser may do, and what nobody may."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest

from pruefstand.attest.desk import MAX_FILE
from pruefstand.attest.web import serve_desk
from pruefstand.clock import SystemClock
from pruefstand.model.verdict import Verdict
from tests.unit.attestation_desk import CASE, EXCLUDED, OTHER, Office, office

FIELDS = {
    "ergebnis": "erfüllt",
    "wer": "Dr. Ada Beispiel",
    "rolle": "Praxisinhaberin",
    "zweite_person": "Ben Muster",
    "zweite_rolle": "MFA",
    "produkt": "Vertrag",
    "version": "2",
    "notiz": "gesehen",
}


@dataclass
class Browser:
    """The page of one campaign and a client for it."""

    office: Office
    address: str
    client: httpx.Client

    @property
    def origin(self) -> str:
        return self.address.rsplit("/", 2)[0]

    def page(self, case: str = "") -> httpx.Response:
        return self.client.get(self.address + case)

    def nonce(self, case: str = CASE) -> str:
        found = re.search(r'name="nonce" value="([^"]+)"', self.page(case).text)
        assert found
        return found[1]

    def post(
        self,
        case: str = CASE,
        *,
        nonce: str | None = None,
        file: tuple[str, bytes] = ("", b""),
        headers: dict[str, str] | None = None,
        **fields: str,
    ) -> httpx.Response:
        data = {**FIELDS, "nonce": self.nonce(case) if nonce is None else nonce, **fields}
        return self.client.post(
            self.address + case, data=data, files={"datei": file}, headers=headers
        )

    @property
    def records(self) -> int:
        return self.office.read().campaign.register.count


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    made = office(tmp_path)
    server, address = serve_desk(made.desk, made.key, SystemClock())
    # httpx sends a file part without a name as a field; browsers send an empty name.
    with httpx.Client(timeout=30, headers={"Origin": address.rsplit("/", 2)[0]}) as client:
        yield Browser(made, address, client)
    server.close()


def test_a_person_reads_states_and_sees_it_noted(browser: Browser) -> None:
    overview = browser.page().text
    assert "0 von 24" in overview
    assert overview.count("offen</span>") == 24
    answer = browser.post(file=("vertrag.pdf", b"%PDF-1.7"), gueltig_bis="2099-01-01")
    assert answer.status_code == 303
    shown = browser.client.get(browser.origin + answer.headers["location"]).text
    assert "Notiert und signiert als Eintrag 0001" in shown
    assert "vertrag.pdf · 8 Bytes" in shown
    assert browser.office.standing().verdict is Verdict.ATTESTED
    assert "1 von 24" in browser.page().text
    withdrawn = browser.post(ergebnis="zurückgezogen", zweite_person="", zweite_rolle="")
    assert withdrawn.status_code == 303
    assert browser.office.standing().verdict is Verdict.OPEN
    assert [r.statement.outcome.value for r in browser.office.standing().history] == [
        "erfüllt",
        "zurückgezogen",
    ]


def test_the_file_arrives_octet_by_octet(browser: Browser) -> None:
    content = bytes(range(256)) * 4096 + b"\r\n--x--\r\n\n\r"
    assert browser.post(file=("alles.bin", content)).status_code == 303
    record = browser.office.standing().attestation
    assert record is not None
    (file,) = record.statement.attachments
    assert browser.office.read().campaign.blobs.read(file.sha256) == content


def test_every_answer_forbids_scripts_frames_and_caches(browser: Browser) -> None:
    for answer in (browser.page(), browser.page(CASE), browser.client.get(browser.origin + "/x/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    text = browser.page(CASE).text
    assert "<script" not in text
    assert not re.search(r"(src|href|action)=[\"']?(https?:|//)", text)
    assert "style=" not in text


def test_it_listens_on_the_loopback_interface_only(browser: Browser) -> None:
    port = int(browser.origin.rsplit(":", 1)[1])
    with socket.create_server(("0.0.0.0", 0)) as probe:
        assert probe.getsockname()[1] != port
    addresses = {a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError):
            socket.create_connection((address, port), 1)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/favicon.ico",
        "/{wrong}/",
        "/{wrong}/CHK-0402",
        "/{token}",
        "/{token}/CHK-9999",
        "/{token}/../../etc/passwd",
        "/{token}/..%2f..%2fetc%2fpasswd",
        "/{token}/%2e%2e/campaign.json",
        "/{token}/CHK-0402/",
        "/{token}/%00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_addresses_do_not_exist(browser: Browser, method: str, path: str) -> None:
    token = browser.address.rsplit("/", 2)[1]
    target = path.format(token=token, wrong=token[:-1] + ("A" if token[-1] != "A" else "B"))
    connection = http.client.HTTPConnection("127.0.0.1", int(browser.origin.rsplit(":", 1)[1]))
    # No client library in between: it would tidy the path.
    connection.putrequest(method, target)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    with closing(connection):
        answer = connection.getresponse()
        assert answer.status in ({404} if method == "GET" else {404, 415})
        assert b"Beispiel" not in answer.read()
    assert browser.records == 0


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "localhost", "[::1]", ""])
def test_another_host_name_is_refused(browser: Browser, host: str) -> None:
    header = {"Host": host.format(port=browser.origin.rsplit(":", 1)[1])}
    assert browser.client.get(browser.address, headers=header).status_code in {400, 421}
    nonce = browser.nonce()
    assert browser.post(nonce=nonce, headers=header).status_code in {400, 421}
    assert browser.records == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_page_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    answer = browser.post(headers=headers)
    assert (answer.status_code, browser.records) == (403, 0)
    assert "von einer anderen Seite" in answer.text


def test_a_form_is_taken_once_and_only_for_its_item(browser: Browser) -> None:
    nonce = browser.nonce()
    assert browser.post(OTHER, nonce=nonce).status_code == 409
    assert browser.post(nonce="erfunden").status_code == 409
    assert browser.post(nonce="").status_code == 409
    assert browser.post(nonce=nonce).status_code == 303
    assert browser.post(nonce=nonce).status_code == 409
    assert browser.records == 1


def test_concurrent_posts_of_one_form_are_noted_once(browser: Browser) -> None:
    nonce = browser.nonce()
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: browser.post(nonce=nonce).status_code, range(8)))
    assert sorted(codes) == [303] + [409] * 7
    assert browser.records == 1


def test_concurrent_posts_of_several_people_are_all_noted(browser: Browser) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: browser.post(wer=f"Person {n}").status_code, range(8)))
    register = browser.office.read().campaign.register
    assert codes == [303] * 8
    assert (len(register.records), register.defects) == (8, ())


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"


def test_what_people_write_stays_text(browser: Browser) -> None:
    bad = browser.post(wer=HOSTILE, notiz=HOSTILE, ergebnis="")
    assert bad.status_code == 422
    good = browser.post(wer=HOSTILE, notiz=HOSTILE, file=("a<b>'\"&.pdf", b"x"))
    assert good.status_code == 303
    for text in (bad.text, browser.page(CASE).text, browser.page().text):
        assert "<script" not in text
        assert "<img" not in text
        assert HOSTILE in unescape(text)
        assert "49" not in re.findall(r"\{\{.*?\}\}|49", text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"wer": ""}, "Angabe fehlt: wer"),
        ({"rolle": " "}, "Angabe fehlt: welche Rolle"),
        ({"ergebnis": ""}, "Ergebnis fehlt"),
        ({"ergebnis": "bestanden"}, "Ergebnis fehlt"),
        ({"zweite_person": "", "zweite_rolle": ""}, "verlangt eine zweite Person"),
        ({"zweite_person": "DR. ADA  BEISPIEL"}, "dieselbe wie die erste"),
        ({"gueltig_bis": "2020-01-01"}, "Vergangenheit"),
        ({"gueltig_bis": "morgen"}, "kein Tag"),
        ({"notiz": "x" * 4001}, "4001 Zeichen"),
        ({"wer": "Ada\u202eadA"}, "unsichtbares Zeichen U+202E"),
    ],
)
def test_a_mistake_is_shown_and_the_entries_are_kept(
    browser: Browser, fields: dict[str, str], words: str
) -> None:
    answer = browser.post(**fields)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert 'value="Vertrag"' in answer.text
    assert browser.records == 0


@pytest.mark.parametrize("name", ["../../boese.pdf", "a/b.pdf", "..\\b.pdf", "a\u202eb.pdf"])
def test_a_file_name_with_a_path_is_refused(browser: Browser, name: str) -> None:
    answer = browser.post(file=(name, b"x"))
    assert answer.status_code == 422
    assert browser.records == 0
    assert list(browser.office.folder.parent.rglob("*.pdf")) == []


def test_an_excluded_item_cannot_be_confirmed(browser: Browser) -> None:
    assert "nicht anwendbar" in browser.page(EXCLUDED).text
    assert 'name="nonce"' not in browser.page(EXCLUDED).text
    assert browser.post(EXCLUDED, nonce=browser.nonce()).status_code == 409


@pytest.mark.parametrize("size", [MAX_FILE + 300 * 1024, 33 * 1024 * 1024])
def test_a_file_that_is_too_large_is_refused_and_the_page_lives(
    browser: Browser, size: int
) -> None:
    assert browser.post(file=("gross.bin", b"x" * size)).status_code == 413
    assert browser.records == 0
    assert browser.post(file=("gut.bin", b"x" * MAX_FILE)).status_code == 303


BOUNDARY = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="notiz"\r\n\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        pytest.param("application/json", b"{}", 415, id="json"),
        pytest.param("multipart/form-data", b"", 415, id="no-boundary"),
        pytest.param("", b"x", 415, id="no-type"),
        pytest.param(BOUNDARY, b"", 400, id="empty"),
        pytest.param(BOUNDARY, PART[:40], 400, id="cut"),
        pytest.param(BOUNDARY, b"--b\r\n\r\n\r\n--b--\r\n", 400, id="nameless"),
        pytest.param(BOUNDARY, b"\xff" * 1000, 400, id="noise"),
        pytest.param(BOUNDARY, PART + b"\xff\xfe\r\n--b--", 409, id="no-utf-8"),
        pytest.param(BOUNDARY, (PART + b"1\r\n") * 100 + b"--b--", 413, id="many-parts"),
        pytest.param(BOUNDARY, PART + b"x" * 300000 + b"\r\n--b--", 413, id="large-field"),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    browser: Browser, kind: str, body: bytes, status: int
) -> None:
    answer = browser.client.post(
        browser.address + CASE, content=body, headers={"Content-Type": kind}
    )
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert browser.records == 0
    assert browser.page().status_code == 200


def test_a_damaged_register_is_shown_and_keeps_the_page_alive(browser: Browser) -> None:
    assert browser.post().status_code == 303
    record = browser.office.folder / "attestations" / "0001" / "record.json"
    record.write_bytes(b"{")
    text = unescape(browser.page().text)
    assert "Zählt nicht" in text
    assert "Eintrag 0001" in text
    assert browser.post().status_code == 303
    assert browser.office.standing().verdict is Verdict.ATTESTED
