"""Programs we did not write send, fetch and search over TLS: swaks, mpop, ldapsearch, smtplib."""

from __future__ import annotations

import base64
import poplib
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from pruefstand.drivers.kim import KimMember
from pruefstand.kim.receipt import is_receipt
from pruefstand.model.mail import parse_mail
from tests.contract.kim_bench import DIRECTORY, MODULE, KimBench, kim_bench

SECONDS = 30
KV = "Kassenärztliche Vereinigung Muster"


@pytest.fixture(scope="module")
def bench() -> Iterator[KimBench]:
    with kim_bench(kim_clientmodul={"starttls": True}) as running:
        yield running


@pytest.fixture(scope="module")
def trust(bench: KimBench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    path.write_text(bench.world.tls_ca_pem)
    return path


@pytest.fixture(autouse=True)
def fresh(bench: KimBench) -> None:
    for key in ("praxis", "nachbar"):
        bench.member(key).empty()


def needs(program: str, *probe: str) -> pytest.MarkDecorator:
    """Skip without `program`, or when the command `probe` says that a part of it is missing."""
    missing = shutil.which(program) is None
    if probe and not missing:
        missing = subprocess.run(probe, capture_output=True, timeout=SECONDS).returncode != 0
    return pytest.mark.skipif(missing, reason=f"{' '.join((program, *probe))} is not installed")


def run(*command: object, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_smtplib_and_poplib_as_they_come(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    tls = bench.world.client_tls("CS1")
    mail = practice.write([neighbour.address], "von smtplib", "Text\n.Punkt am Anfang")
    with smtplib.SMTP_SSL(*practice.client.account.smtp, context=tls) as smtp:
        smtp.login(practice.client.account.smtp_user, practice.participant.password)
        options = ["NOTIFY=SUCCESS", f"ORCPT=rfc822;{neighbour.address}"]
        refused = smtp.sendmail(
            practice.address,
            [neighbour.address],
            mail.to_bytes(),
            mail_options=["RET=HDRS", "ENVID=QQ314159"],
            rcpt_options=options,
        )
        assert refused == {}
    pop3 = poplib.POP3_SSL(*neighbour.client.account.pop3, context=tls)
    assert pop3.welcome == b"+OK KOM-LE Clientmodul POP3"
    assert pop3.capa() == {"TOP": [], "USER": [], "SASL": ["PLAIN"], "UIDL": []}
    pop3.user(neighbour.client.account.pop3_user)
    pop3.pass_(neighbour.participant.password)
    lines = pop3.retr(1)[1]
    read = message_from_bytes(b"\r\n".join(lines), policy=default)
    assert read.get_content().splitlines()[:2] == ["Text", ".Punkt am Anfang"]
    # The service holds ciphertext: no line of it is passed on (KOM-LE-A_2041).
    head = b"\r\n".join(pop3.top(1, 5)[1])
    assert b"X-KOM-LE-Version: 1.0" in head
    assert not parse_mail(head + b"\r\n").body.strip()
    assert pop3.dele(1) == b"+OK"
    assert pop3.quit().startswith(b"+OK")
    (receipt,) = practice.collect().receipts
    assert receipt.about == mail.message_id


@needs("swaks", "perl", "-MNet::SSLeay", "-e1")
@pytest.mark.parametrize(
    ("listener", "tls", "mechanism"),
    [("smtps", "--tlsc", "PLAIN"), ("smtps", "--tlsc", "LOGIN"), ("smtp", "--tls", "PLAIN")],
    ids=["implicit-plain", "implicit-login", "starttls"],
)
def test_swaks_sends(bench: KimBench, trust: Path, listener: str, tls: str, mechanism: str) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    host, port = bench.world.address(MODULE, listener)
    done = run(
        *("swaks", "--server", f"{host}:{port}", tls, "--tls-ca-path", trust, "--tls-verify"),
        *("--auth", mechanism, "--auth-user", practice.client.account.smtp_user),
        *("--auth-password", practice.participant.password, "--helo", "pvs"),
        *("--from", practice.address, "--to", neighbour.address, "--data", "-"),
        text=practice.write([neighbour.address], "von swaks", "Guten Tag").to_bytes().decode(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "220 KOM-LE-Clientmodul ESMTP" in done.stdout
    (message,) = neighbour.collect().messages
    assert message.parsed().get("X-KIM-IntegrityCheckResult") == "01"


def mpop_settings(member: KimMember, trust: Path, folder: Path, mode: str, port: int) -> Path:
    path = folder / "mpoprc"
    path.touch(mode=0o600)
    path.write_text(
        f"account kim\nhost localhost\nport {port}\nuser {member.client.account.pop3_user}\n"
        f"password {member.participant.password}\nauth {mode}\ntls on\ntls_starttls "
        f"{'off' if mode == 'user' else 'on'}\ntls_trust_file {trust}\nkeep on\n"
        f"uidls_file {folder}/uidls\ndelivery mbox {folder}/mbox\n"
    )
    return path


@needs("mpop")
@pytest.mark.parametrize(("mode", "listener"), [("user", "pop3s"), ("plain", "pop3")])
def test_mpop_fetches_each_mail_once(
    bench: KimBench, trust: Path, tmp_path: Path, mode: str, listener: str
) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    practice.send(practice.write([neighbour.address], "für mpop", "Guten Tag"))
    port = bench.world.address(MODULE, listener)[1]
    settings = mpop_settings(neighbour, trust, tmp_path, mode, port)
    for _ in range(2):
        done = run("mpop", f"--file={settings}", "kim")
        assert done.returncode == 0, done.stdout + done.stderr
    box = (tmp_path / "mbox").read_text()
    assert box.count("X-KIM-DecryptionResult: 00") == 1
    assert "Guten Tag" in box or "R3V0ZW4gVGFn" in box


@needs("mpop")
def test_mpop_gets_the_receipt_unchanged(bench: KimBench, trust: Path, tmp_path: Path) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    practice.send(practice.write([neighbour.address], "x", "x"))
    port = bench.world.address(MODULE, "pop3s")[1]
    settings = mpop_settings(practice, trust, tmp_path, "user", port)
    done = run("mpop", f"--file={settings}", "kim")
    assert done.returncode == 0, done.stdout + done.stderr
    octets = (tmp_path / "mbox").read_bytes().split(b"\n", 1)[1]
    assert is_receipt(parse_mail(octets.replace(b"\n", b"\r\n")))


@needs("ldapsearch")
@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("(&(domainID=109500969)(entryType=5))", {"Prüfkasse MOCK"}),
        ("(displayName=*PARK*)", {"Praxis am Park"}),
        ("(mail=praxis.am.park@*)", {"Praxis am Park"}),
        ("(&(entryType=5)(!(domainID=109500969)))", {"Prüf-BKK"}),
        ("(|(entryType=4)(telematikID=8-01-0000000013))", {KV, "Prüf-BKK"}),
        ("(&(mail=*)(displayName=Praxis A*))", {"Praxis am Park", "Praxis Altbestand"}),
        # No valid certificate: these two are in the directory, and nobody sees them.
        ("(|(displayName=Praxis Gestern)(displayName=Praxis Gesperrt))", set()),
        ("(mail=niemand@pruefstand.kim.telematik-test)", set()),
    ],
    ids=["insurer", "middle", "address", "not", "or", "beginning", "invisible", "nobody"],
)
def test_ldapsearch_finds_whom_it_should(
    bench: KimBench, trust: Path, wanted: str, names: set[str]
) -> None:
    found = ldapsearch(bench, trust, "ldaps", wanted, "displayName")
    assert found.returncode == 0, found.stderr
    entries = ldif(found.stdout)
    assert {name for entry in entries for name in entry["displayName"]} == names


@needs("ldapsearch")
def test_ldapsearch_sees_the_attributes_of_the_directory(bench: KimBench, trust: Path) -> None:
    found = ldapsearch(bench, trust, "ldap", "(domainID=109500969)", start_tls=True)
    (entry,) = ldif(found.stdout)
    address = bench.member("kasse").address
    assert entry["komLeData"] == [f"1.5+,{address}"]
    assert entry["kimData"] == [f"{address},1.5+"]
    assert entry["entryType"] == ["5"]
    assert entry["professionOID"] == ["1.2.276.0.76.4.59"]
    assert entry["sn"] == ["-"]
    assert entry["domainID"] == ["109500969", "108888885"]
    assert "userCertificate;binary" in entry


@needs("ldapsearch")
def test_ldap_in_clear_is_refused(bench: KimBench, trust: Path) -> None:
    assert ldapsearch(bench, trust, "ldap", "(entryType=5)").returncode == 13


def ldapsearch(
    bench: KimBench, trust: Path, listener: str, *wanted: str, start_tls: bool = False
) -> subprocess.CompletedProcess[str]:
    scheme = "ldaps" if listener == "ldaps" else "ldap"
    # Not "localhost": ldapsearch would compare the certificate with the name of the machine.
    _, port = bench.world.address(DIRECTORY, listener)
    flags = ["-ZZ"] if start_tls else []
    return run(
        *("env", f"LDAPTLS_CACERT={trust}", "ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no"),
        *flags,
        *("-H", f"{scheme}://127.0.0.1:{port}", "-b", "dc=data,dc=vzd", *wanted),
    )


def ldif(text: str) -> list[dict[str, list[str]]]:
    """Return the entries of an LDIF text; base64 values decoded as UTF-8 where they are."""
    entries: list[dict[str, list[str]]] = []
    for block in text.strip().split("\n\n"):
        entry: dict[str, list[str]] = {}
        for line in filter(None, block.splitlines()):
            name, _, value = line.partition(":")
            if value.startswith(":"):
                value = base64.b64decode(value[1:]).decode("utf-8", "replace")
            entry.setdefault(name, []).append(value.strip())
        if entry:
            entries.append(entry)
    return entries
