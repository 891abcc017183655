"""A mail taken apart and joined is the same octets; hostile headers are refused."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from pruefstand.model.mail import MAX_FIELDS, MalformedMail, header_field, parse_mail

MAIL = (
    b"From: =?utf-8?q?Praxis_M=C3=BCller?= <a@x.kim.telematik>\r\n"
    b"to: b@x.kim.telematik,\r\n\tC@x.kim.telematik\r\n"
    b"X-KIM-Dienstkennung:eAU;Lieferung;V1.2\r\n"
    b"To: d@x.kim.telematik\r\n"
    b"\r\n"
    b"Rumpf\r\n\r\n.\r\n\x00"
)


def test_octets_come_back_unchanged() -> None:
    assert parse_mail(MAIL).to_bytes() == MAIL
    assert parse_mail(b"\r\nonly a body").to_bytes() == b"\r\nonly a body"


def test_fields_are_found_without_regard_to_case_and_folding() -> None:
    mail = parse_mail(MAIL)
    assert mail.get("x-kim-dienstkennung") == "eAU;Lieferung;V1.2"
    assert mail.get("Subject") is None
    assert mail.addresses("To") == tuple(f"{name}@x.kim.telematik" for name in "bcd")
    assert mail.text("From") == "Praxis Müller <a@x.kim.telematik>"
    assert mail.body == b"Rumpf\r\n\r\n.\r\n\x00"


def test_fields_are_replaced_and_added_without_touching_others() -> None:
    mail = parse_mail(MAIL).set("To", "e@x.kim.telematik")
    assert mail.all("To") == ["e@x.kim.telematik"]
    assert mail.with_fields([header_field("A", "1")], first=True).to_bytes().startswith(b"A: 1\r\n")
    assert parse_mail(mail.to_bytes()).addresses("From") == ("a@x.kim.telematik",)


@pytest.mark.parametrize(
    "octets",
    [
        b" folded first\r\n\r\n",
        b"no field at all\r\n\r\n",
        b"Na\x00me: x\r\n\r\n",
        b"A: b\r\n" * (MAX_FIELDS + 2) + b"\r\n",
        b"A: " + b"b" * 300_000 + b"\r\n\r\n",
    ],
    ids=["fold", "text", "nul", "many", "long"],
)
def test_what_no_server_takes_is_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedMail):
        parse_mail(octets)


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "a\0b"])
def test_a_value_cannot_start_another_field(value: str) -> None:
    with pytest.raises(MalformedMail):
        header_field("Subject", value)


def test_any_octets_are_read_or_refused() -> None:
    chance = random.Random(3)
    for _ in range(2000):
        octets = bytearray(MAIL)
        for _ in range(chance.randint(1, 6)):
            octets[chance.randrange(len(octets))] = chance.choice(b"\r\n\0: \t\xffA")
        with suppress(MalformedMail):
            assert parse_mail(parse_mail(bytes(octets)).to_bytes()).to_bytes()
