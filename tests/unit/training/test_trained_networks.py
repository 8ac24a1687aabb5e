"""Networks of every kind come back from disk, their carried states included."""

from __future__ import annotations

import pytest

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.testing.cells import OWN, TrainedContract
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack


class TestTwoCellStack(TrainedContract):
    model = ModelConfig(cell="lstm", hidden_sizes=(20, 3), head_dropout=0.1)


class TestLru(TrainedContract):
    model = ModelConfig(cell="lru", hidden_sizes=(5, 18), layer_norm=True)


class TestMinLstm(TrainedContract):
    model = ModelConfig(cell="minlstm", hidden_size=5, bias=False)


class TestLearnedGru(TrainedContract):
    model = ModelConfig(cell="gru", hidden_size=5, initial_state="learned")
    carry_state = False


class TestOwn(TrainedContract):
    model = ModelConfig(cell=OWN, hidden_size=5, num_layers=2, residual=True)


@pytest.mark.parametrize(
    ("model", "carry_state", "words"),
    [
        (ModelConfig(bidirectional=True), False, "reads backwards"),
        (ModelConfig(initial_state="learned"), True, "learned"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_reason(model, carry_state, words):
    task = SineConfig()
    pack = Pack({task: load_data(task)})
    training = TrainingConfig(steps_per_epoch=4, carry_state=carry_state)
    pack.add("trial", TrialConfig(task=task, model=model, training=training, seed=1))
    (refusal,) = pack.train({"trial": 1}, 1.0).refusals
    assert words in refusal.reason
