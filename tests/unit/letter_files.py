"""A signed letter with its files and its mail, for tests of what judges them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from pruefstand.crypto.pades import sign_pdf
from pruefstand.drivers.earztbrief import TEXT
from pruefstand.flows import earztbrief
from pruefstand.flows.earztbrief import LetterDraft
from pruefstand.kim.dienstkennung import EARZTBRIEF
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.rng import Rng
from pruefstand.testdata.letters import letter
from tests.unit.kim_traffic import NOW, PKI, A, B

NUMBER = "0a1b2c3d"


@cache
def draft() -> LetterDraft:
    """Return the files of a letter before the signature."""
    return earztbrief.draft(letter(Rng("Brief"), date(2026, 11, 24), "Klinik"), NUMBER, NOW)


@cache
def signed(pdf: bytes) -> bytes:
    """Return a PDF with a physician's signature in it."""
    return sign_pdf(pdf, PKI.hba("default", role="arzt").qes, at=NOW)


def mail(
    pdf: bytes | None = None,
    xml: bytes | None = None,
    *,
    more: Sequence[Attachment] = (),
    fields: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return the mail of a letter with other files, `more` attachments or further `fields`."""
    good = draft()
    files = earztbrief.attachments(
        NUMBER, signed(good.pdf) if pdf is None else pdf, good.xml if xml is None else xml
    )
    return KimMail(
        A, (B,), "eArztbrief", TEXT, f"{NUMBER}@pruefstand", NOW, EARZTBRIEF,
        attachments=(*files, *more), further=fields,
    ).to_bytes()  # fmt: skip
