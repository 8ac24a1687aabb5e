"""Replays of searches on the table: the same twice, and what plain computation gives."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import optuna
import pytest

from rnnsearch.sampling.tpe import TpeConfig
from rnnsearch.space.proposals import make_sampler, suggest
from rnnsearch.stopping.asha import AshaConfig


def told(course: Any) -> list[tuple[int, int, tuple[float, ...], bool]]:
    return [(one.row, one.epochs, tuple(one.ends), one.stopped) for one in course.trials]


def test_a_study_that_is_replayed_twice_is_the_same(small: Any, ours: Callable[..., Any]) -> None:
    one = ours(small, "tpe", "asha", workers=3, seed=4)
    assert told(one) == told(ours(small, "tpe", "asha", workers=3, seed=4))
    assert told(one) != told(ours(small, "tpe", "asha", workers=3, seed=5))
    assert any(trial.stopped for trial in one.trials)


def test_random_search_without_stopping_is_what_plain_computation_gives(
    small: Any, ours: Callable[..., Any]
) -> None:
    from table.ours import spec_of

    course = ours(small, "random", "none", workers=1, seed=3)
    spec = spec_of(small, 25, 3, {"search.sampler": "{type: random}"})
    study = optuna.create_study(sampler=make_sampler(spec, 0))
    rows = [small.row(suggest(spec, study.ask())) for _ in range(25)]
    assert [trial.row for trial in course.trials] == rows
    seconds = [second for row in rows for second in small.first[row].seconds]
    ends = [end for trial in course.trials for end in trial.ends]
    assert ends == pytest.approx(list(accumulate(seconds)))
    assert course.seconds(small) == course.full_seconds(small)
    best, known = small.goal.worst, []
    values = [value for row in rows for value in small.first[row].objective]
    for at, value in zip(accumulate(seconds), values, strict=True):
        if value < best:
            best = value
            known.append((pytest.approx(at), value))
    assert [(at, value) for at, _, value in course.incumbents(small)] == known


def test_workers_train_side_by_side(small: Any, ours: Callable[..., Any]) -> None:
    alone = ours(small, "random", "none", workers=1, seed=3)
    many = ours(small, "random", "none", workers=5, seed=3)
    assert [one.row for one in many.trials] == [one.row for one in alone.trials]
    assert many.trials[4].ends[0] == small.first[many.trials[4].row].seconds[0]
    assert max(one.ends[-1] for one in many.trials) < max(one.ends[-1] for one in alone.trials) / 3


def test_a_training_that_diverged_ends_there(small: Any, ours: Callable[..., Any]) -> None:
    for rule in ("none", "asha"):
        for trial in ours(small, "random", rule, seed=1).trials:
            assert trial.epochs <= len(small.first[trial.row].objective)
            assert trial.stopped == (trial.epochs < len(small.first[trial.row].objective))


def test_a_budget_ends_a_replay(small: Any) -> None:
    from table.contenders import our
    from table.course import Size

    course = our("random", "asha")(small, Size(1000, 2, seconds=40.0), 0)
    assert 5 < len(course.trials) < 60


@pytest.mark.parametrize("who", ["Optuna: TPE, MedianPruner", "Ray Tune: OptunaSearch, HyperBand"])
def test_rivals_are_replayed_the_same_twice_and_stop_trials(small: Any, who: str) -> None:
    from table.contenders import rivals
    from table.course import Size

    replay = rivals()[who]
    course = replay(small, Size(25, 3), 1)
    assert told(course) == told(replay(small, Size(25, 3), 1))
    assert len(course.trials) == 25
    stopped = [one for one in course.trials if one.stopped]
    assert 0 < len(stopped) < 25
    assert any(one.epochs == small.max_epochs for one in course.trials)


def test_ray_with_rungs_at_the_end_stops_nobody(small: Any) -> None:
    from ray.tune.schedulers import FIFOScheduler
    from table.course import Size
    from table.rival_tuners import ray_tune

    course = ray_tune(small, Size(12, 3), seed=0, scheduler=lambda table, mode: FIFOScheduler())
    for one in course.trials:
        assert one.epochs == len(small.first[one.row].objective)


def test_what_is_kept_of_a_replay_says_whether_the_best_was_stopped(small: Any) -> None:
    from table.course import Course, Trained
    from table.replays import facts, reached

    def best(row: int) -> float:
        return float(small.first[row].value(small.goal))

    rows = sorted(range(40), key=best)[:2]
    ended = [Trained(rows[0], 2, [1.0, 2.0], True), Trained(rows[1], 9, [3.0] * 9, False)]
    row = facts(small, Course(1, ended))
    assert row["stopped"]
    assert row["lost"]
    assert row["curve"][-1][1] == best(rows[1])
    ended[:] = [Trained(rows[0], 9, [2.0] * 9, False), Trained(rows[1], 2, [3.0] * 2, True)]
    row = facts(small, Course(1, ended))
    assert not row["stopped"]
    assert not row["lost"]
    unit = small.full_seconds
    assert reached(small, row["curve"], 0.01) == pytest.approx(2.0 / unit)


def test_champions_by_seeds_are_compared_on_the_test_part(small: Any) -> None:
    from table.seeds import champions

    one, several = champions(small)
    assert one["champion by"] == "one value"
    assert float(several["expected test regret"].split()[0]) >= 0


def test_a_rule_alone_judges_random_trials_at_its_rungs(small: Any) -> None:
    from table.course import Size
    from table.rules import studied

    from rnnsearch.stopping.asha import AshaConfig

    rule = AshaConfig(grace_period=2)
    course = studied(small, rule, 0, Size(25, 2))
    assert told(course) == told(studied(small, rule, 0, Size(25, 2)))
    assert len({trial.row for trial in course.trials}) == 25
    some = [trial for trial in course.trials if trial.stopped]
    assert 5 < len(some) < 23
    assert all(trial.epochs in (2, 4, 8) for trial in some)
    assert all(
        trial.epochs == len(small.first[trial.row].objective)
        for trial in course.trials
        if not trial.stopped
    )


def test_a_sampler_is_asked_and_told_without_a_ledger(small: Any) -> None:
    from table.at_once import ended, searched
    from table.course import Size

    size, rule = Size(25, workers=6), AshaConfig().rule(small.max_epochs, small.goal)
    course = searched(small, TpeConfig().make, size, 3)
    assert told(course) == told(searched(small, TpeConfig().make, size, 3))
    for trial in course.trials:
        assert trial.epochs in (rule.rungs if trial.stopped else [len(small.first[trial.row].test)])
    assert 0 < sum(trial.stopped for trial in course.trials) < 25
    seen = [small.first[one.row].objective[: one.epochs] for one in course.trials]
    best = min(value for some in seen for value in some)
    better = sum(small.goal.cost(one.value(small.goal)) < best for one in small.first)
    share, trainings = ended(small, TpeConfig().make, size, 3)
    assert share == pytest.approx(100 * (better + 0.5) / len(small.first))
    assert trainings == pytest.approx(course.seconds(small) / small.full_seconds)


def test_a_row_is_tried_once_where_that_is_asked(small: Any) -> None:
    from table.at_once import searched
    from table.course import Size

    for once in (True, False):
        trials = searched(small, TpeConfig().make, Size(30, workers=6), 3, once=once).trials
        assert (len({one.row for one in trials}) == 30) == once
