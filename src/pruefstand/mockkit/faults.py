"""The faults of a mock, where mocks look for them."""

from __future__ import annotations

from pruefstand.model.fault import Fault, FaultSet

__all__ = ["Fault", "FaultSet"]
