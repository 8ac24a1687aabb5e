"""A configuration of a study as a study of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.retraining import retraining
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config

SPACE = """
name: words
task: {type: text, text: TEXT, split: {train: 0.8, val: 0.1, test: 0.1}}
model:
  cell: {choice: [rnn, gru]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  hidden_sizes: {choice: [[8, 4], [16]]}
training:
  learning_rate: {loguniform: [1e-3, 1e-1]}
  seq_len: 5
  max_epochs: 9
first_trials:
- {model.cell: gru, model.hidden_sizes: [16], training.learning_rate: 0.01}
search:
  metric: val_bits
  num_trials: 30
  time_budget: 5m
  seed: 4
  scheduler: {grace_period: 4}
resources: {packs: 2}
"""
PARAMS = {
    "model.cell": "rnn",
    "model.nonlinearity": "relu",
    "model.hidden_sizes": "[8, 4]",
    "training.learning_rate": 0.005,
}


@pytest.fixture
def words() -> StudySpec:
    text = SPACE.replace("TEXT", "the quick brown fox jumps over the lazy dog " * 5)
    return loads(text, name="words", directory=Path())


def test_one_trial_of_the_same_configuration(words: StudySpec) -> None:
    again = retraining(words, PARAMS, "words-retrained", 4)
    assert (again.name, again.parameters, again.first_trials) == ("words-retrained", {}, ())
    assert trial_config(again, {}, 3) == trial_config(words, PARAMS, 3)
    search = again.search
    assert (search.num_trials, search.time_budget, search.scheduler.type) == (1, None, "none")
    assert (search.finalists.top, search.finalists.seeds) == (1, 4)
    assert (search.metric, search.goal, search.seed) == ("val_bits", "minimize", 4)
    assert again.resources == words.resources


def test_its_file_loads_to_the_same(words: StudySpec) -> None:
    again = retraining(words, PARAMS, "words-retrained", 2, ["training.max_epochs=2"])
    assert loads(again.yaml, name="other", directory=Path()) == again


def test_overrides_have_the_last_word(words: StudySpec) -> None:
    overrides = ["training.max_epochs=2", "model.hidden_sizes=null", "search.time_budget=90s"]
    again = retraining(words, PARAMS, "again", 3, overrides)
    config = trial_config(again, {}, 0)
    assert (config.training.max_epochs, config.model.hidden_sizes) == (2, None)
    assert again.search.time_budget == 90


def test_without_a_validation_part_training_judges(words: StudySpec) -> None:
    split = "task.split={train: 0.9, val: 0, test: 0.1}"
    again = retraining(words, PARAMS, "again", 3, [split])
    assert again.search.metric == "train_bits"
    chosen = retraining(words, PARAMS, "again", 3, [split, "search.metric=train_loss"])
    assert chosen.search.metric == "train_loss"


def test_where_training_has_no_such_measure_the_task_decides() -> None:
    spec = loads(
        "task: {type: sine, rollout: {steps: [1, 10]}}\nsearch: {metric: val_rollout_rmse_10}\n",
        name="wave",
        directory=Path(),
    )
    again = retraining(spec, {}, "again", 2, ["task.rollout={steps: [1, 5]}"])
    assert again.search.metric == "val_rollout_rmse_5"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.epochs=2", "unknown key"),
        ("search.metric=test_bits", "reports no 'test_bits'"),
        ("task.split={train: 0.9, val: 0.2}", "sums to"),
    ],
)
def test_a_wrong_override_is_said(words: StudySpec, override: str, said: str) -> None:
    with pytest.raises(SpaceFileError, match=said) as caught:
        retraining(words, PARAMS, "again", 3, [override])
    assert all(mistake.source == f"--set {override}" for mistake in caught.value.mistakes)
