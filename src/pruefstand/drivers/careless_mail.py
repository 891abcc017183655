"""Slips over the octets of an outgoing mail, by what its Dienstkennung says it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from pruefstand.crypto.cms_qes import QesProblem, parse
from pruefstand.drivers import carelessness_kim as named
from pruefstand.drivers.slips import Placing, Slip, replaced
from pruefstand.kim.dienstkennung import DEFAULT, EARZTBRIEF, HEADER, Dienstkennung
from pruefstand.kim.earztbrief import RETURN_PATH
from pruefstand.kim.eau import APPLICATION, EauMessage
from pruefstand.kim.mail import base64_lines, boundary_of, content_of, split_parts
from pruefstand.model.fault import FaultSet
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

INSTEAD = Placing.INSTEAD
REAL = "eau@krankenkasse.kim.telematik"
OTHER_ID = "5a2f0c7e-31d4-5b68-9e07-c4d1a6b8f235"
"""Of a document that is not the one in the mail, and was never sent."""
_UUID = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Change = Callable[[bytes], bytes | None]


def kind_of(mail: bytes) -> str:
    """Return application and procedure of a mail, such as `eAU;Lieferung`."""
    with suppress(MalformedMail):
        stated = parse_mail(mail).get(HEADER) or str(DEFAULT)
        return stated.rpartition(";")[0]
    return ""


def rewritten(mail: bytes, kind: str, faults: FaultSet) -> bytes:
    """Return what a careless practice sends in place of `mail`, which is of this kind."""
    return replaced(MAILS, faults, kind, mail)


def _field(name: str, change: Callable[[str], str | None]) -> Change:
    """Return what changes a header field of the mail, or takes it away."""

    def spoil(mail: bytes) -> bytes:
        parsed = parse_mail(mail)
        value = change(parsed.get(name) or "")
        return (parsed.without(name) if value is None else parsed.set(name, value)).to_bytes()

    return spoil


def _replaced(pattern: bytes, by: bytes, *, count: int = 0) -> Change:
    """Return what replaces a pattern, in the first `count` places (0: in all)."""
    compiled = re.compile(pattern, re.DOTALL)
    return lambda mail: compiled.sub(by, mail, count)


def _nothing_named(mail: bytes) -> bytes:
    parsed = parse_mail(mail).without("X-KIM-Support")
    return parsed.set("X-KIM-Sendersystem", "Praxisprogramm").to_bytes()


def _raw_names(mail: bytes) -> bytes:
    return re.sub(
        rb"name\*=utf-8''([^;\r\n]+)",
        lambda found: b'name="' + unquote_to_bytes(found[1]) + b'"',
        mail,
    )


def _last_part_twice(mail: bytes) -> bytes | None:
    boundary = boundary_of(parse_mail(mail))
    if boundary is None:
        return None
    mark = b"\r\n--" + boundary
    head, _, end = mail.rpartition(mark)
    return head + mark + head.rpartition(mark)[2] + mark + end


def _xml_twice(mail: bytes) -> bytes | None:
    boundary = boundary_of(parse_mail(mail))
    if boundary is None:
        return None
    mark = b"\r\n--" + boundary
    pieces = mail.split(mark)
    twice = [piece for piece in pieces if b"eAB-XML" in piece]
    return mark.join([*pieces[:-1], *twice, pieces[-1]])


def _unsigned(mail: bytes) -> bytes | None:
    for part in _parts(parse_mail(mail)):
        with suppress(QesProblem, MalformedMail):
            content = parse(content_of(part)).content
            return mail.replace(part.body.rstrip(), base64_lines(content).rstrip())
    return None


def _parts(mail: RawMail) -> list[RawMail]:
    with suppress(MalformedMail):
        return split_parts(mail)
    return []


def _kind(kennung: Dienstkennung) -> str:
    return str(kennung).rpartition(";")[0]


def _of_eau(fault: str, spoil: Change) -> tuple[Slip[bytes], ...]:
    """Return the slip for notes and Stornos."""
    kinds = (EauMessage.NOTE, EauMessage.STORNO)
    return tuple(Slip(fault, _kind(one.dienstkennung), INSTEAD, spoil) for one in kinds)


_FREE, _LETTER = _kind(DEFAULT), _kind(EARZTBRIEF)
MAILS: tuple[Slip[bytes], ...] = (
    Slip(named.NOTHING_NAMED, _FREE, INSTEAD, _nothing_named),
    Slip(named.HTML, _FREE, INSTEAD, _replaced(rb"text/plain", b"text/html", count=1)),
    Slip(named.RAW_NAMES, _FREE, INSTEAD, _raw_names),
    Slip(
        named.TELLING_ID,
        _FREE,
        INSTEAD,
        _replaced(
            rb"\nMessage-ID: <([^@\r]+)@[^\r]+\r", rb"\nMessage-ID: <\1@localhost>\r", count=1
        ),
    ),
    Slip(
        named.OTHER_KENNUNG,
        "eRezept;Kommunikation",
        INSTEAD,
        _field(HEADER, lambda _: "eRezept;Zuweisung;V1.0"),
    ),
    Slip(named.LETTER_KENNUNG, _LETTER, INSTEAD, _field(HEADER, lambda _: f"{_LETTER};V1.0")),
    Slip(named.LETTER_PARTS, _LETTER, INSTEAD, _replaced(rb"eAB-XML", b"Arztbrief")),
    Slip(
        named.LETTER_TEXT,
        _LETTER,
        INSTEAD,
        _replaced(
            rb"(text/plain[^\r]*\r\nContent-Transfer-Encoding: )base64\r\n\r\n[^-]+",
            rb"\g<1>7bit\r\n\r\nDiagnose J06.9\r\n",
        ),
    ),
    Slip(named.LETTER_XML_TWICE, _LETTER, INSTEAD, _xml_twice),
    Slip(named.LETTER_HALF_RECEIPT, _LETTER, INSTEAD, _field(RETURN_PATH, lambda _: None)),
    *_of_eau(named.NOTE_SUBJECT, _field("Subject", lambda _: "Ihre Versicherten")),
    *_of_eau(named.NOTE_KENNUNG, _field(HEADER, lambda text: f"{text.rpartition(';')[0]};V1.0")),
    *_of_eau(named.NOTE_TWICE, _last_part_twice),
    *_of_eau(
        named.NOTE_PART,
        _replaced(rb"Content-Description: eAU\w*", b"Content-Description: Bescheinigung"),
    ),
    *_of_eau(
        named.NOTE_NAME, _replaced(rb"(EAU0_(?:Storno_)?)" + _UUID, rb"\g<1>" + OTHER_ID.encode())
    ),
    *_of_eau(named.NOTE_ENDING, _replaced(rb"\.p7s", b".p7m")),
    *_of_eau(named.NOTE_UNSIGNED, _unsigned),
    *_of_eau(named.NOTE_ABROAD, _field("To", lambda to: f"{to}, {REAL}")),
    *_of_eau(named.NOTE_REPLY, _field("Reply-To", lambda to: f"{to}, kopie.{to}")),
    *_of_eau(
        named.NOTE_COPY,
        lambda mail: parse_mail(mail).set("Cc", parse_mail(mail).get("From") or "").to_bytes(),
    ),
)


def asks_for_receipt(kind: str, notify: str, faults: FaultSet) -> str:
    """Return the NOTIFY a careless practice writes instead of `notify` for a mail of this kind."""
    if notify and kind.startswith(f"{APPLICATION};"):
        return "" if named.NOTE_NO_RECEIPT in faults else notify
    if not notify and kind == _FREE:
        return "SUCCESS" if named.RECEIPT_ALWAYS in faults else notify
    return notify
