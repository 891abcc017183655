"""The kernel all mocks share: a mock is a function from request to response."""

from __future__ import annotations

from pruefstand.mockkit.app import App, Route
from pruefstand.mockkit.context import MockContext, Neighbours
from pruefstand.mockkit.faults import Fault

__all__ = ["App", "Fault", "MockContext", "Neighbours", "Route"]
