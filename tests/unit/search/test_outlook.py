"""Whether a further gain is expected, and what the search does where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from contracts import hand_made
from rig import paper_spec

from rnnsearch.events import TrialEnded, TrialState
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.outlook import Enough, outlook


def record(
    number: int,
    state: TrialState,
    best: float | None,
    *,
    ended: float,
    attributes: Mapping[str, Any] | None = None,
) -> TrialRecord:
    made = hand_made.record(number, state, best)
    return replace(made, ended=ended, attributes=attributes or {})


def test_trials_since_the_best_one_are_counted_in_the_order_of_their_ends() -> None:
    """The best is trial 1, which ended as the second of five that count."""
    values = [(0, 3.0, 10.0), (1, 1.0, 20.0), (2, 2.0, 5.0), (3, 1.5, 40.0), (4, 1.0, 50.0)]
    trials = [record(number, "pruned", value, ended=ended) for number, value, ended in values]
    trials.append(record(5, "diverged", None, ended=60.0))
    expected = outlook(trials, Goal.MINIMIZE)
    assert (expected.ended, expected.quiet, expected.last_gain) == (5, 2, 1.0)
    assert expected.chance == pytest.approx(20 / 23)
    assert str(expected) == (
        "none of the last 2 trials was better, so 20 more hold a better one with a chance of 87%; "
        "the last gain was 1"
    )
    assert outlook(trials, Goal.MAXIMIZE).quiet == 3


def test_what_breaks_a_constraint_is_no_gain() -> None:
    trials = [record(0, "complete", 3.0, ended=1.0), record(1, "complete", 2.0, ended=2.0)]
    assert outlook(trials, Goal.MINIMIZE).quiet == 0
    broken = record(2, "complete", 1.0, ended=3.0, attributes={"violations": {"x <= 1": 0.5}})
    assert outlook([*trials, broken], Goal.MINIMIZE).quiet == 1


def test_an_extension_counts_its_own_trials_alone() -> None:
    trials = [record(number, "complete", 1.0 + number, ended=number) for number in range(150)]
    assert outlook(trials, Goal.MINIMIZE).done
    assert not outlook(trials, Goal.MINIMIZE, extended_at=150).done
    assert outlook(trials, Goal.MINIMIZE, extended_at=49).quiet == 101


@pytest.mark.parametrize(("best", "count", "done"), [(0, 100, False), (0, 101, True)])
def test_a_hundred_trials_without_a_better_one_end_a_search(
    best: int, count: int, done: bool
) -> None:
    trials = [
        record(number, "complete", abs(number - best), ended=number) for number in range(count)
    ]
    assert outlook(trials, Goal.MINIMIZE).done is done


def test_a_long_search_is_given_a_third_of_its_trials() -> None:
    trials = [record(one, "complete", abs(one - 400.0), ended=one) for one in range(598)]
    assert not outlook(trials, Goal.MINIMIZE).done
    trials += [record(one, "complete", 500.0, ended=one) for one in range(598, 602)]
    assert outlook(trials, Goal.MINIMIZE).done


def level(config: Any, epoch: int) -> Mapping[str, float]:
    """All trials are equal, but for what an epoch brings."""
    return {"val_mse": 1.0 / epoch, "train_loss": 1.0}


def test_a_search_ends_of_which_nothing_more_is_expected_and_an_extension_goes_on(rigs) -> None:
    more = ("search.num_trials=300", "search.finalists={top: 1, seeds: 1}")
    spec = paper_spec("search.stop_when_done=true", *more)
    rig = rigs(spec, curve=level)

    def ended() -> int:
        return len(rig.notebook.of(TrialEnded))

    rig.control.endings.enough = Enough(spec, rig.ledger, ended)
    rig.run()
    assert rig.control.ending is not None
    assert rig.control.ending.state == "complete"
    assert "none of the last 10" in rig.control.ending.reason
    trained = sum(bool(one.epoch) for one in rig.ledger.trials())
    assert 101 <= trained < 125
    assert all(one.state != "running" for one in rig.ledger.trials())
    rig.end()

    again = rigs(spec, resume=True, curve=level)
    again.control.endings.enough = Enough(spec, again.ledger, lambda: 0)
    again.run()
    assert not again.reported(), "there is still nothing to be expected"
    again.ledger.extend(5)
    assert Enough(spec, again.ledger, lambda: 0)() is None
    assert Enough(paper_spec(*more), again.ledger, lambda: 0)() is None


def test_it_looks_at_all_trials_after_a_hundredth_of_them(rigs) -> None:
    ended, looks = [0], list[int]()

    class Watched:
        notes = rigs(paper_spec("search.num_trials=1")).ledger.notes

        def trials(self) -> list[TrialRecord]:
            looks.append(ended[0])
            return []

    enough = Enough(paper_spec("search.stop_when_done=true"), Watched(), lambda: ended[0])  # type: ignore[arg-type]
    for ended[0] in [0, 4, 5, 9, 10, 1000, 1009, 1010]:
        enough()
    assert looks == [0, 5, 10, 1000, 1010]
