"""The space file of a training script: free keys, and what does not apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.describe import describe
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.training.codec import config_from_json, config_to_json

WALK = 'task: {type: script, function: "unit.training.test_script_trials:walk"}'
PARAMS = """
params:
  width: {loguniform: [1, 10]}
  optimizer: {choice: [adam, sgd]}
  momentum: {uniform: [0, 1], when: {params.optimizer: sgd}}
  units: {logint: [4, 64]}
  layers: [1, 2]
  note: a text
training: {max_epochs: 7}
search: {num_trials: 4}
"""


def read(text: str, *overrides: str) -> StudySpec:
    return loads(text, name="study", directory=Path(), overrides=overrides)


def mistakes(text: str) -> list[str]:
    with pytest.raises(SpaceFileError) as caught:
        read(text)
    return [str(one) for one in caught.value.mistakes]


def test_free_keys_are_sampled_and_reach_the_config() -> None:
    spec = read(WALK + PARAMS)
    params = {"params.width": 2.5, "params.optimizer": "adam", "params.units": 8}
    config = trial_config(spec, params, 3)
    assert dict(config.params) == {
        "width": 2.5,
        "optimizer": "adam",
        "momentum": None,
        "units": 8,
        "layers": (1, 2),
        "note": "a text",
    }
    assert config.training.max_epochs == 7
    assert config_from_json(config_to_json(config)) == config


def test_the_resolved_file_loads_to_an_equal_study() -> None:
    spec = read(WALK + PARAMS)
    assert read(spec.yaml) == spec
    assert "model" not in spec.yaml
    assert spec.search.metric == "val_loss"
    assert spec.resources.slots == 1


def test_a_free_key_is_overridden() -> None:
    spec = read(WALK + PARAMS, "params.width=4.0", "params.more=true")
    assert spec.values["params.width"] == 4.0
    assert spec.values["params.more"] is True


def test_first_trials_name_free_keys() -> None:
    first = (
        "first_trials: [{params.width: 2, params.optimizer: sgd, params.momentum: 0.5,"
        " params.units: 4}]"
    )
    (given,) = read(WALK + PARAMS + first).first_trials
    assert given["params.momentum"] == 0.5


def test_it_is_described() -> None:
    described = describe(read(WALK + PARAMS))
    assert described.parameter_counts == (0, 0)
    assert [metric.name for metric in described.metrics] == ["val_loss"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{WALK}\ntraining: {{learning_rate: 0.1}}", "2: training.learning_rate: does not apply"),
        (f"{WALK}\nmodel: {{cell: gru}}", "2: model.cell: does not apply"),
        (f"{WALK}\nparams: {{seed: 1}}", "2: params.seed: is what every script is given"),
        (f"{WALK}\nparams: {{max_epochs: 1}}", "is set as training.max_epochs"),
        (f"{WALK}\nparams: {{a-b: 1}}", "Did you mean a_b?"),
        (f"{WALK}\nparams: {{lr: {{loguniform: [0, 1]}}}}", "needs a lower end above 0"),
        ("task: {type: sine}\nparams: {lr: 1}", "2: params: holds the free keys of a training"),
        ("task: {type: script}", "1: task: must be package.module:function"),
        ('task: {type: script, function: "nowhere:train"}', "No module named 'nowhere'"),
        (f"{WALK}\nparams: {{n: {{int: [1, 1{'0' * 31}]}}}}", "at most 1e+15"),
        (f"{WALK}\nsearch: {{metric: train_loss}}", "it reports val_loss."),
        (
            WALK.replace("}", ", process: own, stop_grace_period: 0}"),
            'such as "90s", "10m" or "2h", not 0.',
        ),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, words: str) -> None:
    assert words in "\n".join(mistakes(text))


def test_a_script_may_have_several_whole_gpus() -> None:
    assert read(f"{WALK}\nresources: {{gpus_per_pack: 2}}").resources.gpus_per_pack == 2
    (mistake,) = mistakes(f"{WALK}\nresources: {{gpus_per_pack: 2.5}}")
    assert "2: resources.gpus_per_pack: is 2.5, and" in mistake


def test_a_process_of_its_own_and_its_time_come_from_the_file() -> None:
    task = WALK.replace("}", ", process: own, stop_grace_period: 2m}")
    spec = read(task + PARAMS)
    assert spec.values["task.process"] == "own"
    assert spec.values["task.stop_grace_period"] == 120.0
    assert read(spec.yaml) == spec
