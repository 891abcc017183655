"""Units of measure by UCUM: whether a code is well-formed and made of known units."""

from __future__ import annotations

import re
from dataclasses import dataclass

SYSTEM = "http://unitsofmeasure.org"
_PREFIXES = ("da", *"YZEPTGMkhdcmunpfazy", "Ki", "Mi", "Gi", "Ti")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_METRIC = _words(
    "m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV"
    " pc Ky P St dyn erg gf Gal Bi Oe Mx G Gb Lmb sb ph Ci R RAD REM cal cal_th cal_IT st tex Np"
    " B bit By Bd eq osm kat U g% mho"
)
_PLAIN = _words(
    "10* 10^ % min h d wk mo mo_s mo_j mo_g a a_t a_j a_g gon deg ' '' circ sph att atm AU b"
    " bit_s B[V] B[mV] B[uV] B[W] B[kW] B[SPL] cal_[15] cal_[20] m[H2O] m[Hg]"
)
_TOKEN = re.compile(r"[./()]|\{[^{}]*\}|[^./(){}]+")
_EXPONENT = re.compile(r"(.*?[^0-9+\-])([+-]?[0-9]+)?\Z", re.DOTALL)
_BRACKETS = re.compile(r"[^\s\[\]]*\[[^\s\[\]]+\]\Z")
_PRINTABLE = re.compile(r"[!-~]+\Z")


class _NoUnit(ValueError):
    """The code is no unit."""


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int = 0
    sure: bool = True

    def ahead(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.ahead()
        self.at += 1
        return token

    def term(self) -> None:
        if self.ahead() == "/":
            self.take()
        self.component()
        while self.ahead() in (".", "/"):
            self.take()
            self.component()

    def component(self) -> None:
        piece = self.take()
        if piece == "(":
            self.term()
            if self.take() != ")":
                raise _NoUnit
        elif piece in ("", ".", "/", ")"):
            raise _NoUnit
        elif not piece.startswith("{"):
            if not piece.isdigit():
                self.unit(piece)
            if self.ahead().startswith("{"):
                self.take()

    def unit(self, piece: str) -> None:
        found = _EXPONENT.match(piece)
        atom = found[1] if found and piece not in _PLAIN else piece
        if atom in _PLAIN or _is_metric(atom):
            return
        if not _BRACKETS.match(atom):
            raise _NoUnit
        # Customary and arbitrary units stand in brackets; there are hundreds.
        self.sure = False


def _is_metric(atom: str) -> bool:
    return atom in _METRIC or any(
        atom.startswith(prefix) and atom[len(prefix) :] in _METRIC for prefix in _PREFIXES
    )


def is_unit(code: str) -> bool | None:
    """Return whether `code` is a unit; None when it has a unit in brackets we do not list."""
    reader = _Reader(_TOKEN.findall(code))
    try:
        reader.term()
    except (_NoUnit, RecursionError):
        return False
    complete = reader.at == len(reader.tokens) and "".join(reader.tokens) == code
    if not complete or not _PRINTABLE.match(code):
        return False
    return True if reader.sure else None
