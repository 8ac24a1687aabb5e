"""Learning curves of multilayer perceptrons by YAHPO Gym's surrogate of LCBench, as a table.

The surrogate is an ONNX file of 2 MB that this project does not ship (`RNNSEARCH_DATA` names the
folder that has `lcbench/`). It answers for any configuration, so none has to stand for another;
ranks are among configurations drawn at random. Pfisterer et al., "YAHPO Gym" (2022), on the data of
Zimmer et al., "Auto-PyTorch Tabular" (2021).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from rnnsearch.space.load import loads
from rnnsearch.space.proposals import suggest
from table.reading import HERE, Table, Training

TASKS = 3
"""Every eleventh of the 34 OpenML tasks."""
PREFIX = "lcbench_"
DRAWN = 1000
EPOCHS = 52
ORDER = (
    "epoch",
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)
SPACE = """
task: {type: script, function: "table.lcbench:train", metric: val_accuracy, goal: maximize}
params:
  task: TASK
  batch_size: {logint: [16, 512]}
  learning_rate: {loguniform: [1.0e-4, 0.1]}
  momentum: {uniform: [0.1, 0.99]}
  weight_decay: {uniform: [1.0e-5, 0.1]}
  num_layers: {int: [1, 5]}
  max_units: {logint: [64, 1024]}
  max_dropout: {uniform: [0.0, 1.0]}
training: {max_epochs: 52}
"""


def folder() -> Path | None:
    """Where the surrogate lies; None where it is not at hand."""
    path = Path(os.environ.get("RNNSEARCH_DATA", "")) / "lcbench"
    return path if (path / "model.onnx").is_file() else None


def spaces() -> list[str]:
    """Names of the tasks that are compared; none without the surrogate."""
    where = folder()
    if where is None:
        return []
    space = json.loads((where / "config_space.json").read_text())
    tasks = space["hyperparameters"][0]["choices"]
    return [PREFIX + task for task in tasks[:: len(tasks) // TASKS][:TASKS]]


@cache
def _session() -> Any:
    import onnxruntime

    where = folder()
    assert where is not None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(where / "model.onnx"), options)
    return session, json.loads((where / "encoding.json").read_text())["OpenML_task_id"]


def curves(task: str, params: Sequence[Mapping[str, Any]]) -> list[Training]:
    """Trainings of some configurations of a task.

    Args:
        params: Values by the keys of `ORDER` but the epoch.
    """
    session, encoding = _session()
    epochs = range(1, EPOCHS + 1)
    rows = [[epoch, *(one[key] for key in ORDER[1:])] for one in params for epoch in epochs]
    category = np.full((len(rows), 1), encoding[task], np.int32)
    inputs = {"x_cat": category, "x_cont": np.array(rows, np.float32)}
    (answers,) = session.run(None, inputs)
    trainings = []
    for block in answers.reshape(len(params), EPOCHS, -1):
        # The surrogate's time grows with the epoch, but for its errors.
        time = np.maximum.accumulate(np.maximum(block[:, 0], 1e-3))
        seconds = np.diff(time, prepend=0.0)
        tested = block[:, 5]
        trainings.append(
            Training(*(tuple(map(float, x)) for x in (block[:, 1], tested, seconds)), EPOCHS)
        )
    return trainings


class Surrogate(Table):
    """A table that trains whatever it is asked for."""

    def __init__(self, name: str) -> None:
        task = name.removeprefix(PREFIX)
        spec = loads(SPACE.replace("TASK", repr(task)), name=name, directory=HERE)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        drawn = [suggest(spec, study.ask()) for _ in range(DRAWN)]
        self._task = task
        trainings = enumerate(curves(task, [_plain(one) for one in drawn]))
        made = {"surrogate": "YAHPO Gym, LCBench", "task": task, "drawn": DRAWN}
        super().__init__(name, spec, drawn, {row: [one] for row, one in trainings}, made)

    def row(self, params: Mapping[str, Any]) -> int:
        key = tuple(params[name] for name in self.space)
        if key not in self._known:
            self._known[key] = len(self.first)
            self.first += curves(self._task, [_plain(params)])
        return self._known[key]


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix("params."): value for key, value in params.items()}


def train(config: Any, state: Any = None) -> Iterator[dict[str, float]]:
    """The same as a training script, so that a study can search it: `SPACE` is its file."""
    (training,) = curves(config.task, [{key: getattr(config, key) for key in ORDER[1:]}])
    for value, tested in zip(training.objective, training.test, strict=True):
        yield {"val_accuracy": value, "test_balanced_accuracy": tested}
