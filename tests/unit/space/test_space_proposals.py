"""A real Optuna study on the spaces: what it proposes is always a valid configuration."""

from __future__ import annotations

import warnings
from pathlib import Path

import optuna
import pytest

from rnnsearch.space.load import load, loads
from rnnsearch.space.proposals import optuna_distributions, suggest
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import stored_value, trial_config

SPACES = Path(__file__).parents[3] / "search_spaces"
WILD = """
task: {type: sine, rollout: {steps: {choice: [[1, 10], [1, 10, 45]]}, warmup_steps: {int: [1, 4]}}}
model:
  cell: {choice: [rnn, gru, lstm]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  dropout: {uniform: [0.0, 0.3], step: 0.1, when: {model.num_layers: {min: 2, max: 3}}}
  num_layers: {int: [1, 5], step: 2, when: {model.cell: [rnn, lstm]}}
  hidden_size: {logint: [1, 64], when: {model.nonlinearity: relu}}
training:
  clip_norm: {choice: [null, 0.5, 1.0]}
  optimizer: {choice: [adam, adamw, sgd]}
  momentum: {uniform: [0.0, 0.99], when: {training.optimizer: sgd}}
  beta2: {choice: [0.99, 0.999], when: {training.optimizer: [adam, adamw], model.cell: lstm}}
  batch_size: {int: [1, 9], step: 4}
search: {metric: val_rollout_rmse_10}
"""


def spec_of(name: str) -> StudySpec:
    if name == "wild":
        return loads(WILD, name="wild", directory=Path())
    return load(SPACES / f"{name}.yaml")


def samplers(seed: int) -> dict[str, optuna.samplers.BaseSampler]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        tpe = optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, n_startup_trials=8
        )
    return {"random": optuna.samplers.RandomSampler(seed=seed), "tpe": tpe}


@pytest.mark.parametrize("sampler", ["random", "tpe"])
@pytest.mark.parametrize("name", ["sine", "hello", "char", "wild"])
def test_every_proposal_is_a_valid_configuration(name: str, sampler: str) -> None:
    spec = spec_of(name)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=samplers(3)[sampler])
    for first in spec.first_trials:
        study.enqueue_trial(dict(first))
    seen: dict[str, optuna.distributions.BaseDistribution] = {}
    active = set()
    for number in range(30):
        trial = study.ask()
        params = suggest(spec, trial)
        config = trial_config(spec, params, seed=number)
        if number < len(spec.first_trials):
            assert params == spec.first_trials[number]
        assert params == study.trials[number].params
        check_activity(spec, params)
        for key, distribution in trial.distributions.items():
            assert seen.setdefault(key, distribution) == distribution
        active.add(tuple(sorted(params)))
        study.tell(trial, config.training.learning_rate + config.model.hidden_size)
    assert len(active) > 1 or not any(one.when for one in spec.parameters.values())
    declared = optuna_distributions(spec)
    assert {key: declared[key] for key in seen} == seen


def check_activity(spec: StudySpec, params: dict[str, object]) -> None:
    """Exactly the active parameters are in the params."""
    known = dict(spec.values)
    for key, value in params.items():
        known[key] = stored_value(key, spec.parameters[key].distribution, value)
    for key, parameter in spec.parameters.items():
        assert (key in params) == parameter.is_active(known)


def test_a_choice_of_lists_is_stored_under_labels() -> None:
    distribution = optuna_distributions(spec_of("wild"))["task.rollout.steps"]
    assert distribution == optuna.distributions.CategoricalDistribution(["[1, 10]", "[1, 10, 45]"])


def test_parents_are_drawn_before_their_children() -> None:
    order = list(optuna_distributions(spec_of("wild")))
    assert order.index("model.num_layers") < order.index("model.dropout")
    assert sorted(order) == sorted(spec_of("wild").parameters)


def test_a_fixed_trial_draws_what_it_is_told() -> None:
    spec = spec_of("sine")
    trial = optuna.trial.FixedTrial(dict(spec.first_params()))
    assert suggest(spec, trial) == spec.first_params()
