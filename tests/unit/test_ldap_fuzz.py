"""LDAP under random octets: messages and filters are read or refused, never anything else."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pruefstand.crypto import der as asn1
from pruefstand.ldap.filters import (
    MAX_DEPTH,
    All,
    AnyOf,
    Compare,
    Filter,
    Not,
    Present,
    Relation,
    Substrings,
    encode,
    escape,
    matches,
    parse_filter,
)
from pruefstand.ldap.messages import (
    Bind,
    Entry,
    Extended,
    Result,
    ResultCode,
    Search,
    Unbind,
    read_answer,
    read_request,
    write_entry,
    write_request,
    write_result,
)
from pruefstand.ldap.problem import LdapProblem

MANY = settings(
    max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9.;-]{0,8}", fullmatch=True)
VALUES = st.binary(max_size=12)
LEAVES: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Present, NAMES),
    st.builds(Compare, NAMES, st.sampled_from(Relation), VALUES),
    st.builds(
        Substrings,
        NAMES,
        VALUES,
        st.lists(st.binary(min_size=1, max_size=4), max_size=3).map(tuple),
        VALUES,
    ),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)
BASE = "dc=data,dc=vzd"
MESSAGES = (
    write_request(1, Bind()),
    write_request(2, Search(BASE, parse_filter("(&(domainID=1)(|(mail=*x*)(!(cn=a*b))))"))),
    write_request(3, Unbind()),
    write_entry(4, Entry(f"uid=1,{BASE}", {"mail": (b"a@x",), "cn": (b"\xc3\xa4", b"")})),
    write_result(5, Extended(""), Result(ResultCode.BUSY, "busy", "1.2.3")),
)


def read(octets: bytes) -> None:
    """Read octets as both sides would; what is no LDAP is an LdapProblem."""
    for reader in (read_request, read_answer):
        with suppress(LdapProblem):
            number, _ = reader(octets)
            assert isinstance(number, int)


@MANY
@given(st.binary(max_size=80))
def test_random_octets_are_read_or_refused(octets: bytes) -> None:
    read(octets)
    read(asn1.tlv(0x30, octets))


@pytest.mark.parametrize("message", MESSAGES, ids=["bind", "search", "unbind", "entry", "result"])
def test_altered_messages_are_read_or_refused(message: bytes) -> None:
    chance = random.Random(message)
    for _ in range(2000):
        octets = bytearray(message)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(octets))
            octets[place] = chance.choice((0, 0x30, 0x7F, 0x80, 0x84, 0xFF, chance.randrange(256)))
        if chance.random() < 0.3:
            del octets[chance.randrange(len(octets)) :]
        read(bytes(octets))


@settings(MANY, max_examples=200)
@given(FILTERS)
def test_filters_survive_the_wire(wanted: Filter) -> None:
    _, search = read_request(write_request(1, Search(BASE, wanted)))
    assert isinstance(search, Search)
    assert encode(search.filter) == encode(wanted)
    assert matches(search.filter, lambda _: (b"x",)) is matches(wanted, lambda _: (b"x",))


@MANY
@given(st.text(alphabet="()&|!=*<>~\\ aA0.ä\0\n", max_size=40))
def test_any_filter_text_is_read_or_refused(text: str) -> None:
    with suppress(LdapProblem):
        encode(parse_filter(text))


@MANY
@given(st.text(max_size=20))
def test_an_escaped_value_stays_a_value(value: str) -> None:
    """Whatever a user types, the filter asks for exactly that."""
    with suppress(UnicodeEncodeError):
        assert parse_filter(f"(cn={escape(value)})") == Compare(
            "cn", Relation.EQUAL, value.encode()
        )


@pytest.mark.parametrize("deep", [MAX_DEPTH + 2, 5000])
def test_bombs_of_nesting_are_refused(deep: int) -> None:
    with pytest.raises(LdapProblem):
        parse_filter("(!" * deep + "(a=b)" + ")" * deep)
    octets = encode(Present("a"))
    for _ in range(deep):
        octets = asn1.tlv(0xA2, octets)
    body = b"".join(
        [
            asn1.octet_string(b""),
            asn1.tlv(0x0A, b"\2"),
            asn1.tlv(0x0A, b"\0"),
            asn1.tlv(0x02, b"\0"),
            asn1.tlv(0x02, b"\0"),
            asn1.tlv(0x01, b"\0"),
            octets,
            asn1.tlv(0x30, b""),
        ]
    )
    message = asn1.tlv(0x30, asn1.tlv(0x02, b"\1") + asn1.tlv(0x63, body))
    with pytest.raises(LdapProblem, match="nested"):
        read_request(message)
