"""Another rule on the curves of studies on paper: exact where nobody was stopped, honest else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rig import Rig, paper_spec

from rnnsearch.search.ledger.report_order import reports_in_order
from rnnsearch.search.replay import Replay, replay, stops_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.none import NoneConfig

LAST = 9


def searched(folder: Path, *overrides: str, places: int = 2) -> Rig:
    rig = Rig(folder, paper_spec(*overrides), places=places)
    rig.run()
    rig.end()
    rig.ledger.close()
    return rig


def replayed(rig: Rig, config: Any, champion: int | None = None) -> Replay:
    spec: StudySpec = rig.spec
    trials = rig.ledger.trials()
    order = reports_in_order(rig.directory, trials)
    rule = config.rule(LAST, spec.search.goal)
    return replay(trials, order, rule, spec.search.goal, LAST, champion)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return searched(tmp_path_factory.mktemp("full"), "search.scheduler={type: none}")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return searched(tmp_path_factory.mktemp("stopped"))


def test_the_recorded_order_is_that_of_the_reports(stopped: Rig) -> None:
    trials = stopped.ledger.trials()
    batches = reports_in_order(stopped.directory, trials).batches
    told: list[tuple[int, int]] = []
    for event in stopped.notebook.events:
        if type(event).__name__ == "EpochsReported":
            told += [(event.number, epoch) for epoch in event.epochs]  # type: ignore[attr-defined]
    assert [(number, epoch) for batch in batches for number, epoch, _ in batch] == told
    assert len({len(batch) for batch in batches}) > 1, "reports that came together stay together"


def test_the_rule_of_the_study_stops_in_the_replay_who_was_stopped(stopped: Rig) -> None:
    outcome = replayed(stopped, AshaConfig(grace_period=1, reduction_factor=3))
    trials = stopped.ledger.trials()
    batches = reports_in_order(stopped.directory, trials).batches
    rule = stopped.spec.stopping_rule()
    assert stops_of(rule, batches, LAST) == {
        one.number: (one.epoch, one.reason) for one in trials if one.state == "pruned"
    }
    assert outcome.exact
    assert outcome.recorded == outcome.replayed
    assert outcome.replayed.stopped > 5


def test_on_a_study_that_stopped_nobody_the_replay_is_exact(full: Rig) -> None:
    trials = full.ledger.trials()
    best = min(trials, key=lambda one: one.best_value or 0.0)
    outcome = replayed(full, AshaConfig(grace_period=1, reduction_factor=3), champion=best.number)
    assert outcome.exact
    assert outcome.recorded.epochs == 12 * LAST
    assert outcome.replayed.epochs == 12 * LAST - sum(
        (LAST - row["epoch"]) * row["trials"] for row in outcome.stops
    )
    assert outcome.replayed.epochs < outcome.recorded.epochs
    assert (outcome.favourite, outcome.favourite_stop) == (best.number, None)
    assert outcome.replayed.best == outcome.recorded.best


def test_a_rule_that_stops_the_champion_says_where_and_what_it_loses(full: Rig) -> None:
    trials = full.ledger.trials()
    worst = max(trials, key=lambda one: one.best_value or 0.0)
    outcome = replayed(full, AshaConfig(grace_period=3), worst.number)
    assert outcome.favourite_stop == 3
    assert f"at epoch {outcome.favourite_stop}: " in outcome.favourite_reason


def test_curves_that_end_where_their_trials_were_stopped_are_counted_as_unknown(
    stopped: Rig,
) -> None:
    pruned = [one for one in stopped.ledger.trials() if one.state == "pruned"]
    outcome = replayed(stopped, NoneConfig())
    assert not outcome.exact
    assert outcome.cut_short == len(pruned)
    assert outcome.cut_epochs == sum(LAST - one.epoch for one in pruned)
    assert outcome.replayed.stopped == 0


def test_reports_beyond_a_limit_wait_for_the_decision() -> None:
    """Both arrive with three epochs at once; at epoch 1 the second is stopped by the first."""
    rule = AshaConfig(grace_period=1, reduction_factor=3).rule(LAST, paper_spec().search.goal)
    batch = [(number, epoch, 0.1 + number) for number in (0, 1) for epoch in (1, 2, 3)]
    stops = stops_of(rule, [batch], LAST)
    assert {number: epoch for number, (epoch, _) in stops.items()} == {1: 1}
    assert rule.populations() == {1: 2, 3: 1, 9: 0}
