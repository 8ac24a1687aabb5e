"""Plain Optuna in two processes on one journal, with its SuccessiveHalvingPruner.

As Optuna's own examples have it: `study.optimize` in each process on a shared storage.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from forecast.plain import Trial
from forecast.problems import data_of
from forecast.shared import Call, Space, space_of

PROCESSES = 2
NAME = "rival"


def open_study(call: Call, space: Space, seed: int) -> optuna.Study:
    """The study that all processes share."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        study_name=NAME,
        storage=JournalStorage(JournalFileBackend(str(call.folder / "journal.log"))),
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(
            min_resource=space.grace, reduction_factor=space.factor
        ),
        load_if_exists=True,
    )


def proposed(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """The parameters of a trial."""
    params: dict[str, Any] = {}
    for name, (kind, ends) in space.searched.items():
        if kind == "choice":
            params[name] = trial.suggest_categorical(name, ends)
        elif kind == "logint":
            params[name] = trial.suggest_int(name, int(ends[0]), int(ends[1]), log=True)
        else:
            params[name] = trial.suggest_float(name, *ends, log=kind == "loguniform")
    return params


def work(call: Call, number: int) -> None:
    """One process: trials until the deadline."""
    problem, data = data_of(call.problem, call.data)
    space = space_of(problem.space)
    call.note("imported")

    def objective(trial: optuna.Trial) -> float:
        params = {**space.fixed, **proposed(trial, space)}
        training = Trial(problem, data, params, 1000 * call.seed + trial.number)
        best, name = float("inf"), f"trial-{trial.number}"
        for epoch, value in enumerate(training.epochs(), start=1):
            call.note("report", name, value)
            late = time.time() > call.deadline
            if value < best and not late:
                best = value
                training.save(call.weights(name))
            trial.report(value, epoch)
            if late:
                trial.study.stop()
            if late or trial.should_prune():
                call.note("trial", name, best)
                raise optuna.TrialPruned
        call.note("trial", name, best)
        return best

    open_study(call, space, 10 * call.seed + number).optimize(
        objective, timeout=call.deadline - time.time()
    )


def main() -> None:
    """Search until the deadline."""
    call = Call.of_command()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(call, number)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
