"""The employers' side has no misbehaviour of its own: what it asks is made by the scenario."""

from __future__ import annotations

from collections.abc import Mapping

from pruefstand.mockkit import Fault

FAULTS: Mapping[str, Fault] = {}
