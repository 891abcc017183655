"""The one error of LDAP messages."""

from __future__ import annotations

from pruefstand.errors import SutError


class LdapProblem(SutError):
    """A message or filter that is no LDAP."""
