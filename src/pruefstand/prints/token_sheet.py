"""The token sheet: what the practice prints so that a patient can redeem without card or app.

A DataMatrix carries one to three tokens; a pharmacy reads it from a stranger's hand, so that
reading is strict (gemSpec_DM_eRp).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pruefstand.prints.datamatrix import Symbol

MOST_TOKENS = 3
MODULE = 0.55
"""Millimetres of a module on paper."""
QUIET = math.ceil(3 / MODULE)
"""Modules around a code: 3 mm at least (KBV P6-31)."""
MOST_CHARACTERS = 1024
"""A sheet of three tokens has 328; more is no token sheet."""
_TOKEN = re.compile(r"Task/(?P<id>[0-9.]{22})/\$accept\?ac=(?P<code>[0-9a-f]{64})")


class TokenProblem(ValueError):
    """The text is no token or no token sheet; the message is for the pharmacy's screen."""


@dataclass(frozen=True, slots=True)
class Token:
    """The right to redeem one prescription."""

    prescription_id: str
    access_code: str

    @property
    def url(self) -> str:
        """The relative address that redeems it."""
        return f"Task/{self.prescription_id}/$accept?ac={self.access_code}"


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One prescription on paper."""

    token: Token
    drugs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenSheet:
    """The printed page for one patient, with at most three prescriptions."""

    patient: str
    issued: date
    entries: tuple[SheetEntry, ...]
    practice: str = ""
    kvnr: str = ""
    birth_date: date | None = None
    phone: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.entries) <= MOST_TOKENS:
            raise TokenProblem(f"ein Ausdruck trägt 1 bis {MOST_TOKENS} Verordnungen")

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens of all prescriptions on the page."""
        return tuple(entry.token for entry in self.entries)

    def html(self) -> str:
        """Return the page as HTML for A4: one code per prescription and one for all of them."""
        template = _environment().get_template("token_sheet.html.j2")
        return template.render(
            sheet=self,
            collective=_drawing(self.tokens),
            singles=[_drawing((entry.token,)) for entry in self.entries],
        )


def payload(tokens: Sequence[Token]) -> str:
    """Return the JSON text of the code; raises TokenProblem unless one to three valid tokens."""
    if not 1 <= len(tokens) <= MOST_TOKENS:
        raise TokenProblem(f"ein Code trägt 1 bis {MOST_TOKENS} Verordnungen, nicht {len(tokens)}")
    urls = [token.url for token in tokens]
    for url in urls:
        parse_token(url)
    return json.dumps({"urls": urls}, separators=(",", ":"))


def symbol(tokens: Sequence[Token]) -> Symbol:
    """Return the DataMatrix of one to three `tokens`."""
    return Symbol.of(payload(tokens))


def parse_token(text: str) -> tuple[str, str]:
    """Return prescription id and access code of one token; raises TokenProblem on anything else."""
    found = _TOKEN.fullmatch(text)
    if not found:
        raise TokenProblem("der Code enthält keinen E-Rezept-Token")
    return found["id"], found["code"]


def parse_payload(text: str) -> tuple[Token, ...]:
    """Return the tokens of a scanned code; raises TokenProblem when one of them is not valid."""
    if len(text) > MOST_CHARACTERS:
        raise TokenProblem("der Code ist länger als ein E-Rezept-Ausdruck")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TokenProblem("der Code ist kein E-Rezept-Ausdruck (kein JSON)") from error
    urls = content.get("urls") if isinstance(content, dict) else None
    if not isinstance(urls, list) or not 1 <= len(urls) <= MOST_TOKENS:
        raise TokenProblem(f"der Code nennt nicht 1 bis {MOST_TOKENS} Verordnungen")
    if not all(isinstance(url, str) for url in urls):
        raise TokenProblem("der Code enthält keinen E-Rezept-Token")
    return tuple(Token(*parse_token(url)) for url in urls)


def _drawing(tokens: Sequence[Token]) -> Markup:
    return Markup(symbol(tokens).svg(module=MODULE, quiet=QUIET))  # noqa: S704 - numbers only


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pruefstand.prints"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
