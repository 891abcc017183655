"""What XHTML a narrative may contain."""

from __future__ import annotations

from types import MappingProxyType

from pruefstand.fhir.xml_tags import Tag

_XHTML = "http://www.w3.org/1999/xhtml "


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _words(
    "p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite"
    " blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col"
    " thead tr tfoot th td code samp img map area tbody del ins u s"
)
_ANYWHERE = _words("title style class id lang dir accesskey tabindex xml:lang")
_CELL = _words(
    "span width align valign char charoff abbr axis headers scope rowspan colspan bgcolor"
)
_SOMEWHERE = MappingProxyType(
    {
        "a": _words("href name type charset hreflang rel rev shape coords"),
        "img": _words("src alt longdesc height width usemap ismap"),
        "area": _words("shape coords href nohref alt"),
        "map": _words("name"),
        "q": _words("cite"),
        "blockquote": _words("cite"),
        "ins": _words("cite datetime"),
        "del": _words("cite datetime"),
        "table": _words("summary width border frame rules cellspacing cellpadding bgcolor"),
        **dict.fromkeys(_words("tr td th thead tbody tfoot col colgroup"), _CELL),
    }
)
"""Element → attributes allowed beside those of every element."""

_XML_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_PICTURES = frozenset({"img"})


def narrative_problem(div: Tag) -> str:
    """Return the first thing a narrative must not contain, or that it says nothing."""
    waiting, says = [div], False
    while waiting:
        tag = waiting.pop()
        name = tag.name.removeprefix(_XHTML)
        problem = _problem(tag, name)
        if problem:
            return problem
        says = says or name in _PICTURES or any(kind == "text" for kind, _ in tag.strays)
        waiting.extend(reversed(tag.children))
    return "" if says else "ohne Inhalt"


def _problem(tag: Tag, name: str) -> str:
    if name not in _ELEMENTS or not tag.name.startswith(_XHTML):
        return f"<{name.rpartition(' ')[2]}>"
    allowed = _ANYWHERE | _SOMEWHERE.get(name, frozenset())
    for attribute, value in tag.attributes.items():
        plain = "xml:lang" if attribute == _XML_LANGUAGE else attribute
        if plain not in allowed:
            return f"<{name} {plain.rpartition(' ')[2]}>"
        if attribute in ("href", "src") and value.strip().lower().startswith("javascript:"):
            return f"<{name} {attribute}={value}>"
    return ""
