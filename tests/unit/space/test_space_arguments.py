"""The arguments of a custom class as keys of a space file: whose they are, and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.conditions import Among
from rnnsearch.space.describe import describe
from rnnsearch.space.load import built, loads
from rnnsearch.space.reference import reference
from rnnsearch.space.retraining import retraining
from rnnsearch.space.schema import json_schema
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config

HERE = "unit.training.test_custom_optimizers"
DRIFTING, NADAM = f"{HERE}:Drifting", "torch.optim:NAdam"
BOTH = f"""
task: {{type: sine}}
training:
  optimizer: {{choice: [adam, "{DRIFTING}", "{NADAM}"]}}
  optimizer_args:
    pull: {{uniform: [0.1, 0.9], when: {{training.optimizer: "{DRIFTING}"}}}}
    momentum_decay: 0.01
"""


def read(text: str, *overrides: str) -> StudySpec:
    return loads(text, name="args", directory=Path(), overrides=overrides)


def mistakes(text: str, *overrides: str) -> dict[str, tuple[int | None, str]]:
    with pytest.raises(SpaceFileError) as caught:
        read(text, *overrides)
    return {one.key: (one.line, one.message) for one in caught.value.mistakes}


def one(more: str, optimizer: str = DRIFTING, training: str = "") -> str:
    named = f'task: {{type: sine}}\ntraining:\n  optimizer: "{optimizer}"\n'
    return f"{named}  optimizer_args:\n    {more}\n{training}"


def test_each_class_gets_its_own_arguments_and_no_other() -> None:
    spec = read(BOTH)
    pull = spec.parameters["training.optimizer_args.pull"]
    assert pull.when == {"training.optimizer": Among([DRIFTING])}
    params: dict[str, Any] = {"training.optimizer": DRIFTING, "training.optimizer_args.pull": 0.25}
    how = trial_config(spec, params, 0).training
    assert dict(how.optimizer_args) == {"pull": 0.25, "noise": 1e-3}
    other = trial_config(spec, {"training.optimizer": NADAM}, 0).training
    assert dict(other.optimizer_args)["momentum_decay"] == 0.01
    assert dict(other.optimizer_args)["betas"] == (0.9, 0.999)
    assert "pull" not in dict(other.optimizer_args)
    assert trial_config(spec, {"training.optimizer": "adam"}, 0).training.optimizer_args == ()
    assert any("your own optimizer" in note for note in describe(spec).notes)


def test_the_resolved_file_and_a_retraining_say_the_same() -> None:
    spec = read(BOTH)
    assert read(spec.yaml) == spec
    params = {"training.optimizer": DRIFTING, "training.optimizer_args.pull": 0.25}
    again = retraining(spec, params, "again", 2)
    assert trial_config(again, {}, 0) == trial_config(spec, params, 0)


def test_an_argument_without_a_default_must_be_given_and_one_of_two_types_is_any_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "planted_optimizers.py").write_text(
        "import torch\n"
        "class One(torch.optim.SGD):\n"
        "    def __init__(self, params, lr, gain: int, mode: int = 3):\n"
        "        super().__init__(params, lr * gain)\n"
        "class Two(torch.optim.SGD):\n"
        "    def __init__(self, params, lr, gain: int = 2, mode: str = 'a'):\n"
        "        super().__init__(params, lr * gain)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert "gain" in mistakes(one("mode: 3", "planted_optimizers:One"))["training.optimizer"][1]
    optimizers = "[planted_optimizers:One, planted_optimizers:Two]"
    text = (
        f"task: {{type: sine}}\ntraining:\n  optimizer: {{choice: {optimizers}}}\n"
        "  optimizer_args: {gain: 4, mode: {choice: [3, a]}}\n"
    )
    spec = read(text)
    params = {"training.optimizer": "planted_optimizers:Two", "training.optimizer_args.mode": "a"}
    assert trial_config(spec, params, 0).training.optimizer_args == (("gain", 4), ("mode", "a"))
    left_out = read(text.replace(", mode: {choice: [3, a]}", ""))
    how = trial_config(left_out, {"training.optimizer": "planted_optimizers:One"}, 0).training
    assert how.optimizer_args == (("gain", 4),)  # each class has the default of its own
    assert read(left_out.yaml) == left_out


@pytest.mark.parametrize(
    ("more", "key", "line", "words"),
    [
        ("pul: 0.1", "pul", 5, f"is no argument of {DRIFTING}; there are pull, noise"),
        ("pull: fast", "pull", 5, "must be a number, not the text 'fast'"),
        ("lr: 0.1", "lr", 5, "is given as training.learning_rate"),
        ("pull: {logint: [1, 4]}", "pull", 5, "takes a number, which logint does not draw"),
    ],
)
def test_what_an_argument_holds_wrong_is_told_with_its_line(
    more: str, key: str, line: int, words: str
) -> None:
    (name, (at, message)), *others = mistakes(one(more)).items()
    assert (name, at) == (f"training.optimizer_args.{key}", line)
    assert words in message
    assert not others


def test_arguments_of_nobody_and_settings_without_effect() -> None:
    nobody = mistakes(one("pull: 0.1", "adam"))
    assert nobody["training.optimizer_args"][0] == 4
    assert "training.optimizer names none" in nobody["training.optimizer_args"][1]
    decay = one("pull: 0.1", training="  weight_decay: {choice: [0, 0.1]}")
    assert "has no effect on" in mistakes(decay)["training.weight_decay"][1]
    away = mistakes(one("pull: 0.1", "nowhere_at_all:Lion"))
    assert list(away) == ["training.optimizer"]
    assert "No module named 'nowhere_at_all'" in away["training.optimizer"][1]


def test_momentum_is_no_idle_setting_of_a_class_that_has_it() -> None:
    text = 'task: {type: sine}\ntraining: {optimizer: "torch.optim:SGD", momentum: 0.9}\n'
    assert not [note for note in describe(read(text)).notes if "does nothing" in note]
    idle = text.replace("SGD", "NAdam")
    assert [note for note in describe(read(idle)).notes if "momentum does nothing" in note]


def test_overrides_set_arguments_and_leave_those_of_others_idle() -> None:
    key = "training.optimizer_args.pull"
    assert read(BOTH, f"{key}=0.3").values[key] == 0.3
    for name in ("adam", NADAM):
        pinned = read(BOTH, f"training.optimizer={name}")
        assert any(f"{key} does nothing" in note for note in pinned.notes)
    wrong = mistakes(BOTH, "training.optimizer_args.pul=1")
    assert wrong["training.optimizer_args.pul"][0] is None


def test_python_the_reference_and_the_schema_know_the_section() -> None:
    sections = {
        "task": {"type": "sine"},
        "training": {"optimizer": DRIFTING, "optimizer_args": {"pull": 0.3}},
    }
    spec = built(sections, name="args", directory=Path())
    assert spec.values["training.optimizer_args.pull"] == 0.3
    assert len(reference("training.optimizer_args")) == 1
    training = json_schema()["properties"]["training"]["properties"]
    assert training["optimizer_args"]["type"] == ["object", "null"]
