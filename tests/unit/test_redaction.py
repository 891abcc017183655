"""Redaction: each kind is found by form, by structure, by knowledge and through encodings."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
import zlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pruefstand.evidence.codec import exchange_from_json
from pruefstand.evidence.redaction.commitment import MARK, Commitment, Committer, digest_of
from pruefstand.evidence.redaction.knowledge import Vocabulary
from pruefstand.evidence.redaction.record import CaseRedactor
from pruefstand.model.case import CaseRecord, Json, StepRecord
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.secret_kind import REDACTABLE, SecretKind
from pruefstand.model.verdict import Finding, Verdict

KVNR = "X234567891"
CODE = "9e3a901a5d66ed7eb1878b9a6002a4f06671688e83dd8ce89507eb032fa7acef"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJnaXZlbl9uYW1lIjoiR3VuZHVsYSJ9.c2lnbmF0dXJl"
KEY = ec.generate_private_key(ec.BrainpoolP256R1())
SCALAR = KEY.private_numbers().private_value.to_bytes(32, "big")
NUMBER = str(int.from_bytes(SCALAR, "big"))
DER = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
VOCABULARY = Vocabulary(frozenset({"Köhnke", "Ivo"}), frozenset({SCALAR}))


class Memory:
    """Keeps what was hidden."""

    def __init__(self) -> None:
        self.commitments: dict[str, Commitment] = {}
        self.bodies: list[bytes] = []
        self.exchanges: list[tuple[Json, Json]] = []

    def commitment(self, commitment: Commitment) -> None:
        self.commitments[commitment.digest] = commitment

    def body(self, content: bytes) -> str:
        self.bodies.append(content)
        return ""

    def exchange(self, shown: Json, original: Json) -> None:
        self.exchanges.append((shown, original))


class Bench:
    """Redacts cases and reads what would be stored."""

    def __init__(self, kinds: tuple[SecretKind, ...] = REDACTABLE) -> None:
        self.memory = Memory()
        self.stored: dict[str, bytes] = {}
        self.redactor = CaseRedactor(Committer(b"secret"), kinds, VOCABULARY, self.memory)

    def store(self, body: bytes) -> str:
        name = f"{len(self.stored):064x}"
        self.stored[name] = body
        return name

    def case(self, *exchanges: Exchange, **texts: str) -> tuple[CaseRecord, list[Exchange]]:
        record = CaseRecord("T-1", "Titel", "f", ("tc:T-1",), Verdict.PASSED, **texts)
        redacted = self.redactor.redact(record, exchanges, self.store)
        return redacted, [
            exchange_from_json(e, self.stored.__getitem__) for e in redacted.exchanges
        ]

    def body(self, body: bytes) -> bytes:
        _, (shown,) = self.case(exchange(body))
        return shown.request.body

    def text(self, text: str) -> str:
        return self.body(text.encode()).decode()


def exchange(body: bytes = b"", start: str = "GET /", *headers: tuple[str, str]) -> Exchange:
    return Exchange(
        id="x1", parent=None, layer=Layer.HTTP, side=Side.CLIENT, actor="pvs", peer="erezept",
        operation="Task", started=datetime(2026, 11, 25, tzinfo=UTC), duration=0.1,
        request=Message(start, headers, body), response=None, case="T-1", step=0,
    )  # fmt: skip


PATIENT = (
    '<Patient xmlns="http://hl7.org/fhir"><identifier>'
    '<system value="http://fhir.de/sid/gkv/kvid-10"/><value value="K123456789"/></identifier>'
    '<name><use value="official"/><family value="Zachmann">'
    '<extension url="u"><valueString value="Zachmann"/></extension></family>'
    '<given value="Edeltraut"/></name>'
    '<telecom><system value="phone"/><value value="030 123456"/></telecom>'
    '<birthDate value="1971-03-29"/><address><type value="both"/><line value="Ulmenallee 7"/>'
    '<city value="Köln"/><postalCode value="50667"/><country value="D"/></address></Patient>'
)
PATIENT_JSON = json.dumps(
    {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": "Zachmann", "given": ["Edeltraut"]}],
        "birthDate": "1971-03-29",
        "address": [{"line": ["Ulmenallee 7"], "city": "Köln", "country": "D"}],
        "telecom": [{"system": "phone", "value": "030 123456"}],
        "identifier": [{"value": "K123456789", "system": "http://fhir.de/sid/gkv/kvid-10"}],
    }
)
VSD = (
    '<?xml version="1.0" encoding="ISO-8859-15"?><V><Versicherten_ID>K123456789</Versicherten_ID>'
    "<Geburtsdatum>19710329</Geburtsdatum><Vorname>Edeltraut</Vorname><Nachname>Zöchmann</Nachname>"
    "<StrassenAdresse><Ort>Köln</Ort><Strasse>Ulmenallee</Strasse></StrassenAdresse></V>"
)
CASES = {
    "kvnr": (f"Versicherte {KVNR} fehlt", [KVNR], "kvnr"),
    "kvnr in a search": (f"/Task?patient=http%3A%2F%2Ffhir.de%7C{KVNR}", [KVNR], "kvnr"),
    "invalid kvnr by its system": (PATIENT, ["K123456789"], "kvnr"),
    "name in FHIR XML": (PATIENT, ["Zachmann", "Edeltraut"], "name"),
    "address in FHIR XML": (PATIENT, ["Ulmenallee", "50667", "Köln"], "address"),
    "birth date in FHIR XML": (PATIENT, ["1971-03-29"], "birthdate"),
    "phone in FHIR XML": (PATIENT, ["030 123456"], "contact"),
    "name in FHIR JSON": (PATIENT_JSON, ["Zachmann", "Edeltraut"], "name"),
    "rest of FHIR JSON": (PATIENT_JSON, ["Ulmenallee", "1971-03-29", "K123456789"], "address"),
    "insured data": (VSD, ["Edeltraut", "Zöchmann", "Ulmenallee", "19710329"], "birthdate"),
    "organisation": (
        '<Organization><name value="Praxis Dr. Ehrlich"/></Organization>', ["Ehrlich"], "name",
    ),
    "agent of an audit event": ('<agent><name value="Dr. Ehrlich"/></agent>', ["Ehrlich"], "name"),
    "display of a reference": (
        '<subject><reference value="P/1"/><display value="E. Zachmann"/></subject>',
        ["Zachmann"], "name",
    ),
    "card holder": ("<C:CardHolderName>Edel Traut</C:CardHolderName>", ["Edel"], "name"),
    "pin in SOAP": ("<CARD:Pin>271828</CARD:Pin>", ["271828"], "pin"),
    "comfort user id": ("<UserId>3f2a7c10-aaaa-bbbb</UserId>", ["3f2a7c10"], "secret"),
    "token": (f"Bearer {JWT}", [JWT, "eyJ"], "token"),
    "authorization code": ("redirect?code=ABCDEFabcdef123456", ["ABCDEFabcdef"], "token"),
    "access code": (f"POST /Task/1/$accept?ac={CODE}", [CODE], "access-code"),
    "task secret": (f"POST /Task/1/$close?secret={CODE}", [CODE], "secret"),
    "access code in a Task": (
        '<system value="https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_AccessCode"/>'
        f'<value value="{CODE}"/>', [CODE], "access-code",
    ),
    "secret in JSON": (
        '{"system":"https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_Secret",'
        f'"value":"{CODE}"}}', [CODE], "secret",
    ),
    "oauth": ('{"access_token":"opaque-0123456789","d":1}', ["opaque"], "token"),
    "jwk": ('{"kty":"EC","d":"%s"}' % ("A1b2" * 10), ["A1b2"], "key"),
    "pem": (f"x\n{PEM}\ny", PEM.splitlines()[1:2], "key"),
    "known name": ("Herr Köhnke kommt mit Ivo", ["Köhnke", "Ivo"], "name"),
    "known key in hex": (f"d={SCALAR.hex()};", [SCALAR.hex()], "key"),
    "known key in decimal": (f"d {NUMBER}", [NUMBER], "key"),
    "dispense request": (
        '<contentString value="{&quot;supplyOptionsType&quot;:&quot;delivery&quot;,'
        '&quot;name&quot;:&quot;E. Zachmann&quot;}"/>', ["Zachmann"], "content",
    ),
    "escaped JSON": ('{"text":"Herr K\\u00f6hnke"}', ["u00f6hnke"], "content"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_a_value_is_replaced_and_its_surroundings_stay(name: str) -> None:
    text, values, kind = CASES[name]
    bench = Bench()
    shown = bench.text(text)
    assert not [value for value in values if value in shown]
    assert f"⟨{kind}:" in shown
    kept = MARK.split(shown)
    assert all(part in text for part in kept[::3] if part)
    hidden = "".join(c.value.decode() for c in bench.memory.commitments.values())
    assert all(value in hidden for value in values)


def test_what_is_no_secret_stays_octet_for_octet() -> None:
    text = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter>'
        '<name value="rxPrescription"/></parameter>'
        '<profile value="https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_PR_Task|1.6"/>'
        "<id value='160.350.752.970.878.42'/><dose>5</dose> Berlin A123456789 code=4063 "
        f'sha256 {CODE} name=value &amp; ERP-0101 <system value="phone"/> M1 CS1'
        "</Parameters>"
    )
    bench = Bench()
    assert bench.text(text) == text
    for body in (b"", bytes(range(256)) * 4, gzip.compress(b"harmlos", mtime=0), b"\xff\xfe\x00"):
        assert bench.body(body) == body
    assert bench.memory.commitments == {}
    assert bench.memory.bodies == []


SECRET_TEXT = f"<Vorname>Edeltraut</Vorname> {KVNR}"
FORMS = {
    "base64": lambda data: b"<doc>" + base64.b64encode(data) + b"</doc>",
    "broken lines": lambda data: b"<doc>" + base64.encodebytes(data * 3) + b"</doc>",
    "base64url": lambda data: b"token " + base64.urlsafe_b64encode(data) + b" end",
    "hex": lambda data: b"<apdu>" + data.hex().encode() + b"</apdu>",
    "percent": lambda data: b"q=" + quote(data).encode() + b"&r=1",
    "gzip": lambda data: gzip.compress(data),
    "gzip in base64": lambda data: b"<doc>" + base64.b64encode(gzip.compress(data)) + b"</doc>",
    "base64 twice": lambda data: b"<d>" + base64.b64encode(base64.b64encode(data)) + b"</d>",
    "base64 in a path": lambda data: b"/a/b/" + base64.b64encode(data).rstrip(b"=") + b"/c",
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "latin-1": lambda data: data + b" \xe4",
    "in DER": lambda data: b"\x30\x82\x10\x00\x04\x81" + data + bytes(200),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_an_encoded_value_is_found(form: str) -> None:
    bench = Bench()
    original = FORMS[form](SECRET_TEXT.encode())
    shown = bench.body(original)
    assert "⟨".encode() in shown
    for part in (b"Edeltraut", KVNR.encode(), base64.b64encode(SECRET_TEXT.encode())[:20]):
        assert part not in shown
    assert bench.memory.bodies == [original]
    clean = FORMS[form](b"<Vorgang>Harmloses</Vorgang> A123456789")
    assert bench.body(clean) == clean


@pytest.mark.parametrize("data", [DER, b"\x04\x20" + SCALAR + bytes(40)], ids=["der", "scalar"])
def test_a_private_key_in_binary_content_is_found(data: bytes) -> None:
    bench = Bench()
    assert MARK.fullmatch(bench.body(data).decode())
    assert "⟨content:" in bench.text(f"<key>{base64.b64encode(data).decode()}</key>")


@pytest.mark.parametrize("before", [b"", b"\n", b"\x30\x82\x10\x00\x06\x09\xff"])
def test_a_pdf_is_hidden_wherever_it_begins(before: bytes) -> None:
    shown = Bench().body(before + b"%PDF-1.7\n" + zlib.compress(b"Frau Zachmann") + b"\n%%EOF")
    assert MARK.fullmatch(shown.decode())


def test_a_value_seen_once_is_hidden_everywhere_in_the_scenario() -> None:
    bench = Bench()
    request = exchange(
        PATIENT.encode(), f"GET /Task?ac={CODE}", ("Authorization", "Bearer opaque-0123456789"),
        ("Referer", f"https://pvs/{CODE}/x"), ("X-Who", "Frau%20Zachmann"),
    )  # fmt: skip
    record = CaseRecord(
        id="ERP-0900#Zachmann_Edeltraut.xml",
        title="Rezept von Frau Zachmann",
        feature="f",
        tags=("tc:ERP-0900",),
        verdict=Verdict.FAILED,
        steps=(StepRecord("Wenn", "Edeltraut kommt", "failed", 0.1, f"kein {CODE}"),),
        findings=(Finding("A_1", "name", Verdict.FAILED, "Zachmann", "opaque-0123456789"),),
        message=f"{KVNR}, geboren am 29.03.1971",
        hint="Zachmann fragen",
    )
    shown = bench.redactor.redact(record, (request,), bench.store)
    everything = json.dumps(shown.to_json(), ensure_ascii=False)
    for value in ("Zachmann", "Edeltraut", CODE, "opaque-0123456789", KVNR, "29.03.1971"):
        assert value not in everything, value
    assert (shown.verdict, shown.findings[0].requirement) == (Verdict.FAILED, "A_1")
    assert shown.steps[0].keyword == "Wenn"
    assert len(set(re.findall("⟨name:[0-9a-f]{64}⟩", f"{shown.title} {shown.hint}"))) == 1
    assert bench.memory.exchanges[0][1]["request"]["start"] == f"GET /Task?ac={CODE}"


def test_whom_a_file_names_is_hidden_though_it_was_never_sent() -> None:
    bench = Bench()
    message = "/in/Zachmann.xml, Zeile 7: falsch"
    record = CaseRecord("C", "T", "f", (), Verdict.FAILED, message=message)
    assert bench.redactor.redact(record, (), bench.store).message == message
    shown = bench.redactor.redact(record, (), bench.store, [PATIENT.encode()])
    assert re.fullmatch("/in/⟨name:[0-9a-f]{64}⟩.xml, Zeile 7: falsch", shown.message)


def test_one_value_has_one_commitment_and_another_run_another() -> None:
    first, second = Committer(b"a" * 32), Committer(b"b" * 32)
    commitment = first.commit(SecretKind.NAME, b"Zachmann")
    assert commitment == first.commit(SecretKind.NAME, b"Zachmann")
    assert commitment.digest != second.commit(SecretKind.NAME, b"Zachmann").digest
    assert commitment.salt != first.commit(SecretKind.NAME, b"Ehrlich").salt
    assert commitment.digest == digest_of(commitment.salt, b"Zachmann")
    assert MARK.fullmatch(commitment.mark)


def test_a_kind_that_is_off_stays_readable_and_the_others_do_not() -> None:
    bench = Bench((SecretKind.KVNR,))
    shown = bench.text(PATIENT)
    assert "Zachmann" in shown
    assert "K123456789" not in shown
    encoded = base64.b64encode(b"<Vorname>Edeltraut</Vorname> und mehr").decode()
    assert encoded in bench.text(f"<doc>{encoded}</doc>")


def test_texts_that_never_close_what_they_open_do_not_mix() -> None:
    bench = Bench()
    texts = {"message": '<name><family value="Zachmann', "hint": 'und "weiter">Rest<'}
    shown, _ = bench.case(**texts)
    assert shown.title == "Titel"
    assert shown.id == "T-1"


HOSTILE = {
    "open elements": b"<name>" * 100_000,
    "self-closing": b'<name value="x"/>' * 50_000,
    "nested members": b'{"name":' * 100_000,
    "open members": b'"address":[' * 100_000,
    "percent": b"%41" * 300_000,
    "percent and letters": b"a%4" * 300_000,
    "letters": b"A" * 2_000_000,
    "equals": b"ac=" * 300_000,
    "escapes": b"\\u0041" * 100_000,
    "quotes": b'"' * 500_000,
    "marks": "⟨kvnr:".encode() * 100_000,
    "angles": b"<" * 500_000,
    "binary": bytes(range(256)) * 8000,
    "wide": b"a\0" * 500_000,
    "base64 in base64": None,
    "bomb": gzip.compress(b"\0" * 20_000_000),
}


def nested(depth: int) -> bytes:
    data = SECRET_TEXT.encode()
    for _ in range(depth):
        data = base64.b64encode(data)
    return data


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_content_is_read_in_a_bounded_time(name: str) -> None:
    content = HOSTILE[name]
    body = nested(12) if content is None else content
    bench = Bench()
    started = time.process_time()
    shown = bench.body(body)
    assert time.process_time() - started < 10
    if name in {"bomb", "base64 in base64"}:
        # What cannot be looked into is hidden.
        assert MARK.search(shown.decode())
