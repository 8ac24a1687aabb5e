"""Each sampler that learns finds more than random search, under a rule that stops two of three."""

from __future__ import annotations

from typing import Any

import optuna
import planted
import pytest

from rnnsearch.sampling.auto import AutoConfig
from rnnsearch.sampling.cma_sampler import CmaSampler
from rnnsearch.sampling.cmaes import CmaesConfig
from rnnsearch.sampling.gp import GpConfig, drawn_in
from rnnsearch.sampling.listed import ListedSampler
from rnnsearch.sampling.nsga2 import Nsga2Config
from rnnsearch.sampling.nsga3 import Nsga3Config
from rnnsearch.sampling.tpe import TpeConfig


@pytest.mark.parametrize(
    ("config", "trials", "margin"),
    [
        (TpeConfig(), 60, 2.0),
        (CmaesConfig(), 80, 4.0),
        (Nsga2Config(population=10), 120, 2.0),
    ],
    ids=lambda one: getattr(one, "type", ""),
)
def test_its_best_is_better_than_that_of_random_search(
    config: Any, trials: int, margin: float
) -> None:
    assert planted.beats_random(config, trials, range(3)) > margin


@pytest.mark.slow
def test_a_gaussian_process_is_better_with_few_trials() -> None:
    assert planted.beats_random(GpConfig(), 40, range(3)) > 1.5


def test_a_gaussian_process_looks_at_the_best_and_the_newest_of_its_history() -> None:
    study = optuna.create_study()
    for number in range(40):
        study.add_trial(optuna.trial.create_trial(value=float((number * 7) % 40)))
    trials = study.get_trials()
    looked_at = GpConfig(history=10)._looked_at(study, trials)
    assert sorted(trials[one.number].value for one in looked_at)[:5] == [0, 1, 2, 3, 4]
    assert {35, 36, 37, 38, 39} <= {one.number for one in looked_at}


def test_a_huge_loss_leaves_differences_between_the_others() -> None:
    from rnnsearch.goal import Goal

    trials = [optuna.trial.create_trial(value=value) for value in (1.0, 2.0, 3.0, 4.0, 1e9)]
    values = [one.value for one in drawn_in(trials, Goal.MINIMIZE)]
    assert values[:3] == [1.0, 2.0, 3.0]
    assert values == sorted(values)
    assert values[-1] < 100


@pytest.mark.parametrize(
    ("trials", "conditional", "listed", "kind"),
    [
        (10, (), None, "qmc"),
        (60, (), None, "gp"),
        (60, ("dropout",), None, "gp"),
        (60, ("dropout", "momentum"), None, "tpe"),
        (250, (), None, "tpe"),
        (400, (), None, "cmaes"),
        (3000, (), None, "tpe"),
        (10, (), 8, "bruteforce"),
    ],
)
def test_auto_chooses_by_its_rule_and_says_why(
    trials: int, conditional: tuple[str, ...], listed: int | None, kind: str
) -> None:
    lines: list[str] = []
    configurations = None if listed is None else [{"rate": 0.001 * n} for n in range(1, listed)]
    sampler = AutoConfig().make(
        planted.start(
            1,
            trials,
            conditional=frozenset(conditional),
            listing=lambda points: configurations,
            say=lines.append,
        )
    )
    assert lines[0].startswith(f"the sampler auto takes {kind}: ")
    assert isinstance(sampler, ListedSampler) == (kind == "bruteforce")
    assert isinstance(sampler, CmaSampler) == (kind == "cmaes")


def test_two_goals_are_bred_and_cmaes_refuses_them_with_a_remedy() -> None:
    study = optuna.create_study(directions=["minimize", "minimize"])
    study.sampler = Nsga3Config(population=4).make(planted.start(3, 30))
    for _ in range(30):
        trial = study.ask()
        value = planted.loss(planted.drawn(trial))
        study.tell(trial, [value, trial.params["units"]])
    late = [one.values[1] for one in study.trials[20:]]
    assert sum(late) / len(late) < 20
    study.sampler = CmaesConfig().make(planted.start(3, 30))
    with pytest.raises(Exception, match="take nsga2 or tpe"):
        planted.drawn(study.ask())
