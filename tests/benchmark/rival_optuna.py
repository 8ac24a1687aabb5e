"""Plain Optuna in two processes on one journal, with its SuccessiveHalvingPruner; no MLflow.

    python tests/benchmark/rival_optuna.py TRIALS

As Optuna's own examples have it: `study.optimize` in each process on a shared storage. Its last
line on standard output is JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from plain_trial import (
    CELLS,
    GRACE_PERIOD,
    HIDDEN_SIZES,
    LEARNING_RATES,
    METRIC,
    REDUCTION_FACTOR,
    epochs,
)

PROCESSES = 2
NAME = "rival"


def open_study(folder: Path) -> optuna.Study:
    """The study that all processes share."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name=NAME,
        storage=JournalStorage(JournalFileBackend(str(folder / "journal.log"))),
        direction="minimize",
        pruner=optuna.pruners.SuccessiveHalvingPruner(
            min_resource=GRACE_PERIOD, reduction_factor=REDUCTION_FACTOR
        ),
        load_if_exists=True,
    )


def work(folder: Path, trials: int, firsts: Any) -> None:
    """One process: its share of the trials."""
    first: list[float] = []

    def objective(trial: optuna.Trial) -> float:
        params = {
            "cell": trial.suggest_categorical("cell", list(CELLS)),
            "hidden_size": trial.suggest_int("hidden_size", *HIDDEN_SIZES),
            "learning_rate": trial.suggest_float("learning_rate", *LEARNING_RATES, log=True),
        }
        losses = []
        for epoch, metrics in enumerate(epochs(params), start=1):
            losses.append(metrics["train_loss"])
            trial.report(metrics[METRIC], epoch)
            if not first:
                first.append(time.time())
            if trial.should_prune():
                trial.set_user_attr("learned", losses[0] > losses[-1])
                raise optuna.TrialPruned
        trial.set_user_attr("learned", losses[0] > losses[-1])
        return metrics[METRIC]

    open_study(folder).optimize(objective, n_trials=trials)
    firsts.put(first[0])


def main(trials: int) -> None:
    """Search, and print how it went."""
    context = multiprocessing.get_context("spawn")
    firsts = context.Queue()
    with tempfile.TemporaryDirectory(prefix="rival-optuna-") as name:
        folder = Path(name)
        open_study(folder)
        processes = [
            context.Process(target=work, args=(folder, trials // PROCESSES, firsts))
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        first = min(firsts.get() for _ in processes)
        for process in processes:
            process.join()
        study = open_study(folder)
        found = study.get_trials(deepcopy=False)
        best = study.best_value
    ends = [trial.datetime_complete.timestamp() for trial in found if trial.datetime_complete]
    print(
        json.dumps(
            {
                "trials": len(found),
                "first_report": first,
                "last_tell": max(ends),
                "stopped": sum(trial.state == optuna.trial.TrialState.PRUNED for trial in found),
                "epochs": sum(len(trial.intermediate_values) for trial in found),
                "learned": sum(trial.user_attrs["learned"] for trial in found) / len(found),
                "best": best,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
