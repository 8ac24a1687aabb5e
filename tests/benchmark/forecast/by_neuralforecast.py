"""neuralforecast's AutoLSTM and AutoGRU with their Optuna backend, one after the other's core.

    python -m forecast.by_neuralforecast PROBLEM DATA FOLDER DEADLINE SEED own|ours

Two processes, one for each, with one thread each: so they take two cores as all others do. Spaces
are their own (`own`), or cut to the sizes of our space file (`ours`).
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from forecast.problems import Data, Floats, Part, Problem, data_of
from forecast.shared import Call, space_of

KINDS = ("AutoLSTM", "AutoGRU")
QUIET = {
    "accelerator": "cpu",
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "logger": False,
}


def fed(problem: Problem, data: Data) -> Floats:
    """The rows as they are given: scaled where errors are, so that its loss is the error."""
    return data.standard if problem.scaled else data.rows


def dataset_of(problem: Problem, data: Data, end: int) -> Any:
    """All columns up to a row as series of their own."""
    import pandas as pd
    from neuralforecast.tsdataset import TimeSeriesDataset

    rows = fed(problem, data)[:end]
    columns = len(problem.columns)
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat([f"{place:02d}" for place in range(columns)], len(rows)),
            "ds": np.tile(np.arange(len(rows)), columns),
            "y": rows.T.reshape(-1),
        }
    )
    return TimeSeriesDataset.from_df(frame)[0]


def work(call: Call, kind: str, own: bool) -> None:
    """One process: trials of one kind until the deadline."""
    warnings.filterwarnings("ignore")
    import optuna
    import torch
    from neuralforecast import auto
    from neuralforecast.losses.pytorch import MSE

    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    problem, data = data_of(call.problem, call.data)
    call.note("imported")
    base: Any = getattr(auto, kind)
    count = iter(range(1_000_000))

    class Kept(base):  # type: ignore[misc]
        """Writes each trial's weights, as whoever needs a model does."""

        def _fit_model(self, *arguments: Any, **more: Any) -> Any:
            model = super()._fit_model(*arguments, **more)
            model.save(str(call.weights(f"{kind}-{next(count)}")))
            return model

    def ended(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if trial.value is not None:
            value = trial.value if problem.squared else float(np.sqrt(trial.value))
            call.note("trial", f"{kind}-{trial.number}", value)

    theirs = base.get_default_config(h=problem.horizon, backend="optuna")
    search = Kept(
        h=problem.horizon,
        loss=MSE(),
        config=quiet(theirs) if own else cut(problem),
        search_alg=optuna.samplers.TPESampler(seed=call.seed),
        num_samples=1_000_000,
        time_budget=call.deadline - time.time(),
        backend="optuna",
        callbacks=[ended],
    )
    _, val, test = problem.sizes
    search.fit(dataset_of(problem, data, len(data.rows)), val_size=val, test_size=test)


def quiet(config: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """Their space, without bars and logs."""
    return lambda trial: {**config(trial), **QUIET}


def cut(problem: Problem) -> Callable[[Any], dict[str, Any]]:
    """Contexts, units and learning rates of our space file, one layer, and few steps."""
    searched = space_of(problem.space).searched
    contexts = searched.get("task.context", ("choice", [24, 48, 96]))[1]
    units = searched["model.hidden_size"][1]

    def config(trial: Any) -> dict[str, Any]:
        context = trial.suggest_categorical("input_size", contexts)
        return {
            "input_size": context,
            "encoder_n_layers": 1,
            "encoder_hidden_size": trial.suggest_categorical("encoder_hidden_size", units),
            "decoder_hidden_size": trial.suggest_categorical("decoder_hidden_size", units),
            "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
            "max_steps": trial.suggest_categorical("max_steps", STEPS),
            "val_check_steps": max(STEPS),
            "batch_size": 32,
            "random_seed": trial.suggest_int("random_seed", 1, 20),
            **QUIET,
        }

    return config


STEPS = (100, 200)
"""Training steps of a trial whose space is cut, with one look at the validation part at the end."""


def forecasts(problem: Problem, data: Data, path: Path, part: Part) -> Floats:
    """What a kept model forecasts from every origin of a part."""
    warnings.filterwarnings("ignore")
    from neuralforecast.models import GRU, LSTM

    model: Any = (LSTM if "LSTM" in path.name else GRU).load(str(path))
    start, end = data.bounds(part)
    model.set_test_size(end - start)
    answers = model.predict(dataset_of(problem, data, end), step_size=1)
    columns, windows = len(problem.columns), len(data.origins(part))
    ahead = answers.reshape(columns, windows, problem.horizon).transpose(1, 2, 0)
    return np.asarray(ahead * data.spread + data.center if problem.scaled else ahead, np.float64)


def main() -> None:
    """Search until the deadline, or until somebody ends this."""
    call, own = Call.of_command(), sys.argv[6] == "own"
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(call, kind, own)) for kind in KINDS]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
