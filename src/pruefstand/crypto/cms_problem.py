"""The one error of signed documents."""

from __future__ import annotations

from pruefstand.errors import SutError


class QesProblem(SutError):
    """A signed document is malformed, hostile, or its signature is wrong."""
