"""Geduld: which refusals of the Konnektor lead to another try, and how often."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pruefstand.clients.konnektor import KonnektorFault
from pruefstand.flows.geduld import with_patience
from pruefstand.soap.fault import SoapFault, TelematikError


def refusing(*codes: int) -> Callable[[], str]:
    """Return a deed that is refused with `codes`, one after the other, and then succeeds."""
    left = list(codes)

    def deed() -> str:
        if left:
            error = TelematikError(left.pop(0), "abgelehnt")
            raise KonnektorFault("VerifyPin", SoapFault("Server", "", error), status=500)
        return "fertig"

    return deed


def test_what_is_busy_is_waited_for_longer_each_time() -> None:
    waited: list[float] = []
    assert with_patience(refusing(4060, 4093), waited.append) == "fertig"
    assert waited == [1.0, 2.0]


def test_patience_ends_with_the_third_refusal() -> None:
    waited: list[float] = []
    with pytest.raises(KonnektorFault) as caught:
        with_patience(refusing(4060, 4060, 4039), waited.append)
    assert caught.value.code == 4039
    assert waited == [1.0, 2.0]


def test_a_remedy_takes_the_place_of_waiting() -> None:
    done: list[str] = []
    deed = refusing(4044)
    assert with_patience(deed, lambda _: done.append("wait"), {4044: lambda: done.append("look")})
    assert done == ["look"]


def test_what_does_not_pass_is_raised_at_once() -> None:
    deed = refusing(4066)
    with pytest.raises(KonnektorFault):
        with_patience(deed, lambda _: None, {4044: lambda: None})
    assert deed() == "fertig"
