"""What must not hurt: injection, floods, bombs, silence. Each is answered, the service lives."""

from __future__ import annotations

import base64
import random
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

import pytest

from pruefstand.clients.kim import KimRefusal
from pruefstand.crypto.smime_kim import Recipient, Sealed, seal
from pruefstand.crypto.smime_kim.layers import unwrap_sealed
from pruefstand.drivers.kim import KimMember
from pruefstand.kim.mail import KimMail
from pruefstand.kim.outer import ModuleStamp, outer_mail
from pruefstand.ldap.filters import parse_filter
from pruefstand.ldap.messages import START_TLS, Bind, Extended, Search, Unbind, write_request
from pruefstand.model.mail import RawMail, parse_mail
from tests.contract.kim_bench import (
    DIRECTORY,
    KONNEKTOR,
    MODULE,
    SERVICE,
    KimBench,
    kim_bench,
)


@pytest.fixture(scope="module")
def bench() -> Iterator[KimBench]:
    with kim_bench(kim_clientmodul={"starttls": True}) as running:
        yield running


@pytest.fixture(autouse=True)
def alive(bench: KimBench) -> Iterator[None]:
    """After every attack a mail still arrives, exactly once."""
    bench.member("nachbar").empty()
    yield
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    neighbour.empty()
    practice.send(practice.write([neighbour.address], "Lebenszeichen", "x"), notify="")
    assert len(neighbour.collect().messages) == 1


class Line:
    """A raw connection that speaks whatever it is told."""

    def __init__(self, bench: KimBench, role: str, listener: str, *, secure: bool = True) -> None:
        place = bench.world.address(role, listener)
        self.socket: socket.socket = socket.create_connection(place, 10)
        if secure:
            tls = bench.world.client_tls("CS1")
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def say(self, octets: bytes) -> bytes:
        """Send and return the next line."""
        self.socket.sendall(octets)
        return self.file.readline()

    def reply(self, octets: bytes) -> bytes:
        """Send and return the last line of an SMTP reply."""
        line = self.say(octets)
        while line[3:4] == b"-":
            line = self.file.readline()
        return line

    def close(self) -> None:
        """Hang up."""
        self.file.close()
        self.socket.close()


def login(bench: KimBench, member: KimMember) -> Line:
    """Return an SMTP connection after EHLO and login."""
    line = Line(bench, MODULE, "smtps")
    assert line.file.readline().startswith(b"220 ")
    line.reply(b"EHLO pvs\r\n")
    pair = f"\0{member.client.account.smtp_user}\0{member.participant.password}".encode()
    assert line.reply(b"AUTH PLAIN " + base64.b64encode(pair) + b"\r\n").startswith(b"235")
    return line


def raw_send(bench: KimBench, octets: bytes) -> tuple[int, str]:
    """Return how the client module answers a mail."""
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    try:
        practice.send_octets(octets, [neighbour.address])
    except KimRefusal as refusal:
        return refusal.status, refusal.text
    return 250, ""


def letter(bench: KimBench) -> KimMail:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    return practice.write([neighbour.address], "x", "Text")


def test_ten_thousand_header_fields_are_refused(bench: KimBench) -> None:
    octets = b"X-A: b\r\n" * 10_000 + letter(bench).to_bytes()
    assert raw_send(bench, octets)[0] == 554


@pytest.mark.parametrize("kind", ["deep", "wide", "rfc822"])
def test_nested_mime_bombs_are_refused(bench: KimBench, kind: str) -> None:
    head = letter(bench).to_bytes().partition(b"\r\nContent-Type")[0] + b"\r\n"
    if kind == "deep":
        body = b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
            for n in range(200)
        )
    elif kind == "wide":
        body = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\n\r\n" * 50_000
    else:
        body = b"Content-Type: message/rfc822\r\n\r\n" * 500
    status, text = raw_send(bench, head + body)
    assert (status, text[:5]) == (554, "5.6.0")


def test_nul_octets_arrive_as_they_were(bench: KimBench) -> None:
    octets = letter(bench).to_bytes().replace(b"text/plain", b"application/x") + b"\0\0\r\n"
    assert raw_send(bench, octets)[0] == 250
    (message,) = bench.member("nachbar").collect().messages
    assert message.octets.endswith(b"\0\0\r\n")
    assert message.parsed().get("X-KIM-IntegrityCheckResult") == "01"


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<a@x\0b>\r\n",
        b"MAIL FROM:<" + b"a" * 5000 + b">\r\n",
        b"RCPT TO:<x@y> NOTIFY=SUCCESS\rDATA\r\n",
        b"\xff\xfe\r\n",
        b"EXPN all\r\n",
        b"VRFY root\r\n",
        b"STARTTLS\r\n",
    ],
)
def test_smtp_nonsense_is_answered_with_an_error(bench: KimBench, line: bytes) -> None:
    connection = login(bench, bench.member("praxis"))
    assert connection.reply(line)[:1] in (b"5", b"4")
    assert connection.reply(b"NOOP\r\n").startswith(b"250")
    connection.close()


def test_what_follows_a_smuggled_dot_is_content(bench: KimBench) -> None:
    """Only CRLF dot CRLF ends a message: a bare line feed smuggles nothing (CVE-2023-51764)."""
    connection = login(bench, bench.member("praxis"))
    own, other = bench.member("praxis").address, bench.member("nachbar").address
    for command in (f"MAIL FROM:<{own}>", f"RCPT TO:<{other}>", "DATA"):
        connection.reply(command.encode() + b"\r\n")
    smuggled = f"\n.\nMAIL FROM:<{own}>\nRCPT TO:<{other}>\nDATA\nSubject: zwei\n\n".encode()
    mail = letter(bench).to_bytes().replace(b"7bit", b"8bit")
    assert connection.reply(mail + smuggled + b"\r\n.\r\n").startswith(b"250")
    connection.close()
    (message,) = bench.member("nachbar").collect().messages
    assert message.parsed().get("Subject") == "x"


def test_commands_before_starttls_do_not_count_after_it(bench: KimBench) -> None:
    """Octets behind STLS in the same packet are dropped, not taken as protected ones."""
    connection = Line(bench, MODULE, "pop3", secure=False)
    assert connection.file.readline().startswith(b"+OK")
    assert connection.say(b"STLS\r\nUSER injected\r\n").startswith(b"+OK")
    tls = bench.world.client_tls("CS1")
    secure = tls.wrap_socket(connection.socket, server_hostname="localhost")
    secure.sendall(b"QUIT\r\n")
    assert secure.recv(100) == b"+OK\r\n"
    secure.close()


@pytest.mark.parametrize(
    "line",
    [
        b"USER a\0b\r\n",
        b"\xff\xff\r\n",
        b"RETR 1\r\n",
        b"AUTH CRAM-MD5\r\n",
        b"AUTH PLAIN !!!\r\n",
        b"PASS x\r\n",
        b"A" * 20_000 + b"\r\n",
    ],
)
def test_pop3_nonsense_is_err(bench: KimBench, line: bytes) -> None:
    connection = Line(bench, MODULE, "pop3s")
    connection.file.readline()
    assert connection.say(line).startswith(b"-ERR")
    connection.close()


@pytest.mark.parametrize(
    "command",
    ["RETR 0", "RETR 99999999999999999999", "RETR -1", "TOP 1", "LIST x", "DELE ١", "XTND"],
)
def test_pop3_numbers_are_checked(bench: KimBench, command: str) -> None:
    neighbour = bench.member("nachbar")
    with neighbour.client.mailbox() as mailbox:
        mailbox.log_in()
        with pytest.raises(KimRefusal):
            mailbox._short(command)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x30\x80",
        b"\x30\x84\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x30\x0c\x02\x01\x01\x63\x07" + b"\xa2" * 7,
    ],
    ids=["indefinite", "huge", "http", "filter"],
)
def test_what_is_no_ldap_ends_the_connection(bench: KimBench, octets: bytes) -> None:
    connection = Line(bench, DIRECTORY, "ldaps")
    connection.socket.sendall(octets)
    answer = connection.file.read()
    assert b"1.3.6.1.4.1.1466.20036" in answer
    connection.close()


@pytest.mark.parametrize("place", [(DIRECTORY, "ldaps"), (KONNEKTOR, "ldaps")])
def test_altered_searches_are_answered_or_end_the_connection(
    bench: KimBench, place: tuple[str, str]
) -> None:
    """Directory and proxy: whatever comes, an answer or the end follows, and others are served."""
    chance = random.Random(place[0])
    wanted = parse_filter("(&(domainID=109500969)(|(mail=*kasse*)(!(cn=a*b))))")
    good = write_request(1, Bind()) + write_request(2, Search("dc=data,dc=vzd", wanted))
    for _ in range(60):
        octets = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            octets[chance.randrange(2, len(octets))] = chance.randrange(256)
        connection = Line(bench, *place)
        connection.socket.sendall(bytes(octets) + write_request(3, Unbind()))
        # A length that was altered upwards makes the directory wait for more.
        with suppress(OSError):
            connection.socket.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            connection.file.read()
        connection.close()


def test_the_proxy_keeps_tls_with_the_directory_to_itself(bench: KimBench) -> None:
    connection = Line(bench, KONNEKTOR, "ldaps")
    connection.socket.sendall(write_request(1, Extended(START_TLS)) + write_request(2, Bind()))
    answers = connection.socket.recv(4096)
    assert b"unknown extended operation" in answers
    while b"\x02\x01\x02\x61" not in answers:
        answers += connection.socket.recv(4096)
    connection.socket.sendall(write_request(3, Unbind()))
    assert connection.file.read() == b""
    connection.close()


def test_silent_and_half_open_peers_hold_up_nobody(bench: KimBench) -> None:
    places = [(MODULE, "smtps"), (MODULE, "pop3s"), (DIRECTORY, "ldaps")] * 20
    silent = [socket.create_connection(bench.world.address(*place), 10) for place in places]
    connections = [Line(bench, *place) for place in places[:12]]
    for connection in connections[::3]:
        connection.socket.sendall(b"EHLO half")
    practice = bench.member("praxis")
    practice.send(practice.write([practice.address], "x", "x"), notify="")
    for connection in connections:
        connection.close()
    for peer in silent:
        peer.close()


def test_a_peer_that_hangs_up_during_data_loses_nothing(bench: KimBench) -> None:
    own, other = bench.member("praxis").address, bench.member("nachbar").address
    connection = login(bench, bench.member("praxis"))
    for command in (f"MAIL FROM:<{own}>", f"RCPT TO:<{other}>", "DATA"):
        connection.reply(command.encode() + b"\r\n")
    connection.socket.sendall(letter(bench).to_bytes())
    connection.close()
    assert bench.member("nachbar").collect().messages == ()


def in_the_name_of(
    bench: KimBench, claimed: KimMember, signer: KimMember, receiver: KimMember
) -> RawMail:
    """Return what a module shows of a mail that `signer` seals under the address of `claimed`."""
    inner = parse_mail(claimed.write([receiver.address], "Befund", "Geheimes").to_bytes())
    holders = [Recipient(receiver.address, held) for held in receiver.participant.certificates]
    key = signer.participant.osig
    assert key is not None
    now = bench.world.clock.now()
    sealed = seal(inner.to_bytes(), signer=key, recipients=holders, at=now)
    stamp = ModuleStamp("PRUEF_1.0.0-1", "1.5.5-0", "")
    outer = outer_mail(inner, sealed, stamp, at=now, days_to_live=90)
    with bench.fault(SERVICE, "kopfzeilen_ungeprueft"):
        signer.hand_to_service(outer.to_bytes(), receiver.address)
    (message,) = receiver.collect().messages
    return message.parsed()


def test_who_signs_under_another_institutions_address_is_found_out(bench: KimBench) -> None:
    stranger, clinic, practice = map(bench.member, ("nachbar", "klinik", "praxis"))
    practice.empty()
    shown = in_the_name_of(bench, clinic, stranger, practice)
    assert shown.get("X-KIM-IntegrityCheckResult") == "05"
    assert shown.get("X-KIM-Fehlermeldung") == "4015"
    assert b"Geheimes" not in shown.body


@pytest.mark.parametrize(("claimed", "signer"), [("klinik", "klinik"), ("aerztin", "praxis")])
def test_an_institution_signs_for_itself_and_for_its_people(
    bench: KimBench, claimed: str, signer: str
) -> None:
    neighbour = bench.member("nachbar")
    shown = in_the_name_of(bench, bench.member(claimed), bench.member(signer), neighbour)
    assert shown.get("X-KIM-IntegrityCheckResult") == "01"


@pytest.mark.parametrize(("unfit", "code"), [("siegel", "4004"), ("vertauscht", "4005")])
def test_certificates_of_the_wrong_kind_or_owner_are_not_encrypted_for(
    bench: KimBench, unfit: str, code: str
) -> None:
    """A signature certificate, and that of another institution, in a directory entry."""
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    practice.empty()
    other = bench.member(unfit)
    held = other.participant.certificates[0]
    practice.send(practice.write([neighbour.address, other.address], "x", "x"), notify="")
    (outer,) = neighbour.observe()
    sealed = Sealed.parse(unwrap_sealed(outer.parsed()))
    assert not any(one.is_for(held) for one in sealed.document.recipients)
    (message,) = neighbour.collect().messages
    assert message.parsed().addresses("To") == (neighbour.address,)
    (told,) = practice.collect().receipts
    assert [fate.address for fate in told.fates] == [other.address]
    assert told.errors == (code,)
    with pytest.raises(KimRefusal) as alone:
        practice.send(practice.write([other.address], "x", "x"), notify="")
    assert alone.value.status == 451


def test_the_mail_service_demands_a_client_certificate(bench: KimBench) -> None:
    tls = ssl.create_default_context(cadata=bench.world.tls_ca_pem)
    for listener in ("smtps", "pop3s"):
        plain = socket.create_connection(bench.world.address(SERVICE, listener), 10)
        with suppress(OSError), tls.wrap_socket(plain, server_hostname="localhost") as secure:
            assert secure.recv(10) == b""


def test_a_lost_session_keeps_what_it_marked(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    practice.send(practice.write([neighbour.address], "bleibt", "x"), notify="")
    mailbox = neighbour.client.mailbox()
    mailbox.log_in()
    mailbox.delete(1)
    mailbox._pop3.close()
    neighbour.forget()
    kept = []
    for _ in range(20):
        # The service may still be closing the lost session: [IN-USE].
        with suppress(KimRefusal):
            kept = list(neighbour.collect().messages)
            break
    assert len(kept) == 1
