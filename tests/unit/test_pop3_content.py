"""Multi-line POP3 answers, however the network cuts them."""

from __future__ import annotations

import io

import pytest

from pruefstand.kim.pop3_content import read_content
from pruefstand.mockkit.pop3 import Pop3Reply

CONTENTS = [b"", b"x\r\n", b".\r\n", b"..\r\n.a\r\n", b"a\n.\nb\r\n", b"a\r\n\r\n.\r\n\r\nb\r\n"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("content", CONTENTS)
def test_what_a_server_writes_is_read(content: bytes, size: int) -> None:
    wire = io.BytesIO(Pop3Reply("+OK", content).to_bytes())
    wire.readline()
    assert read_content(lambda _: wire.read(size)) == content
    assert wire.read() == b""


@pytest.mark.parametrize("octets", [b"", b"a\r\n", b"a\r\n.", b"a\n.\n"])
def test_a_cut_answer_is_none(octets: bytes) -> None:
    assert read_content(io.BytesIO(octets).read) is None
