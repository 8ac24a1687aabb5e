"""How much packs have taken, over all runs of a study, and where that ends a search."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rig import paper_spec

from rnnsearch.errors import SpaceFileError
from rnnsearch.search.endings import OUT_OF_DEVICE_TIME, OUT_OF_TIME, Endings
from rnnsearch.search.spending import NOTE_SECONDS, Spending


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_packs_are_counted_while_they_live() -> None:
    clock = Clock()
    spent = Spending(limit=40.0, for_search=0.75, before=5.0, clock=clock)
    clock.now += 7  # before its first report a pack costs nothing
    spent.heard("a")
    clock.now += 10
    spent.heard("a")
    spent.heard("b")
    clock.now += 5
    assert spent.seconds == 5 + 15 + 5
    spent.forget("a")
    clock.now += 4
    assert spent.seconds == 5 + 15 + 9
    assert not spent.search_over()
    clock.now += 1
    assert spent.search_over()
    assert not spent.over()
    clock.now += 10
    assert spent.over()
    spent.forget("nobody")


def test_what_was_taken_is_kept_now_and_then() -> None:
    clock, kept = Clock(), list[float]()
    spent = Spending(note=kept.append, clock=clock)
    spent.heard("a")
    clock.now += NOTE_SECONDS - 1
    spent.heard("a")
    assert kept == []
    clock.now += 1
    spent.heard("a")
    assert kept == [NOTE_SECONDS]
    spent.write()
    assert kept == [NOTE_SECONDS, NOTE_SECONDS]


def test_the_budget_that_is_up_is_named() -> None:
    clock = Clock()
    spent = Spending(limit=10.0, clock=clock)
    endings = Endings(None, None, lambda: None, lambda: None, spent)
    assert not endings.search_over()
    assert endings.budget == OUT_OF_TIME
    spent.heard("a")
    clock.now += 10
    assert endings.search_over()
    assert endings.over()
    assert endings.budget == OUT_OF_DEVICE_TIME


def test_a_study_ends_within_its_hours(rigs) -> None:
    clock = Clock()
    rig = rigs(paper_spec("search.num_trials=40", "search.finalists={top: 1, seeds: 1}"))
    rig.control.endings.spending = Spending(limit=12.0, clock=clock)

    def each_turn(turn: int) -> None:
        clock.now += 1

    rig.run(each_turn=each_turn)
    assert rig.control.ending.state == "budget"
    assert rig.control.ending.reason == OUT_OF_DEVICE_TIME
    reasons = {one.reason for one in rig.ledger.trials() if one.state == "pruned"}
    assert OUT_OF_DEVICE_TIME in reasons
    assert len(rig.ledger.trials()) < 40


def test_costs_become_hours_of_packs() -> None:
    spec = paper_spec("search.max_cost=6", "search.price={cpu: 0.5, gpu: 2}")
    assert spec.pack_seconds() == 12 * 3600
    assert spec.cost_limits
    both = replace(spec, search=replace(spec.search, max_device_hours=2.0))
    assert both.pack_seconds() == 2 * 3600
    assert not both.cost_limits
    gpu = replace(spec, resources=replace(spec.resources, gpus_per_pack=0.5))
    assert gpu.pack_seconds() == pytest.approx(4 * 3600)
    assert paper_spec().pack_seconds() == float("inf")


def test_a_limit_of_what_costs_nothing_is_a_mistake() -> None:
    with pytest.raises(SpaceFileError, match=r"price: \{cpu: 2.5\}"):
        paper_spec("search.max_cost=6", "search.price={gpu: 2}")
