"""Params to a `TrialConfig`: types, defaults, conditions, and params that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import InputError
from rnnsearch.models.config import ModelConfig
from rnnsearch.space.distributions import Choice, Float, Int
from rnnsearch.space.fields import all_fields
from rnnsearch.space.load import load, loads
from rnnsearch.space.trial import (
    first_task,
    stored_value,
    trial_config,
)
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig

SPACES = Path(__file__).parents[3] / "search_spaces"


def test_a_waves_default_epoch_is_the_tasks_own() -> None:
    from rnnsearch.tasks.sine.task import STEPS_PER_EPOCH

    assert all_fields("sine")["training.steps_per_epoch"].default == STEPS_PER_EPOCH
    assert all_fields("text")["training.steps_per_epoch"].default is None


def test_the_tutorials_configuration() -> None:
    spec = load(SPACES / "sine.yaml")
    assert trial_config(spec, spec.first_params(), seed=7) == TrialConfig(
        task=SineConfig(),
        model=ModelConfig(cell="rnn", nonlinearity="tanh", hidden_size=16),
        training=TrainingConfig(
            learning_rate=0.01, steps_per_epoch=100, max_epochs=60, carry_state=True
        ),
        seed=7,
    )


def test_an_inactive_or_absent_field_takes_its_documented_default() -> None:
    spec = load(SPACES / "sine.yaml")
    config = trial_config(spec, {"model.cell": "gru"}, seed=0)
    assert config.model == ModelConfig(cell="gru")


def test_an_inactive_parent_makes_its_children_inactive() -> None:
    spec = loads(
        "task: {type: sine}\nmodel:\n  cell: {choice: [rnn, lstm]}\n"
        "  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}\n"
        "  hidden_size: {int: [2, 4], when: {model.nonlinearity: tanh}}\n",
        name="s",
        directory=Path(),
    )
    # tanh is the default of nonlinearity; yet it is inactive, and so is what hangs on it
    with pytest.raises(InputError, match=r"inactive.*model.nonlinearity is tanh"):
        trial_config(spec, {"model.cell": "lstm", "model.hidden_size": 3}, seed=0)
    params = {"model.cell": "rnn", "model.nonlinearity": "tanh", "model.hidden_size": 3}
    assert trial_config(spec, params, seed=0).model.hidden_size == 3
    assert trial_config(spec, {"model.cell": "lstm"}, seed=0).model.hidden_size == 32


def test_a_label_becomes_its_list() -> None:
    spec = loads(
        "task: {type: sine, rollout: {steps: {choice: [[1, 10], [1, 10, 49]]}}}",
        name="s",
        directory=Path(),
    )
    config = trial_config(spec, {"task.rollout.steps": "[1, 10]"}, seed=0)
    assert isinstance(config.task, SineConfig)
    assert config.task.rollout == RolloutConfig(steps=(1, 10))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"model.hiden_size": 8}, "Did you mean model.hidden_size"),
        ({"model.cell": "elman"}, "model.cell cannot be 'elman'"),
        ({"model.hidden_size": 33}, "model.hidden_size cannot be 33"),
        ({"model.hidden_size": "8"}, "cannot be '8'"),
        ({"training.learning_rate": 1.0}, "training.learning_rate cannot be 1.0"),
        ({"training.learning_rate": float("nan")}, "cannot be nan"),
        ({"model.cell": "lstm", "model.nonlinearity": "relu"}, "only where model.cell is rnn"),
        ({"model.num_layers": 1, "model.dropout": 0.1}, "model.num_layers is at least 2"),
        ({"training.carry_state": 1}, "cannot be 1"),
        ({"training.max_epochs": 3}, "no parameter of the study sine"),
    ],
)
def test_params_that_do_not_fit_are_named(params: dict[str, object], words: str) -> None:
    spec = load(SPACES / "sine.yaml")
    with pytest.raises(InputError, match=words):
        trial_config(spec, params, seed=0)


def test_stored_numbers_get_their_own_type() -> None:
    assert repr(stored_value("k", Float(0.0, 2.0), 1)) == "1.0"
    assert repr(stored_value("k", Int(0, 2), 1.0)) == "1"
    assert stored_value("k", Choice(((1, 2), (3,))), "[1, 2]") == (1, 2)
    with pytest.raises(InputError):
        stored_value("k", Float(0.0, 1.0, step=0.25), 0.3)


def test_the_first_task_is_one_that_can_be_drawn() -> None:
    """The study's first task takes drawn values, or those of the first trial: a default that is
    never drawn may be no task at all, such as a text task without a text.
    """
    text = "task: {type: text, text: {choice: [abcdabcdabcd, abcd]}, sample: {int: [5, 9]}}\n"
    spec = loads(text + "training: {seq_len: 2}\n", name="a", directory=Path(), check_data=False)
    task = first_task(spec)
    assert (task.text, task.sample) == ("abcdabcdabcd", 5)
    named = f"{text}first_trials: [{{task.text: abcd, task.sample: 7}}]\n"
    spec = loads(named, name="a", directory=Path(), check_data=False)
    assert (first_task(spec).text, first_task(spec).sample) == ("abcd", 7)
