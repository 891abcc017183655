"""What XHTML a narrative may contain."""

from __future__ import annotations

import re
from types import MappingProxyType

from pruefstand.fhir.xml_tags import Tag

_XHTML = "http://www.w3.org/1999/xhtml "


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _words(
    "p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite"
    " blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col"
    " thead tr tfoot tbody th td code samp img map area"
)
_ANYWHERE = _words(
    "title style class id lang xml:lang dir accesskey tabindex span width align valign char"
    " charoff abbr axis headers scope rowspan colspan"
)
_SOMEWHERE = MappingProxyType(
    {
        "a": _words("href name type charset hreflang rel rev shape coords"),
        "img": _words("src alt longdesc height width border usemap ismap"),
        "area": _words("shape coords href nohref alt"),
        "map": _words("name"),
        "q": _words("cite"),
        "blockquote": _words("cite"),
        "table": _words("summary border frame rules cellspacing cellpadding"),
        "pre": _words("space"),
        "td": _words("nowrap"),
    }
)
"""Element → attributes allowed beside those of every element, as the oracle has them."""

_NOT_IN_PARAGRAPH = _words("div blockquote table ol ul p")
_ADDRESS = re.compile(r"[\w;?:@&=+$.,/%~#\[\]!'()*|\-]+\Z")
_XML_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_CONTENT_RULE = "txt-1"
_PICTURES = frozenset({"img"})
_LINKS = frozenset({("a", "href"), ("img", "src")})


def narrative_problem(div: Tag) -> tuple[str, str] | None:
    """Return the broken rule, and what a narrative must not contain or that it says nothing."""
    waiting, says = [(div, False)], False
    while waiting:
        tag, inside = waiting.pop()
        name = tag.name.removeprefix(_XHTML)
        problem = _problem(tag, name)
        if problem:
            return _CONTENT_RULE, problem
        if inside and name in _NOT_IN_PARAGRAPH:
            return _CONTENT_RULE, f"<p> <{name}>"
        says = says or name in _PICTURES or any(kind == "text" for kind, _ in tag.strays)
        inside = inside or name == "p"
        waiting.extend((child, inside) for child in reversed(tag.children))
    return None if says else ("txt-2", "ohne Inhalt")


def _problem(tag: Tag, name: str) -> str:
    if name not in _ELEMENTS or not tag.name.startswith(_XHTML):
        return f"<{name.rpartition(' ')[2]}>"
    allowed = _ANYWHERE | _SOMEWHERE.get(name, frozenset())
    for attribute, value in tag.attributes.items():
        plain = "xml:lang" if attribute == _XML_LANGUAGE else attribute
        if plain not in allowed:
            return f"<{name} {plain.rpartition(' ')[2]}>"
        address = (name, attribute) in _LINKS
        if address and (value.lower().startswith("javascript:") or not _is_address(value)):
            return f"<{name} {attribute}={value}>"
    return ""


def _is_address(value: str) -> bool:
    return value.startswith("data:") or _ADDRESS.match(value) is not None
