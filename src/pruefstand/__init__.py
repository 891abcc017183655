"""pruefstand: compliance and load-test harness for the digital side of a medical practice."""

from __future__ import annotations

__version__ = "0.1.0"
