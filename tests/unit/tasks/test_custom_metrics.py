"""Metrics that a person brought, beside the task's: of all answers of a part, in its own units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnsearch.errors import SpaceFileError
from rnnsearch.models.config import ModelConfig
from rnnsearch.space.load import loads
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig
from rnnsearch.testing.tasks import networks
from rnnsearch.testing.waves import curve, drain
from rnnsearch.training.codec import config_to_json, custom_classes
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

HERE = "unit.tasks.test_custom_metrics"
torch.set_num_threads(1)


def off(outputs: Any, targets: Any) -> Any:
    """The mean absolute error again."""
    assert outputs.shape == targets.shape
    assert outputs.dtype == targets.dtype == np.float64
    return np.abs(outputs - targets).mean()


def right(outputs: Any, targets: Any) -> Any:
    """The accuracy again."""
    np.testing.assert_allclose(outputs.sum(1), 1)
    return (outputs.argmax(1) == targets).mean()


right.goal = "maximize"  # type: ignore[attr-defined]


def silent(outputs: Any, targets: Any) -> Any:
    return None


def stumbling(outputs: Any, targets: Any) -> Any:
    return outputs @ targets[:, None, None]


def odd(outputs: Any, targets: Any) -> Any:
    return 0.0


odd.goal = "upwards"  # type: ignore[attr-defined]

OFF, RIGHT = f"{HERE}:off", f"{HERE}:right"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metrics")
    draw = np.random.default_rng(0)
    rows = ["walk,a,way,end,tag"]
    for walk in range(40):
        values = 100 + np.cumsum(draw.normal(0, 3, int(draw.integers(2, 7))))
        way = "up" if walk % 2 else "down"
        tail = [f"{way},{values[-1]:.3f},{'high' if one > 100 else 'low'}" for one in values]
        rows += [f"w{walk},{one:.4f},{rest}" for one, rest in zip(values, tail, strict=True)]
    (folder / "walks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    x = draw.normal(size=(30, 4, 2))
    numbers = {"x": x, "y": 50 + 9 * x[:, -1, :]}
    np.savez(folder / "numbers.npz", **numbers)
    np.savez(folder / "steps.npz", x=x, y=(x[..., 0] > 0).astype(int))
    return folder


def configs(folder: Path) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "path": str(folder / "walks.csv"), "id": "walk", "features": ("a",)
    }  # fmt: skip
    return {
        "val_mae": [
            ValueConfig(target="end", metrics=(OFF,), **columns),
            ArraysConfig(path=str(folder / "numbers.npz"), metrics=(OFF,)),
        ],
        "val_accuracy": [
            LabelsConfig(label="way", metrics=(RIGHT,), **columns),
            TagsConfig(label="tag", metrics=(RIGHT,), **columns),
            ArraysConfig(path=str(folder / "steps.npz"), metrics=(RIGHT,)),
        ],
    }


def test_they_are_given_all_answers_in_the_units_of_the_data(folder: Path) -> None:
    for own, tasks in configs(folder).items():
        for config in tasks:
            data = load_data(config)
            task = build_task(config, data, torch.device("cpu"), torch.float32)
            name = config.metrics[0].rpartition(":")[2]
            for part in ("val", "test"):
                figures = task.evaluate(networks(data, 3, head=task.head), part, None)
                wanted = figures[own.replace("val", part)]
                torch.testing.assert_close(figures[f"{part}_{name}"], wanted)
                assert len(set(wanted.tolist())) > 1 or own == "val_accuracy"
            metrics = {metric.name: metric.goal for metric in data.metrics()}
            assert set(metrics) == set(
                task.evaluate(networks(data, 1, head=task.head), "val", None)
            )
            assert metrics[f"val_{name}"] == metrics[own]


def test_a_trial_is_judged_by_one(folder: Path) -> None:
    task = configs(folder)["val_mae"][0]
    data = load_data(task)
    pack = Pack({task: data}, objective="val_off", goal="minimize")
    how = TrainingConfig(learning_rate=0.03, batch_size=8, max_epochs=2)
    model = ModelConfig(cell="gru", hidden_size=4)
    pack.add("trial", TrialConfig(task=task, model=model, training=how, seed=1))
    for metrics in curve(drain(pack, {"trial": 2})):
        assert metrics["val_off"] == pytest.approx(metrics["val_mae"])


def test_a_model_names_them_as_code_of_somebodys_own() -> None:
    task = LabelsConfig(generated=GeneratedConfig(rule="random"), metrics=(RIGHT,))
    config = TrialConfig(task=task, model=ModelConfig(), training=TrainingConfig(), seed=0)
    assert custom_classes(config_to_json(config)) == [f"the metric {RIGHT}"]


def space(more: str, search: str = "") -> str:
    made = "{rule: sign_of_last, count: 40, held_out: 10}"
    return f"task:\n  type: labels\n  generated: {made}\n  {more}\n{search}"


def test_a_study_may_be_judged_by_one() -> None:
    text = space(f'metrics: ["{RIGHT}"]', "search: {metric: val_right}")
    spec = loads(text, name="own", directory=Path())
    assert spec.search.goal == "maximize"
    assert loads(spec.yaml, name="own", directory=Path()) == spec


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (f'["{HERE}:nowhere"]', "has no nowhere. Write package.module:function"),
        ('["right"]', "names no function"),
        (
            f'["{HERE}:silent"]',
            r"outputs (32, 2) and targets (32,), gives an object of the class N",
        ),
        (f'["{HERE}:stumbling"]', "in stumbling)"),
        (f'["{HERE}:odd"]', "has the goal 'upwards'"),
        (f'["{RIGHT}", "{RIGHT}"]', "would be val_right, which is there already"),
        (f'["{HERE}:OFF"]', "is no function"),
    ],
)
def test_what_is_wrong_with_one_is_told_with_its_line(paths: str, words: str) -> None:
    with pytest.raises(SpaceFileError) as caught:
        loads(space(f"metrics: {paths}"), name="own", directory=Path())
    (mistake,) = caught.value.mistakes
    assert (mistake.key, mistake.line) == ("task.metrics", 4)
    assert words in mistake.message
