"""Settings that change within a training, as a space file says them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.training.changes import current


def changing(changes: str, more: str = "", model: str = "{}") -> StudySpec:
    text = f"""task: {{type: sine}}
training: {{max_epochs: 9, changes: {changes}{more}}}
model: {model}
"""
    return loads(text, name="x", directory=Path())


def test_they_are_read_written_and_take_effect_after_their_epochs() -> None:
    spec = changing("{learning_rate@4: 0.01, 'dropout@2': 0.3, learning_rate@2: 0.5}")
    assert loads(spec.yaml, name="x", directory=Path()) == spec
    config = trial_config(spec, {}, 1)
    rates = [current(config, epoch).training.learning_rate for epoch in range(9)]
    assert rates == [0.001, 0.001, 0.5, 0.5, *[0.01] * 5]
    assert [current(config, epoch).model.dropout for epoch in (1, 2, 8)] == [0.0, 0.3, 0.3]


def test_a_training_without_any_is_what_it_was() -> None:
    config = trial_config(changing("null"), {}, 1)
    assert current(config, 3) is config


@pytest.mark.parametrize(
    ("changes", "more", "model", "words"),
    [
        ("{hidden_size@3: 4}", "", "{}", "hidden_size cannot change within a training; what can"),
        ("{learning_rate: 4}", "", "{}", "write FIELD@EPOCH, such as `learning_rate@5`"),
        ("{learning_rate@0: 4}", "", "{}", "write FIELD@EPOCH"),
        ("{learning_rate@x: 4}", "", "{}", "write FIELD@EPOCH"),
        ("{learning_rate@3: 0}", "", "{}", "learning_rate@3 must be above 0 and at most 1,000,000"),
        ("{learning_rate@9: 1}", "", "{}", "never takes effect: the training ends at epoch 9"),
        ("{dropout@3: 1}", "", "{}", "dropout@3 must be at least 0 and below 1, not 1."),
        ("{momentum@3: 0.9}", "", "{}", "does nothing unless optimizer is sgd or rmsprop"),
        ("{momentum@3: 0.9}", ", optimizer: sgd", "{}", "above 0 from the first epoch to the last"),
        (
            "{momentum@3: 0}",
            ", optimizer: sgd, momentum: 0.9",
            "{}",
            "above 0 from the first epoch to the last",
        ),
        ("{clip_value@3: 1}", "", "{}", "or off throughout"),
        ("{head_dropout@3: 0.1}", "", "{head_dropout: {uniform: [0, 0.5]}}", "or off throughout"),
        ("{learning_rate@3: x}", "", "{}", "must be a number"),
        ("{choice: [{learning_rate@3: 1}, null]}", "", "{}", "never sampled, since"),
        (
            "{weight_decay@3: 1}",
            ", optimizer: 'torch.optim:Adagrad'",
            "{}",
            "what can change is learning_rate, clip_norm",
        ),
    ],
)
def test_what_cannot_change_is_told_with_what_can(
    changes: str, more: str, model: str, words: str
) -> None:
    with pytest.raises(SpaceFileError) as caught:
        changing(changes, more, model)
    (mistake,) = caught.value.mistakes
    assert (mistake.key, mistake.line) == ("training.changes", 2)
    assert words in mistake.message
