"""Questions and answers by number."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pruefstand.mockkit import MockContext

SECONDS = 10.0


class Unanswered(Exception):
    """The insurers did not answer; `status` is theirs, 502 when nothing came."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(slots=True)
class CommunicationServer:
    """Passes questions on and keeps every answer, in the order of arrival."""

    ctx: MockContext
    answers: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask the insurers and return their first answer; raises Unanswered."""
        with self._lock:
            self._count += 1
            number = f"A{self._count:06}"
        answer = self._call({**question, "nummer": number})
        self.keep(answer)
        return answer

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Keep an answer, also one that comes later."""
        with self._lock:
            self.answers.setdefault(str(answer.get("nummer")), []).append(answer)

    def _call(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is the neighbour's, https
            f"{self.ctx.neighbours.base_url('kasse')}/arbeitgeberabfragen",
            json.dumps(question, ensure_ascii=False).encode(),
            {"Content-Type": "application/json"},
            method="POST",
        )
        tls = self.ctx.neighbours.client_tls("arbeitgeber")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=tls) as got:  # noqa: S310
                answer: Mapping[str, Any] = json.loads(got.read())
                return answer
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise Unanswered(refusal.code, refusal.read().decode("utf-8", "replace")) from None
        except (OSError, ValueError) as problem:
            raise Unanswered(502, str(problem)) from problem
