"""How requests leave the harness, and how every exchange is recorded."""

from __future__ import annotations

from pruefstand.transport.protocol import Transport, TransportFailure
from pruefstand.transport.recorder import NULL_RECORDER, Recorder

__all__ = ["NULL_RECORDER", "Recorder", "Transport", "TransportFailure"]
