"""The mail that carries an eArztbrief (KBV Anforderungskatalog eArztbrief, P43-03)."""

from __future__ import annotations

import re

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.kim_select import mail_of, sent
from pruefstand.kim.dienstkennung import EARZTBRIEF, HEADER
from pruefstand.kim.earztbrief import FURTHER, Part
from pruefstand.kim.mail import split_parts
from pruefstand.kim.note import plain_text
from pruefstand.model.exchange import Exchange
from pruefstand.model.mail import MalformedMail, RawMail

_FIXED = (Part.PDF, Part.XML)
_MEDICAL = re.compile(r"\b[A-TV-Z]\d{2}(\.\d+)?\b|Diagnos|Befund|Medikat|mg\b")


@check("P43-03/AK2")
def letter_has_its_kennung(exchanges: Exchanges) -> Judgement:
    """The Dienstkennung is that of the current version."""
    return judge_all(
        sent(exchanges),
        lambda e: mail_of(e).all(HEADER) == [str(EARZTBRIEF)],
        expected=f"{HEADER}: {EARZTBRIEF}",
        show=lambda e: str(mail_of(e).all(HEADER)),
    )


@check("P43-03/AK4", "P41-03/Anhang")
def parts_are_described(exchanges: Exchanges) -> Judgement:
    """Every attachment is base64 with its fixed description; further ones are numbered."""

    def good(exchange: Exchange) -> bool:
        parts = _attachments(mail_of(exchange))
        described = [part.get("Content-Description") or "" for part in parts]
        further = [text for text in described if text not in _FIXED]
        return (
            sorted(text for text in described if text in _FIXED) == sorted(_FIXED)
            and all(FURTHER.fullmatch(text) for text in further)
            and all(
                (part.get("Content-Transfer-Encoding") or "").lower() == "base64" for part in parts
            )
        )

    return judge_all(
        sent(exchanges),
        good,
        expected="eAB-PDF-signed, eAB-XML, eAB-Anhang-nn, alle base64",
        show=lambda e: str([p.get("Content-Description") for p in _attachments(mail_of(e))]),
    )


@check("P43-03/AK5")
def text_is_not_medical(exchanges: Exchanges) -> Judgement:
    """The text of the mail names no diagnosis, finding or medication."""
    return judge_all(
        sent(exchanges),
        lambda e: bool(_text(mail_of(e))) and not _MEDICAL.search(_text(mail_of(e))),
        expected="kein medizinischer Inhalt im Text",
        show=lambda e: _text(mail_of(e)) or "kein Textteil",
    )


EARZTBRIEF_CHECKS: tuple[Check, ...] = (
    letter_has_its_kennung,
    parts_are_described,
    text_is_not_medical,
)


def _parts(mail: RawMail) -> list[RawMail]:
    try:
        return split_parts(mail)
    except MalformedMail:
        return []


def _attachments(mail: RawMail) -> list[RawMail]:
    return [
        part
        for part in _parts(mail)
        if (part.get("Content-Disposition") or "").lower().startswith("attachment")
    ]


def _text(mail: RawMail) -> str:
    texts = [part for part in _parts(mail) if part not in _attachments(mail)]
    return plain_text(texts[0]).strip() if texts else ""
