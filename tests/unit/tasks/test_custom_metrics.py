"""Metrics that a person brought, beside the task's: of all answers of a part, in its own units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnsearch.errors import DataError, SpaceFileError
from rnnsearch.models.config import ModelConfig
from rnnsearch.space.load import loads
from rnnsearch.tasks import answers
from rnnsearch.tasks.custom_metrics import try_metrics
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.folds import ValidationConfig
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.sequences.config import GroupedConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.config import ValidationConfig as RollingConfig
from rnnsearch.tasks.signals.config import LoopConfig
from rnnsearch.tasks.signals.wave import WaveConfig
from rnnsearch.tasks.sine.config import RolloutConfig, SineConfig
from rnnsearch.tasks.splits import TableTimeSplitConfig
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.text.config import TextConfig
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


def off_known(outputs: Any, targets: Any, known: Any) -> Any:
    """The mean absolute error again, of the cells that are not empty."""
    assert outputs.shape == targets.shape == known.shape
    np.testing.assert_array_equal(np.isnan(targets), ~known)
    return np.abs(outputs - targets)[known].mean()


def loops(outputs: Any, targets: Any) -> Any:
    """The RMSE of closed loops again; the axes are waves, steps and features."""
    assert outputs.shape == targets.shape
    assert outputs.shape[1:] == (6, 1)
    return np.sqrt(np.square(outputs - targets).mean())


def surprise(outputs: Any, targets: Any) -> Any:
    """The likelihood of the frames again, from the chances of their events."""
    assert set(np.unique(targets)) == {0, 1}
    return -np.log(np.where(targets, outputs, 1 - outputs)).sum(1).mean()


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
KNOWN, LOOPS, SURPRISE = f"{HERE}:off_known", f"{HERE}:loops", f"{HERE}:surprise"


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
    cells = 50 + 9 * draw.normal(size=(60, 2))
    rows = [f"{at},{a:.4f},{b:.4f}" for at, (a, b) in enumerate(cells)]
    rows[50] = "50,51.5,"
    (folder / "table.csv").write_text("\n".join(["t,a,b", *rows]) + "\n", encoding="utf-8")
    panel = [f"{who},{at},{draw.normal():.4f}" for who in "abcd" for at in range(40)]
    (folder / "panel.csv").write_text("\n".join(["who,t,a", *panel]) + "\n", encoding="utf-8")
    symbols = "".join(draw.choice(list("abc"), 3000, p=[0.5, 0.3, 0.2]).tolist())
    (folder / "text.txt").write_text(symbols, encoding="utf-8")
    parts = {part: draw.integers(0, 2, (30, 3)) for part in ("train", "val", "test")}
    lengths = {f"{part}_lengths": np.array([9, 8, 6, 7]) for part in parts}
    np.savez(folder / "frames.npz", **parts, **lengths)
    return folder


def configs(folder: Path) -> dict[str, Any]:
    """Tasks with a metric that says the same as one of theirs, by that one's name."""
    columns: dict[str, Any] = {
        "path": str(folder / "walks.csv"), "id": "walk", "features": ("a",)
    }  # fmt: skip
    table: dict[str, Any] = {
        "path": str(folder / "table.csv"), "time": "t", "context": 3, "horizon": 2
    }  # fmt: skip
    frames, looping = str(folder / "frames.npz"), LoopConfig(steps=(2, 6), starts=3)
    return {
        "val_mae": [
            ValueConfig(target="end", metrics=(OFF,), **columns),
            ArraysConfig(path=str(folder / "numbers.npz"), metrics=(OFF,)),
            SeriesConfig(targets=("a",), metrics=(OFF,), transform="sqrt1p", **table),
            SeriesConfig(targets=("a", "b"), missing="mask", metrics=(KNOWN,), **table),
            SeriesConfig(
                targets=("a",),
                strategy="direct",
                metrics=(OFF,),
                validation=RollingConfig(windows=3, stride=1),
                quantiles=(0.1, 0.5, 0.9),
                **table,
            ),
            WaveConfig(num_points=200, window=5, horizon=3, metrics=(OFF,)),
            SeriesConfig(
                path=str(folder / "panel.csv"),
                id="who",
                time="t",
                targets=("a",),
                context=3,
                metrics=(OFF,),
                validation=RollingConfig(folds=2),
                split=TableTimeSplitConfig(train=0.8, val=0.0, test=0.2),
            ),
        ],
        "val_accuracy": [
            LabelsConfig(label="way", metrics=(RIGHT,), **columns),
            TagsConfig(label="tag", metrics=(RIGHT,), **columns),
            ArraysConfig(path=str(folder / "steps.npz"), metrics=(RIGHT,)),
            TextConfig(path=str(folder / "text.txt"), metrics=(RIGHT,)),
        ],
        "val_rollout_rmse_6": [
            SineConfig(
                num_points=12, rollout=RolloutConfig(steps=(2, 6), warmup_steps=3), metrics=(LOOPS,)
            ),
            WaveConfig(num_points=200, window=5, rollout=looping, metrics=(LOOPS,)),
        ],
        "val_nll": [
            EventsConfig(path=frames, metrics=(SURPRISE,)),
            EventsConfig(path=frames, metrics=(SURPRISE,), validation=ValidationConfig(folds=3)),
        ],
    }


TASKS = [("val_mae", at) for at in range(7)] + [("val_accuracy", at) for at in range(4)]
TASKS += [(name, at) for name in ("val_rollout_rmse_6", "val_nll") for at in range(2)]


@pytest.mark.parametrize(("own", "number"), TASKS)
def test_models_and_baselines_give_them_all_answers_in_the_units_of_the_data(
    folder: Path, own: str, number: int
) -> None:
    config = configs(folder)[own][number]
    data = load_data(config)
    name = config.metrics[0].rpartition(":")[2]
    of_folds = data.fold(0)[0] if getattr(data, "folds", 0) else data
    task = build_task(config, of_folds, torch.device("cpu"), torch.float32)
    for part in ("val", "test"):
        if part not in of_folds.rows():
            continue
        figures = task.evaluate(networks(of_folds, 3, head=task.head), part, None)
        wanted = figures[own.replace("val", part)]
        torch.testing.assert_close(figures[f"{part}_{name}"].to(wanted), wanted)
        assert len(set(wanted.tolist())) > 1 or own == "val_accuracy"
        for score in data.baselines():
            of_rival = score.metrics[own.replace("val", part)]
            assert score.metrics[f"{part}_{name}"] == pytest.approx(of_rival)
            assert "not scored" not in score.note
    metrics = {metric.name: metric.goal for metric in data.metrics()}
    assert set(metrics) == set(task.evaluate(networks(of_folds, 1, head=task.head), "val", None))
    assert metrics[f"val_{name}"] == metrics[own]
    try_metrics(config.metrics, data)


def test_a_trial_is_judged_by_one(folder: Path) -> None:
    task = configs(folder)["val_mae"][2]
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


def fussy(outputs: Any, targets: Any) -> Any:
    """Not for one answer to all."""
    if np.ptp(outputs[:, 0]) == 0:
        raise ValueError("all answers are alike")
    return 0.5


def test_a_baseline_without_a_metric_says_so(folder: Path) -> None:
    columns = {"path": str(folder / "walks.csv"), "id": "walk", "features": ("a",), "label": "way"}
    folds = GroupedConfig(folds=2)
    for validation in (GroupedConfig(), folds):
        config = LabelsConfig(metrics=(f"{HERE}:fussy",), validation=validation, **columns)
        majority, logistic = load_data(config).baselines()
        assert "val_fussy" not in majority.metrics
        assert ("val_fussy" if validation is folds else "alike") in majority.note
        assert logistic.metrics["val_fussy"] == 0.5
        assert "fussy" not in logistic.note


def test_of_many_answers_some_are_kept_evenly_whatever_the_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "MOST_NUMBERS", 8)
    assert answers.thinned(np.arange(20, 31), 2).tolist() == [20, 23, 26, 29]
    assert answers.kept(11, 2, "frames") == ", of 4 of 11 frames, evenly spread"
    outputs = torch.arange(44.0).reshape(2, 11, 2)
    gathered = answers.Gathering(11, 2)
    for places in ([7, 3, 0], [1, 9, 4], [2, 5, 6, 8, 10]):
        some = torch.tensor(places)
        gathered.add(some, outputs[:, some], some)
    for network, one in enumerate(gathered.answers(lambda shown: shown + 1)):
        assert one.targets.tolist() == [0, 3, 6, 9]
        np.testing.assert_array_equal(one.outputs, outputs[network, ::3] + 1)


def test_one_that_cannot_do_without_empty_cells_is_told_before_the_search(folder: Path) -> None:
    masked = configs(folder)["val_mae"][3]
    with pytest.raises(
        DataError, match=r"gives nan where a target is empty.*f\(outputs, targets, k"
    ):
        try_metrics((f"{HERE}:off",), load_data(masked))


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
