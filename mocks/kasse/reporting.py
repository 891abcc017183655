"""The insurer's later report to the communication server of the employers."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from pruefstand.mockkit import Neighbours

SECONDS = 10.0


def report(neighbours: Neighbours, answer: Mapping[str, Any]) -> None:
    """Send an answer nobody is waiting for any more; raises OSError."""
    request = urllib.request.Request(  # noqa: S310 - the address is the neighbour's, https
        f"{neighbours.base_url('arbeitgeber')}/rueckmeldungen",
        json.dumps(answer, ensure_ascii=False).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    context = neighbours.client_tls("kasse")
    with urllib.request.urlopen(request, timeout=SECONDS, context=context):  # noqa: S310
        pass
