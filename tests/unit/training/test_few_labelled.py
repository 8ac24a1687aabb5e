"""Few labelled sequences in many classes: the winner by folds against that by a small part."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
import torch

from rnnsearch.goal import Goal, Judge
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sequences.config import GroupedConfig
from rnnsearch.tasks.splits import TableSplitConfig
from rnnsearch.testing.waves import drain
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.report import EpochReport
from rnnsearch.training.trained import TrainedModel

CLASSES, TRAINED, TESTED = 12, 300, 1200
TRIALS, EPOCHS, SEEDS = 8, 15, 10


def written(path: Path) -> Path:
    """Noisy waves of 8 to 24 time steps: four frequencies, three phases, and a second column."""
    draw = np.random.default_rng(0)
    rows = ["id,x,y,label,part"]
    for number in range(TRAINED + TESTED):
        kind, steps = number % CLASSES, int(draw.integers(8, 25))
        time = np.linspace(0, 1, steps)
        angle = 2 * np.pi * (1 + kind % 4) * time
        first = np.sin(angle + 2 * np.pi * (kind // 4) / 3)
        second = np.cos(angle) if kind % 2 else time * (kind // 4 - 1)
        noisy = np.stack([first, second], axis=1) + draw.normal(0, 0.7, (steps, 2))
        tail = f"c{kind:02d},{'train' if number < TRAINED else 'test'}"
        rows += [f"s{number},{x:.4f},{y:.4f},{tail}" for x, y in noisy]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def searched(task: LabelsConfig, seed: int) -> dict[str, float]:
    """The test accuracies of the winners of a random search, by how they are chosen, and that of
    the logistic regression."""
    data = load_data(task)
    pack = Pack({task: data}, objective="val_accuracy", goal="maximize")
    draw = np.random.default_rng(seed)
    trials = {}
    for number in range(TRIALS):
        how = TrainingConfig(
            learning_rate=float(np.exp(draw.uniform(np.log(0.001), np.log(0.03)))),
            batch_size=16,
            max_epochs=EPOCHS,
        )
        model = ModelConfig(cell="gru", hidden_size=int(draw.choice([8, 16, 32])))
        trials[str(number)] = TrialConfig(task=task, model=model, training=how, seed=number)
        pack.add(str(number), trials[str(number)])
    last: dict[str, EpochReport] = {}
    for report in drain(pack, dict.fromkeys(trials, EPOCHS)).reports:
        last[report.trial_id] = report
    judge = Judge("val_accuracy", Goal.MAXIMIZE, "val_nats")

    def standing(name: str) -> Any:
        best = last[name].best
        return judge.of({"val_accuracy": best.value, "val_nats": best.loss or 0.0})

    winners = {
        "first of the most accurate": max(trials, key=lambda name: last[name].best.value),
        "ties by the loss": min(trials, key=standing),
    }
    scores: dict[str, float] = {}
    for how_chosen, name in winners.items():
        weights = pack.remove(name) if name in pack.roster else None
        if weights is None:  # both ways chose the same
            scores[how_chosen] = next(iter(scores.values()))
            continue
        trained = TrainedModel.from_weights(trials[name], weights, data)
        scores[how_chosen] = trained.evaluate("test", data)["test_accuracy"]
    (logistic,) = [one for one in data.baselines() if "logistic" in one.name]
    return {**scores, "logistic regression": logistic.metrics["test_accuracy"]}


@pytest.mark.slow
def test_folds_choose_better_than_a_small_validation_part(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    path = str(written(tmp_path / "waves.csv"))
    columns: dict[str, Any] = {"path": path, "id": "id", "features": ("x", "y")}
    split = TableSplitConfig(column="part", val=0.1)
    accuracies: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        for folds in (0, 5):
            task = LabelsConfig(
                split=split, split_seed=seed, validation=GroupedConfig(folds=folds), **columns
            )
            for how_chosen, accuracy in searched(task, seed).items():
                accuracies.setdefault(f"{folds} folds, {how_chosen}", []).append(accuracy)
    for how_chosen, values in accuracies.items():
        spread = np.std(values, ddof=1)
        print(f"{how_chosen}: {fmean(values):.4f} +- {spread:.4f} (least {min(values):.4f})")
    folds = accuracies["5 folds, ties by the loss"]
    part = accuracies["0 folds, ties by the loss"]
    assert fmean(folds) > fmean(part)
    assert min(folds) > min(part)
    assert fmean(part) > fmean(accuracies["0 folds, logistic regression"]) + 0.1
