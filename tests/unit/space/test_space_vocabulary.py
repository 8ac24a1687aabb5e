"""A user's own task says of its fields what ours say, and every command holds it to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from rnnsearch import Metric
from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.space.describe import describe
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import task_config, trial_config
from rnnsearch.training.codec import config_from_json, config_to_json
from rnnsearch.vocabulary import DURATION, PATH, SAME_SCORES, NeverSampled, OneOf, Range


@dataclass(frozen=True)
class Gauss:
    """Normal noise."""

    type: Literal["gauss"] = "gauss"
    scale: Annotated[float, "Its standard deviation.", Range(0, 2)] = 0.5
    seed: Annotated[int, Range(0, 9)] = 0


@dataclass(frozen=True)
class Steady:
    """None at all."""

    type: Literal["steady"] = "steady"
    level: float = 0.0


def noises() -> dict[str, type]:
    return {"gauss": Gauss, "steady": Steady}


@dataclass(frozen=True)
class Noisy:
    """Say the numbers without their noise.

    Attributes:
        length: Numbers a sequence.
    """

    length: Annotated[int, Range(2, 9)] = 4
    window: Annotated[int, SAME_SCORES] = 1
    seed: Annotated[int, NeverSampled("all say the same numbers")] = 0
    wait: Annotated[float | None, Range(below=60), DURATION] = None
    table: Annotated[str | None, "A file.", PATH] = None
    noise: Annotated[Gauss | Steady, "What is added.", OneOf(noises)] = field(default_factory=Gauss)
    input_size = output_size = 1

    def batch(self, generator: np.random.Generator, size: int) -> tuple[Any, Any]:
        numbers = generator.random((size, self.length, 1))
        return numbers, numbers

    def metrics(self) -> list[Metric]:
        return [Metric("val_mse", "squared units", "minimize", "error")]

    def evaluate(self, predict: Any, part: str) -> dict[str, float]:
        return {f"{part}_mse": float(np.mean(predict(self.batch(np.random.default_rng(1), 2)[0])))}


NAME = f"{__name__}:Noisy"


def study(task: str = "", **more: str) -> StudySpec:
    overrides = [f"{key}={value}" for key, value in more.items()]
    text = f"task: {{type: '{NAME}'{task and ', '}{task}}}"
    return loads(text, name="own", directory=Path("/nowhere"), overrides=overrides)


def mistake(task: str) -> Mistake:
    with pytest.raises(SpaceFileError) as caught:
        study(task)
    (found,) = caught.value.mistakes
    return found


@pytest.mark.parametrize(
    ("task", "key", "said"),
    [
        ("length: 1", "length", "must be at least 2 and at most 9, not 1."),
        ("length: {int: [2, 10]}", "length", "the upper end of int must be at least 2"),
        ("seed: {int: [0, 1]}", "seed", "is never sampled, since all say the same numbers."),
        ("wait: 3", "wait", "must be a time above 0 with its unit"),
        ("wait: 2m", "wait", "must be below 60 (seconds)"),
        ("noise: {scale: 3}", "noise.scale", "must be at least 0 and at most 2, not 3."),
        ("noise: {type: gaus}", "noise.type", "must be one of gauss, steady"),
        ("noise: {type: {choice: [gauss, steady]}}", "noise.type", "is never sampled"),
        ("noise: {scal: 1}", "noise.scal", "unknown key"),
        ("noise: {type: steady, scale: x}", "noise.scale", "must be a number"),
        ("noise: gauss", "noise", "must be a mapping of type, scale, seed."),
    ],
)
def test_what_a_field_says_holds(task: str, key: str, said: str) -> None:
    found = mistake(task)
    assert found.key == f"task.{key}"
    assert found.message.startswith(said)


def test_times_and_files_of_a_users_task() -> None:
    spec = study("wait: 30s, table: a.csv")
    assert spec.values["task.wait"] == 30.0
    assert spec.values["task.table"] == "/nowhere/a.csv"
    assert '  wait: "30s"\n' in spec.yaml
    assert loads(spec.yaml, name="own", directory=Path()) == spec


def test_what_keeps_scores_comparable_is_not_warned_of() -> None:
    warned = "trials are compared by val_mse though"
    assert any(warned in note for note in describe(study("length: {int: [2, 4]}")).notes)
    assert not any(warned in note for note in describe(study("window: {int: [1, 2]}")).notes)


def test_one_of_several_configs() -> None:
    assert task_config(study().values).noise == Gauss()
    assert task_config(study("noise: {scale: 1}").values).noise == Gauss(scale=1.0)
    spec = study("noise: {type: steady}", **{"task.noise.level": "{uniform: [1, 2]}"})
    assert trial_config(spec, {"task.noise.level": 1.5}, 0).task.noise == Steady(level=1.5)
    config = trial_config(spec, {}, 0)
    assert config.task.noise == Steady()
    assert config_from_json(config_to_json(config)) == config
    assert describe(spec).parameters[0].default == 0.0
    assert loads(spec.yaml, name="own", directory=Path()) == spec


def test_a_key_of_a_config_that_is_not_chosen_is_read_left_out_and_said() -> None:
    spec = study("noise: {type: steady, scale: 1}")
    assert "scale" not in spec.yaml
    assert "task.noise.scale does nothing while task.noise.type is steady" in describe(spec).notes
    assert not study("noise: {type: gauss, scale: 1}").notes
