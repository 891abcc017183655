"""A posted form as a statement: what a browser may send, and nothing larger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from pruefstand.attest.desk import MAX_FILE, Upload
from pruefstand.errors import OperatorError
from pruefstand.evidence.attestation import Outcome, Person, Statement
from pruefstand.model.http import Request

MAX_BODY = MAX_FILE + 256 * 1024
"""Bytes of a whole form: one file of the largest size and the fields."""
MAX_PARTS = 40
FORM = "multipart/form-data"
FIELDS = (
    "nonce",
    "ergebnis",
    "wer",
    "rolle",
    "zweite_person",
    "zweite_rolle",
    "produkt",
    "version",
    "gueltig_bis",
    "notiz",
)


class FormProblem(ValueError):
    """The body is no form of this page; `status` is the HTTP status that says so."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as text, every known one present, and the files that have a name."""

    fields: Mapping[str, str]
    uploads: tuple[Upload, ...]

    def statement(self, case: str) -> Statement:
        """Return what the form states about `case`; raises OperatorError naming the field."""
        second = Person(self.fields["zweite_person"], self.fields["zweite_rolle"])
        return Statement(
            case=case,
            item="",
            text="",
            outcome=self._outcome(),
            person=Person(self.fields["wer"], self.fields["rolle"]),
            product=self.fields["produkt"],
            version=self.fields["version"],
            note=self.fields["notiz"],
            second=second if second.name.strip() or second.role.strip() else None,
            valid_until=self._day(),
        )

    def _outcome(self) -> Outcome:
        try:
            return Outcome(self.fields["ergebnis"])
        except ValueError as error:
            raise OperatorError(
                "Ergebnis fehlt", hint="erfüllt oder nicht erfüllt wählen"
            ) from error

    def _day(self) -> date | None:
        text = self.fields["gueltig_bis"]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise OperatorError(
                f"gültig bis {text[:20]!r} ist kein Tag", hint="einen Tag wählen"
            ) from error


def read_form(request: Request) -> Form:
    """Return the form in `request`; raises FormProblem on another type, size or shape."""
    if len(request.body) > MAX_BODY:
        megabytes = MAX_FILE // (1024 * 1024)
        raise FormProblem(413, f"Die Datei ist zu groß, erlaubt sind {megabytes} MB.")
    kind, options = parse_options_header(request.header("Content-Type") or "")
    if kind != FORM or "boundary" not in options:
        raise FormProblem(415, "Das ist kein Formular dieser Seite.")
    parser = FormDataParser(
        # The body is bounded and in memory already; nothing goes to a temporary file.
        stream_factory=lambda *_, **__: BytesIO(),
        max_content_length=MAX_BODY,
        max_form_memory_size=128 * 1024,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    try:
        _, fields, files = parser.parse(BytesIO(request.body), kind, len(request.body), options)
        uploads = tuple(
            Upload(file.filename, file.stream.read())
            for file in files.getlist("datei")
            if file.filename
        )
    except RequestEntityTooLarge as error:
        raise FormProblem(413, "Das Formular ist zu groß.") from error
    except (ValueError, LookupError, RecursionError) as error:
        raise FormProblem(400, "Das Formular ist beschädigt.") from error
    return Form({name: fields.get(name, "") for name in FIELDS}, uploads)
