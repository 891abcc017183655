"""Slips: what a careless actor makes of a call, and when a carelessness is asked about."""

from __future__ import annotations

from dataclasses import replace

from pruefstand.drivers.slips import Placing, Slip, carried_out, spoiled
from pruefstand.model.fault import Fault, FaultSet

SLIPS: tuple[Slip[str], ...] = (
    Slip("laut", "rufen", Placing.INSTEAD, lambda text: None if text.isupper() else "LAUT"),
    Slip("zuvor", "", Placing.AHEAD, lambda text: f"vor {text}"),
    Slip("geglaubt", "rufen", Placing.UNASKED, lambda text: f"Antwort auf {text}"),
)


def faults(*active: str) -> FaultSet:
    offered = {name: Fault(name, name, ("A_1",)) for name in ("laut", "zuvor", "geglaubt")}
    return FaultSet(offered, set(active))


def test_a_careful_actor_makes_the_right_call_only() -> None:
    sent: list[str] = []
    assert carried_out(SLIPS, faults(), "rufen", "leise", sent.append) == "leise"
    assert sent == []


def test_a_slip_goes_ahead_or_in_place_of_the_call() -> None:
    sent: list[str] = []
    assert carried_out(SLIPS, faults("laut", "zuvor"), "rufen", "leise", sent.append) == "LAUT"
    assert sent == ["vor leise"]
    assert carried_out(SLIPS, faults("laut"), "fragen", "leise", sent.append) == "leise"


def test_an_answer_may_be_taken_for_granted() -> None:
    on = faults("geglaubt")
    assert list(spoiled(SLIPS, on, "rufen", Placing.UNASKED, "a")) == ["Antwort auf a"]
    assert list(spoiled(SLIPS, faults(), "rufen", Placing.UNASKED, "a")) == []


def test_only_what_can_be_spoiled_is_asked_about() -> None:
    on = faults("laut")
    assert list(spoiled(SLIPS, on, "rufen", Placing.INSTEAD, "LAUT")) == []
    assert on.asked == set()
    assert list(spoiled(SLIPS, on, "rufen", Placing.INSTEAD, "leise")) == ["LAUT"]
    assert on.asked == {"laut"}


def test_what_is_off_is_worked_out_only_for_a_watcher() -> None:
    tried: list[str] = []
    slips = (Slip("laut", "rufen", Placing.INSTEAD, lambda text: tried.append(text) or "LAUT"),)
    assert list(spoiled(slips, faults(), "rufen", Placing.INSTEAD, "leise")) == []
    assert tried == []
    watched = replace(faults(), watched=True)
    assert list(spoiled(slips, watched, "rufen", Placing.INSTEAD, "leise")) == []
    assert (tried, watched.asked) == (["leise"], {"laut"})


def test_an_unchanged_call_is_a_mistake_only_when_it_is_repeated() -> None:
    same: tuple[Slip[str], ...] = tuple(
        Slip("laut", "rufen", placing, lambda text: text)
        for placing in (Placing.INSTEAD, Placing.AHEAD, Placing.AGAIN)
    )
    found = {
        placing: list(spoiled(same, faults("laut"), "rufen", placing, "a")) for placing in Placing
    }
    assert {placing for placing, calls in found.items() if calls} == {Placing.AGAIN}


def test_a_fault_set_that_offers_nothing_is_never_asked() -> None:
    none = FaultSet()
    assert list(spoiled(SLIPS, none, "rufen", Placing.INSTEAD, "leise")) == []
    assert none.asked == set()
