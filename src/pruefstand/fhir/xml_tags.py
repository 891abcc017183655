"""FHIR XML as tags that know line and column: what the validator reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from pruefstand.fhir.syntax import FhirSyntaxProblem, refuse_dtd, refuse_foreign_encoding

_DEEPEST = 120


@dataclass(slots=True, eq=False)
class Tag:
    """An element; names of other namespaces than the root's stand as `namespace local`.

    `strays` are the pieces of text and the processing instructions directly below.
    `start` and `end` are the bytes of the element in the document.
    """

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    start: int
    end: int = 0
    children: list[Tag] = field(default_factory=list, repr=False)
    strays: list[tuple[str, str]] = field(default_factory=list, repr=False)


def tags_of(data: bytes) -> Tag:
    """Return the outermost tag of a document; raises FhirSyntaxProblem.

    The outermost tag stands inside a nameless one, which holds what surrounds it.
    """
    refuse_foreign_encoding(data)
    refuse_dtd(data)
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        text = expat.ErrorString(error.code)
        raise FhirSyntaxProblem(text, line=error.lineno, column=error.offset + 1) from None
    finally:
        # Parser and builder know each other: the tags would wait for a garbage search.
        del builder.parser
    return builder.document


class _Builder:
    """Takes the events of one expat parser."""

    def __init__(self) -> None:
        self.document = Tag("", {}, 1, 1, 0)
        self._open = [self.document]
        self.parser = parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.ProcessingInstructionHandler = self._instruction

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parser, above = self.parser, self._open
        line = parser.CurrentLineNumber
        if len(above) > _DEEPEST:
            raise FhirSyntaxProblem("zu tief verschachtelt", line=line)
        column, start = parser.CurrentColumnNumber + 1, parser.CurrentByteIndex
        tag = Tag(name, attributes, line, column, start, 0, [], [])
        above[-1].children.append(tag)
        above.append(tag)

    def _end(self, _name: str) -> None:
        self._open.pop().end = self.parser.CurrentByteIndex

    def _text(self, text: str) -> None:
        if not text.isspace():
            self._open[-1].strays.append(("text", text))

    def _instruction(self, target: str, _data: str) -> None:
        self._open[-1].strays.append(("node", f"<?{target}"))
