"""Rules of the FHIR XML parser and writer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pruefstand.fhir import located
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse, to_xml

NAMESPACE = "{http://hl7.org/fhir}"

HOSTILE = {
    "empty": b"",
    "no xml": b"%PDF-1.7",
    "json": b'{"resourceType": "Bundle"}',
    "cut off": b'<Bundle xmlns="http://hl7.org/fhir"><id value="1"',
    "two roots": b"<a/><b/>",
    "dtd": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "dtd after comment": b"<?xml version='1.0'?><!-- x -->\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    "dtd after byte order mark": b"\xef\xbb\xbf<!DOCTYPE a><a/>",
    "entity": b"<a>&unknown;</a>",
    "not utf-8": b"<a b='\xe4'/>",
    "declared latin-1": b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
    "declared utf-7": b"<?xml version='1.0' encoding=\"UTF-7\"?><a/>",
    "utf-16": "<a/>".encode("utf-16"),
    "utf-16 without mark": "<!DOCTYPE a><a/>".encode("utf-16-le"),
    "nul": b"<a>\0</a>",
    "too deep": b"<a>" * 5000 + b"</a>" * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("parse", [safe_parse, located.parse])
def test_hostile_bytes_are_a_syntax_problem_with_a_place(parse: object, name: str) -> None:
    assert callable(parse)
    with pytest.raises(FhirSyntaxProblem) as caught:
        parse(HOSTILE[name])
    assert caught.value.line >= 1
    assert caught.value.text


@pytest.mark.parametrize(
    "data",
    [
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b"<?xml version='1.0' encoding='utf-8'?>\r\n<!-- <!DOCTYPE is only text here -->\r\n<a/>",
    ],
)
@pytest.mark.parametrize("parse", [safe_parse, located.parse])
def test_plain_utf8_is_read(parse: object, data: bytes) -> None:
    assert callable(parse)
    assert parse(data) is not None


def test_the_place_of_a_wrong_byte_is_told() -> None:
    with pytest.raises(FhirSyntaxProblem) as caught:
        safe_parse(b"<a>\n<b c='\xe4'/></a>")
    assert (caught.value.line, caught.value.column) == (2, 7)


def test_resource_becomes_xml_with_attributes_where_fhir_wants_them() -> None:
    resource = {
        "resourceType": "Patient",
        "id": "p1",
        "extension": [{"url": "http://a", "valueBoolean": False}],
        "active": True,
        "name": [{"id": "n1", "given": ["A", "B"], "_given": [None, {"id": "g2"}]}],
        "multipleBirthInteger": 2,
    }
    assert to_xml(resource).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir">'
        '<id value="p1"/><extension url="http://a"><valueBoolean value="false"/></extension>'
        '<active value="true"/><name id="n1"><given value="A"/><given id="g2" value="B"></given>'
        '</name><multipleBirthInteger value="2"/></Patient>'
    )


def test_inner_resource_is_wrapped_and_inherits_the_namespace() -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Task", "id": "1"}}],
    }
    root = safe_parse(to_xml(bundle))
    assert (
        root.find(f"{NAMESPACE}entry/{NAMESPACE}resource/{NAMESPACE}Task/{NAMESPACE}id") is not None
    )


def test_primitive_without_value_keeps_its_extension() -> None:
    absent = {"extension": [{"url": "http://a", "valueCode": "unknown"}]}
    root = safe_parse(to_xml({"resourceType": "Patient", "_birthDate": absent}))
    birth_date = root.find(f"{NAMESPACE}birthDate")
    assert birth_date is not None
    assert birth_date.get("value") is None
    assert birth_date[0].get("url") == "http://a"


def test_url_is_an_attribute_in_extensions_only() -> None:
    root = safe_parse(
        to_xml({"resourceType": "CapabilityStatement", "url": "http://a", "endpoint": {"url": "b"}})
    )
    assert [child.get("value") for child in root.iter(f"{NAMESPACE}url")] == ["http://a", "b"]


@pytest.mark.parametrize("text", ["a & b", "<x>", 'say "so"', "it's", "ä ß €", "a\nb\tc\rd", "]]>"])
def test_every_text_survives_writing_and_reading(text: str) -> None:
    root = safe_parse(to_xml({"resourceType": "Basic", "note": text}))
    assert root[0].get("value") == text


def test_decimals_keep_their_digits() -> None:
    assert b'value="0.10"' in to_xml({"resourceType": "Basic", "amount": Decimal("0.10")})


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\ud800", "\uffff"])
def test_characters_that_xml_lacks_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        to_xml({"resourceType": "Basic", "note": text})


def test_companions_must_match_their_values() -> None:
    with pytest.raises(ValueError, match="zip"):
        to_xml({"resourceType": "Basic", "line": ["a", "b"], "_line": [None]})


def test_replaced_value_is_escaped_and_the_rest_untouched() -> None:
    data = (
        b"<a xmlns='http://hl7.org/fhir' >\r\n<!-- value='1' --><b  x='>' value = '1'\n/>"
        b'<c value="&#49;"/></a>'
    )
    root = located.parse(data)
    b, c = root.children
    changed = located.replace_values(data, [(c, "<\"'&"), (b, "ü")])
    assert (
        changed
        == (
            "<a xmlns='http://hl7.org/fhir' >\r\n<!-- value='1' --><b  x='>' value = 'ü'\n/>"
            '<c value="&lt;&quot;&apos;&amp;"/></a>'
        ).encode()
    )
    assert c.value == "1"
    assert located.parse(changed).children[1].value == "<\"'&"


def test_paths_count_siblings_of_the_same_name_only() -> None:
    root = located.parse(b"<a xmlns='http://hl7.org/fhir'><b/><c/><b/></a>")
    assert [child.path for child in root.children] == ["a.b[0]", "a.c", "a.b[1]"]


def test_elements_of_other_namespaces_are_not_taken_for_fhir() -> None:
    root = located.parse(b"<a xmlns='http://hl7.org/fhir'><b xmlns='urn:x'/><b xmlns=''/></a>")
    assert root.all("b") == []
