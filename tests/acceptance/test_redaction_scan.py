"""A finished pack shows no secret of its run; the scan that says so finds each planted one."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import typst
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from pruefstand.clock import SystemClock
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.pki.facts import read_certificate_info
from pruefstand.evidence.redaction.commitment import MARK
from pruefstand.evidence.run_folder import Run
from pruefstand.evidence.vault import open_vault
from pruefstand.evidence.verify import verify_run
from pruefstand.ids import kvnr
from pruefstand.model.exchange import Exchange, Message
from tests.acceptance import secret_scan
from tests.acceptance.secret_scan import scan, scan_content
from tests.acceptance.test_accept_command import Outcome, accept
from tests.contract.test_evidence_verify import command

FHIR = "{http://hl7.org/fhir}"
NAMING = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_"


@dataclass(frozen=True)
class Sealed:
    """A run with two processes, and what it must not show."""

    outcome: Outcome
    run: Run
    secrets: dict[str, set[bytes]]

    @property
    def all(self) -> set[bytes]:
        return set().union(*self.secrets.values())


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    folder = tmp_path_factory.mktemp("redaction") / "runs"
    outcome = accept(folder, "-n", "2", "--only", "A_19289")
    assert outcome.code == 0, outcome.text
    run = outcome.run
    vault = open_vault(run.folder.name, outcome.environ)
    exchanges = [x for case in run.cases for x in vault.exchanges(run, case)]
    return Sealed(outcome, run, {**secrets_in(exchanges), **keys_and_holders()})


def secrets_in(exchanges: list[Exchange]) -> dict[str, set[bytes]]:
    """Return what went over the wire, read with other means than the redaction's."""
    found: dict[str, set[bytes]] = {"token": set(), "code": set(), "name": set(), "kvnr": set()}
    for exchange in exchanges:
        for message in filter(None, (exchange.request, exchange.response)):
            collect_http(message, found)
            for document in documents(message.body):
                collect_fhir(document, found)
    return found


def collect_http(message: Message, found: dict[str, set[bytes]]) -> None:
    if bearer := message.header("Authorization"):
        found["token"].add(bearer.split()[1].encode())
    if code := message.header("X-AccessCode"):
        found["code"].add(code.encode())
    for address in (message.start.partition(" ")[2], message.header("Location") or ""):
        query = dict(parse_qsl(urlsplit(address).query))
        found["code"] |= {query[name].encode() for name in ("ac", "secret") if name in query}
        found["token"] |= {query["code"].encode()} if "code" in query else set()
    if message.body[:1] == b"{" and message.body.rstrip()[-1:] == b"}":
        fields = json.loads(message.body)
        names = ("access_token", "id_token", "challenge")
        found["token"] |= {fields[name].encode() for name in names if name in fields}
    if message.body[:1].isalpha() and b"=" in message.body[:60]:
        form = dict(parse_qsl(message.body.decode("latin-1")))
        names = ("signed_challenge", "code", "key_verifier")
        found["token"] |= {form[name].encode() for name in names if name in form}
    for number in re.findall(rb"[A-Z][0-9]{9}", message.body + message.start.encode()):
        if kvnr.is_valid(number.decode()):
            found["kvnr"].add(number)


def documents(body: bytes) -> Iterator[etree._Element]:
    """Yield the XML of a body and of the base64 documents in it."""
    # The answer of the VAU is cipher and may begin with any octet.
    if not (body.lstrip().startswith(b"<") and body.rstrip().endswith(b">")):
        return
    root = etree.fromstring(body)
    yield root
    for element in root.iter(etree.Element):
        text = (element.text or "").strip()
        if len(text) > 200 and re.fullmatch(r"[A-Za-z0-9+/=\s]+", text):
            content = base64.b64decode(text)
            if content.startswith(b"<"):
                yield etree.fromstring(content)


def collect_fhir(root: etree._Element, found: dict[str, set[bytes]]) -> None:
    for resource in ("Patient", "Practitioner"):
        for person in root.iter(FHIR + resource):
            for part in ("family", "given"):
                for name in person.iter(FHIR + part):
                    found["name"].add(str(name.get("value")).encode())
    for system in root.iter(FHIR + "system"):
        value = system.getnext()
        named = system.get("value") in {f"{NAMING}AccessCode", f"{NAMING}Secret"}
        if named and value is not None:
            found["code"].add(str(value.get("value")).encode())


def keys_and_holders() -> dict[str, set[bytes]]:
    """Return keys and card holders of the run's test PKI; the seed gives them anew."""
    pki = Pki(1, SystemClock())
    hba, practice, pharmacy = pki.hba(), pki.smcb(), pki.smcb("Apotheke am Markt", role="apotheke")
    identities = [hba.qes, hba.aut, practice.aut, pharmacy.aut, pki.service("erp-vau")]
    identities += [pki.service("idp-sig"), pki.tls_server(), pki.tls_client("CS1")]
    keys, names = set(), set()
    for identity in identities:
        size = (identity.key.key_size + 7) // 8
        scalar = identity.key.private_numbers().private_value.to_bytes(size, "big")
        plain = NoEncryption()
        der = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, plain)
        pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, plain)
        keys |= {scalar, scalar.hex().encode(), scalar.hex().upper().encode(), der, pem}
        info = read_certificate_info(identity.der)
        names |= {name.encode() for name in (info.given_name, info.surname) if name}
    return {"key": keys, "holder": names}


def test_the_run_used_secrets_of_every_sort(sealed: Sealed) -> None:
    counts = {name: len(values) for name, values in sealed.secrets.items()}
    least = {"token": 20, "code": 6, "name": 6, "kvnr": 3, "key": 40, "holder": 4}
    assert all(counts[sort] >= number for sort, number in least.items()), counts


def test_no_file_of_the_pack_shows_a_secret(sealed: Sealed) -> None:
    hits = scan(sealed.run.folder, sealed.all)
    assert hits == [], [(hit.file, hit.form, hit.secret[:40]) for hit in hits[:5]]
    assert verify_run(sealed.run.folder).defects == ()
    for secret in sealed.secrets["name"] | sealed.secrets["code"]:
        assert secret.decode() not in sealed.outcome.text


PLANTED = {
    "roh": lambda s: b"<a>" + s + b"</a>",
    "percent": lambda s: (
        b"/x?y=" + quote(s, safe="").encode() if s.isascii() else quote(s).encode()
    ),
    "every octet percent": lambda s: b"".join(b"%%%02X" % octet for octet in s),
    "base64": lambda s: b"<a>" + base64.b64encode(b"1" + s + b" ende") + b"</a>",
    "base64url": lambda s: b"x." + base64.urlsafe_b64encode(s + b"ende").rstrip(b"=") + b".y",
    "broken base64": lambda s: base64.encodebytes(bytes(30) + s + bytes(90)),
    "gzip": lambda s: gzip.compress(b"<a>" + s),
    "gzip in base64": lambda s: b"<a>" + base64.b64encode(gzip.compress(b" " + s)) + b"</a>",
    "hex": lambda s: b"apdu " + s.hex().encode(),
    "utf-16": lambda s: s.decode("latin-1").encode("utf-16-le"),
}


@pytest.mark.parametrize("form", list(PLANTED))
def test_the_scan_finds_a_planted_secret_in_this_form(sealed: Sealed, form: str) -> None:
    for sort in ("token", "code", "name", "kvnr", "key"):
        secret = max(sealed.secrets[sort], key=len)
        planted = PLANTED[form](secret)
        assert scan_content("planted", planted, (secret,)), (sort, planted[:60])
        assert not scan_content("planted", PLANTED[form](b"Harmlos, sonst nichts"), (secret,))


def test_the_scan_reads_every_file_of_a_pack(sealed: Sealed, tmp_path: Path) -> None:
    secret = b"Geheimnistraeger"
    packed = {".pdf", ".xlsx"}
    files = (path for path in sealed.run.folder.iterdir() if path.is_file())
    for path in sorted(path for path in files if path.suffix not in packed):
        (tmp_path / path.name).write_bytes(path.read_bytes()[:20_000] + b"\n" + secret)
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / secret.decode()).write_bytes(b"")
    (tmp_path / "rein.txt").write_bytes(b"nichts")
    found = {hit.file for hit in scan(tmp_path, [secret])}
    assert found == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} - {
        "rein.txt"
    } | {f"blobs/{secret.decode()}"}


def test_the_scan_reads_the_text_of_a_pdf_and_of_a_workbook() -> None:
    page = typst.compile(b"Bericht zu Zacharias Beispielmann")
    (hit,) = scan_content("report.pdf", page, (b"Beispielmann",))
    assert hit.form == "PDF"
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<t>Beispielmann " + "x" * 999)
    assert scan_content("matrix.xlsx", workbook.getvalue(), (b"Beispielmann",))


def test_the_scan_opens_the_packs_of_the_page(sealed: Sealed) -> None:
    page = (sealed.run.folder / "report.html").read_bytes()
    packs = [data for form, data in secret_scan.documents(page) if form == "Paket im HTML"]
    assert len(packs) == page.count(b'class="pack"') > 0
    body = re.search(rb'"bodies":\{"[0-9a-f]{64}":"(.{40})', packs[0])
    assert body
    assert body[1] not in page
    assert scan_content("report.html", page, (body[1],))


def test_two_processes_show_one_value_as_one_commitment(sealed: Sealed) -> None:
    vault = open_vault(sealed.run.folder.name, sealed.outcome.environ)
    assert len(list(vault.folder.glob("values-*.ndjson"))) == 3
    values = [commitment.value for commitment in vault.commitments.values()]
    assert len(values) == len({(c.kind, c.value) for c in vault.commitments.values()})
    shown = (sealed.run.folder / "verdicts.json").read_text(encoding="utf-8")
    shown += (sealed.run.folder / "events.ndjson").read_text().encode().decode("unicode-escape")
    marks = {mark[1] for mark in MARK.findall(shown)}
    assert marks
    assert marks <= set(vault.commitments)


def test_a_value_is_disclosed_and_checked_without_the_vault(sealed: Sealed, tmp_path: Path) -> None:
    folder, config = sealed.run.folder, Path(sealed.outcome.environ["XDG_CONFIG_HOME"])
    vault = open_vault(folder.name, sealed.outcome.environ)
    code = min(sealed.secrets["code"])
    wanted = next(c for c in vault.commitments.values() if c.value == code)
    proof = tmp_path / "beleg.json"
    status, text = command(config, "disclose", folder, wanted.mark, "--output", proof)
    assert status == 0, text
    status, text = command(tmp_path, "check-disclosure", folder, proof)
    assert (status, "Belegt" in text) == (0, True), text
    assert code[:40].decode() in text
    (entry,) = json.loads(proof.read_text(encoding="utf-8"))["values"]
    assert "events.ndjson" in entry["files"]
    lied = proof.read_text(encoding="utf-8").replace(code.decode(), "0" * 64)
    lied = lied.replace(base64.b64encode(code).decode(), base64.b64encode(b"0" * 64).decode())
    proof.write_text(lied, encoding="utf-8")
    status, text = command(tmp_path, "check-disclosure", folder, proof)
    assert (status, "ergeben eine andere Zusage" in text) == (1, True), text
    status, text = command(config, "disclose", folder, "ffffffffffff")
    assert (status, "gefunden 0 passende" in text) == (4, True), text
