"""When Tune is given a pack, told to wait, or told that all is done; what it may pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ray import cloudpickle
from ray.tune.search import Searcher
from rig import Rig, paper_spec

from rnnsearch.search.signals import Signals
from rnnsearch.search.tune.early_stopping import EarlyStopping
from rnnsearch.search.tune.searcher import PackSearcher


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    made = Rig(tmp_path, paper_spec(), places=2)
    yield made
    made.end()


def test_packs_are_suggested_up_to_the_cap(rig: Rig) -> None:
    searcher = PackSearcher(rig.control, lambda plain: {"settings": {"plain": plain}})
    first, second = searcher.suggest("aaaa"), searcher.suggest("bbbb")
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["settings"] == {"plain": False}
    assert first["pack"] != second["pack"]
    assert searcher.suggest("cccc") is None


def test_packs_that_ask_for_no_gpu_come_where_the_others_have_theirs(rig: Rig) -> None:
    rig.control.fleet.resize(3, plain=2)
    searcher = PackSearcher(rig.control, lambda plain: {"plain": plain})
    kinds = [searcher.suggest(name) for name in ("aaaa", "bbbb", "cccc")]
    assert [kind["plain"] for kind in kinds if isinstance(kind, dict)] == [False, True, True]
    rig.control.lose_pack("aaaa", "its node died")
    again = searcher.suggest("dddd")
    assert isinstance(again, dict)
    assert not again["plain"]


def test_a_dead_pack_is_replaced_and_finished_comes_only_when_all_is_done(rig: Rig) -> None:
    searcher = PackSearcher(rig.control, lambda plain: {})
    searcher.suggest("aaaa")
    searcher.suggest("bbbb")
    rig.control.lose_pack("aaaa", "the process died")
    assert isinstance(searcher.suggest("cccc"), dict)
    rig.control.lose_pack("bbbb", None)
    rig.control.lose_pack("cccc", None)
    assert isinstance(searcher.suggest("dddd"), dict), "nothing lives: never None"
    rig.control.lose_pack("dddd", None)
    rig.run()
    assert searcher.suggest("eeee") == Searcher.FINISHED


def test_after_an_error_nothing_more_is_suggested(rig: Rig) -> None:
    searcher = PackSearcher(rig.control, lambda plain: {})
    searcher.suggest("aaaa")
    rig.control.fail(OSError("the disk is full"))
    assert searcher.suggest("bbbb") is None
    rig.control.lose_pack("aaaa", None)
    assert searcher.suggest("cccc") == Searcher.FINISHED


def test_an_error_in_suggest_is_kept_and_does_not_reach_tune(rig: Rig) -> None:
    def fail() -> bool:
        raise OSError("the disk is full")

    rig.control.wants_pack = fail  # type: ignore[method-assign]
    assert PackSearcher(rig.control, lambda plain: {}).suggest("aaaa") == Searcher.FINISHED
    assert str(rig.control.error) == "the disk is full"


def test_searcher_and_scheduler_pickle_to_nothing(rig: Rig) -> None:
    for thing in (
        PackSearcher(rig.control, lambda plain: {"secret": "hunter2"}),
        EarlyStopping(rig.control, Signals().shield),
    ):
        data = cloudpickle.dumps(thing)
        assert b"hunter2" not in data
        assert b"Ledger" not in data
        assert b"Control" not in data
        assert cloudpickle.loads(data).__dict__ == {}
