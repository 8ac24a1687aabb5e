"""What a space file may say where trials go on as copies of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.load import loads
from rnnsearch.space.population import settings_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.rule import Exploiting, Setting

RATE = "learning_rate: {loguniform: [0.001, 0.1]}"


def with_pbt(
    training: str = RATE, scheduler: str = "", model: str = "", more: str = ""
) -> StudySpec:
    text = f"""task: {{type: sine}}
model: {{{model}}}
training: {{max_epochs: 20, {training}}}
search: {{scheduler: {{type: pbt{scheduler}}}{more}}}
"""
    return loads(text, name="x", directory=Path())


def settings(spec: StudySpec) -> dict[str, Setting]:
    rule = spec.stopping_rule()
    assert isinstance(rule, Exploiting)
    return settings_of(spec, rule)


def test_what_is_sampled_and_may_change_is_what_copies_change() -> None:
    spec = with_pbt(
        f"{RATE}, clip_norm: {{choice: [null, 1.0]}}, weight_decay: {{choice: [0.1, 0, 0.01]}}",
        model="hidden_size: {int: [4, 16]}, num_layers: 2, dropout: {uniform: [0, 0.5], step: 0.1}",
    )
    assert settings(spec) == {
        "training.learning_rate": Setting(0.001, 0.1, log=True),
        "training.weight_decay": Setting(choice=(0.0, 0.01, 0.1)),
        "model.dropout": Setting(0.0, 0.5, step=0.1),
    }


def test_the_file_may_choose_among_them() -> None:
    spec = with_pbt(
        f"{RATE}, weight_decay: {{uniform: [0, 0.1]}}",
        ", hyperparameters: [training.weight_decay]",
    )
    assert list(settings(spec)) == ["training.weight_decay"]


def test_what_is_on_throughout_changes_where_it_is_always_above_0() -> None:
    momentum = "optimizer: sgd, momentum: {uniform: [%s, 0.9]}, " + RATE
    assert "training.momentum" in settings(with_pbt(momentum % "0.1"))
    assert "training.momentum" not in settings(with_pbt(momentum % "0"))


@pytest.mark.parametrize(
    ("key", "line", "words", "file"),
    [
        (
            "search.scheduler.type",
            4,
            "sampled here, and able to change, is nothing. Sample one",
            {"training": "batch_size: {int: [1, 4]}"},
        ),
        (
            "search.scheduler.hyperparameters",
            4,
            "model.hidden_size cannot change within a training; sampled here, and able to change, "
            "is training.learning_rate. What can change within a training, where it is sampled "
            "from numbers, is training.learning_rate, training.weight_decay, training.beta1",
            {
                "scheduler": ", hyperparameters: [model.hidden_size]",
                "model": "hidden_size: {int: [4, 8]}",
            },
        ),
        (
            "search.scheduler.hyperparameters",
            4,
            "training.weight_decay is not sampled; ",
            {"scheduler": ", hyperparameters: [training.learning_rate, training.weight_decay]"},
        ),
        (
            "search.scheduler.hyperparameters",
            4,
            "training.clip_norm is not sampled from numbers alone; ",
            {
                "training": f"{RATE}, clip_norm: {{choice: [null, 1.0]}}",
                "scheduler": ", hyperparameters: [training.clip_norm]",
            },
        ),
        (
            "search.scheduler.hyperparameters",
            4,
            "training.momentum is not sampled from numbers alone above 0, since it decides",
            {
                "training": f"{RATE}, optimizer: sgd, momentum: {{uniform: [0, 0.9]}}",
                "scheduler": ", hyperparameters: [training.momentum]",
            },
        ),
        (
            "training.changes",
            3,
            "pbt searches for these itself; leave the key out.",
            {"training": f"{RATE}, changes: {{learning_rate@3: 0.1}}"},
        ),
        (
            "search.deterministic",
            4,
            "follows from values and the study's seed alone, whatever packs do; leave the key out.",
            {"more": ", deterministic: true"},
        ),
        (
            "search.stop_when_done",
            4,
            "counts trials that end without a gain, and by pbt the worst end first",
            {"more": ", stop_when_done: true"},
        ),
        (
            "search.scheduler.type",
            4,
            "pbt needs two trials at least: one has nobody to copy.",
            {"more": ", num_trials: 1"},
        ),
        (
            "search.scheduler.perturbation_interval",
            4,
            "the perturbation interval of 21 epochs is beyond training.max_epochs, 20",
            {"scheduler": ", perturbation_interval: 21"},
        ),
        (
            "search.scheduler.quantile_fraction",
            4,
            "at most 0.5",
            {"scheduler": ", quantile_fraction: 0.6"},
        ),
    ],
)
def test_what_cannot_be_is_told_with_what_can(
    key: str, line: int, words: str, file: dict[str, str]
) -> None:
    with pytest.raises(SpaceFileError) as caught:
        with_pbt(**file)
    (mistake,) = caught.value.mistakes
    assert (mistake.key, mistake.line) == (key, line)
    assert words in mistake.message


def test_a_script_is_told_to_take_another_rule() -> None:
    text = """task: {type: script, function: "os:getcwd"}
params: {rate: {uniform: [0, 1]}}
training: {max_epochs: 20}
search: {metric: x, scheduler: {type: pbt}}
"""
    with pytest.raises(SpaceFileError) as caught:
        loads(text, name="x", directory=Path(), check_data=False)
    assert any(
        "which a script of your own reads once" in one.message for one in caught.value.mistakes
    )
