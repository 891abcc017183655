"""LDAPv3 in front of the directory: anonymous Bind, Search, Abandon, Unbind, StartTLS."""

from __future__ import annotations

import logging
from functools import partial

from mocks.vzd.attributes import BASE, ldap_entry, lookup, selected
from mocks.vzd.faults import SEARCH_REFUSED
from mocks.vzd.state import Directory
from pruefstand.ldap.filters import matches
from pruefstand.ldap.messages import (
    START_TLS,
    Abandon,
    Bind,
    Entry,
    Extended,
    Operation,
    Result,
    ResultCode,
    Scope,
    Search,
    Unbind,
    Unknown,
    disconnection,
    read_request,
    write_entry,
    write_result,
)
from pruefstand.ldap.problem import LdapProblem
from pruefstand.mockkit.conversation import Answer, Peer

MESSAGE_LIMIT = 64 * 1024
RESULT_LIMIT = 100
"""Hits a normal client gets."""

BROKEN = disconnection(ResultCode.PROTOCOL_ERROR, "malformed message")
"""Last words to a peer that does not speak LDAP."""

_LOG = logging.getLogger("pruefstand.mock.vzd")


class LdapConversation:
    """One connection."""

    def __init__(self, directory: Directory, peer: Peer) -> None:
        self._directory = directory
        self._secure = peer.tls

    def greet(self) -> Answer:
        """Say nothing: in LDAP the client begins."""
        return Answer()

    def answer(self, frame: bytes) -> Answer:
        """Answer one message."""
        try:
            number, operation = read_request(frame)
        except LdapProblem as problem:
            _LOG.info("%s", problem)
            return Answer(BROKEN, close=True)
        if isinstance(operation, Unbind):
            return Answer(close=True)
        if isinstance(operation, Abandon):
            # Searches are answered in one go: what may be abandoned is already done.
            return Answer()
        if isinstance(operation, Search):
            return Answer(self._search(number, operation))
        result = self._perform(operation)
        starts = isinstance(operation, Extended) and result.code is ResultCode.SUCCESS
        return Answer(write_result(number, operation, result), start_tls=starts)

    def expire(self) -> Answer:
        """End an idle connection (gemSpec_VZD: after 15 minutes)."""
        return Answer(disconnection(ResultCode.UNAVAILABLE, "idle timeout"), close=True)

    def secured(self) -> None:
        """Take note that TLS now protects the connection."""
        self._secure = True

    def close(self) -> None:
        """Nothing is held."""

    def _perform(self, operation: Operation) -> Result:
        match operation:
            case Bind(version=version) if version != 3:
                return Result(ResultCode.PROTOCOL_ERROR, "LDAPv3 only")
            case Bind(simple=False):
                return Result(ResultCode.AUTH_METHOD_NOT_SUPPORTED, "anonymous bind only")
            case Bind(name="", password=b""):
                return Result(ResultCode.SUCCESS)
            case Bind():
                return Result(ResultCode.INVALID_CREDENTIALS, "anonymous bind only")
            case Extended(oid) if oid == START_TLS and not self._secure:
                return Result(ResultCode.SUCCESS, oid=START_TLS)
            case Extended(oid) if oid == START_TLS:
                return Result(ResultCode.OPERATIONS_ERROR, "TLS is established already")
            case Unknown():
                return Result(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "this directory is only read")
            case _:
                return Result(ResultCode.PROTOCOL_ERROR, "unknown extended operation")

    def _search(self, number: int, search: Search) -> bytes:
        refusal = self._refusal(search)
        if refusal is not None:
            return write_result(number, search, refusal)
        hits = self._hits(search)
        limit = min(search.size_limit or RESULT_LIMIT, RESULT_LIMIT)
        octets = [
            write_entry(number, selected(hit, search.attributes, types_only=search.types_only))
            for hit in hits[:limit]
        ]
        more = len(hits) > limit
        code = ResultCode.SIZE_LIMIT_EXCEEDED if more else ResultCode.SUCCESS
        return b"".join([*octets, write_result(number, search, Result(code))])

    def _refusal(self, search: Search) -> Result | None:
        ctx = self._directory.ctx
        if not self._secure and ctx.settings.get("tls_required", True):
            return Result(ResultCode.CONFIDENTIALITY_REQUIRED, "TLS first")
        if SEARCH_REFUSED in ctx.faults:
            return Result(ResultCode.BUSY, "busy")
        if not _normal(search.base).endswith(BASE):
            return Result(ResultCode.NO_SUCH_OBJECT)
        return None

    def _hits(self, search: Search) -> list[Entry]:
        base = _normal(search.base)
        found = []
        for entry in map(ldap_entry, self._directory.visible()):
            at_base = _normal(entry.dn) == base
            below = base == BASE
            in_scope = at_base if search.scope is Scope.BASE else below or at_base
            if in_scope and matches(search.filter, partial(lookup, entry)):
                found.append(entry)
        return found


def _normal(dn: str) -> str:
    return ",".join(part.strip().lower() for part in dn.split(","))
