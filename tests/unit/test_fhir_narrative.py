"""Narratives: the XHTML that may stand in one."""

from __future__ import annotations

import pytest

from pruefstand.fhir.validation.narrative import narrative_problem
from pruefstand.fhir.xml_tags import tags_of


def problem(inside: str, attributes: str = "") -> str:
    text = f'<div xmlns="http://www.w3.org/1999/xhtml"{attributes}>{inside}</div>'
    found = narrative_problem(tags_of(text.encode()).children[0])
    return ": ".join(found) if found else ""


@pytest.mark.parametrize(
    "inside",
    [
        "Text",
        "<p class='a' style='b'>a<br/>b</p>",
        "<table border='1'><tbody><tr><td colspan='2'>1</td></tr></tbody></table>",
        "<a href='http://a' name='b'>c</a><a href='#d'>e</a>",
        "<img src='#a' alt='b'/>",
        "<p xml:lang='de' lang='de'>a</p>",
        "<p width='1' align='left'>a</p>",
        "<div><p>a<span>b</span></p></div>",
        "<img src='data:image/png;base64,AAAA' alt='b'/>",
    ],
)
def test_plain_xhtml_is_allowed(inside: str) -> None:
    assert problem(inside) == ""


@pytest.mark.parametrize(
    ("inside", "named"),
    [
        ("<script>a</script>", "<script>"),
        ("<form>a</form>", "<form>"),
        ("<p onclick='a'>b</p>", "onclick"),
        ("<p href='a'>b</p>", "href"),
        ("<a href=' javascript:a'>b</a>", "javascript"),
        ("<p xmlns='urn:x'>b</p>", "<p>"),
        ("<u>a</u>", "txt-1: <u>"),
        ("<p>a<ul><li>b</li></ul></p>", "txt-1: <p> <ul>"),
        ("<p><span><div>a</div></span></p>", "<div>"),
        ("<a href=''>b</a>", "href"),
        ("<img src='a b' alt='c'/>", "src"),
        ("<table bgcolor='red'/>", "bgcolor"),
        ("<iframe src='a'/>b", "<iframe>"),
        (" ", "txt-2: ohne Inhalt"),
        ("<p> </p>", "ohne Inhalt"),
    ],
)
def test_what_a_narrative_must_not_have_is_named(inside: str, named: str) -> None:
    assert named in problem(inside)


def test_the_div_itself_is_looked_at() -> None:
    assert problem("a", " class='b'") == ""
    assert "onload" in problem("a", " onload='b'")
