"""The stock example: Ray Tune, OptunaSearch, ASHAScheduler, one CPU a trial.

As Ray's own examples have it; only a callback that takes the times is added, and nothing is written
to MLflow.
"""

from __future__ import annotations

import time
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

from forecast.plain import Trial
from forecast.problems import data_of
from forecast.shared import Call, Space, space_of

METRIC = "value"


class Watch(tune.Callback):
    """Notes every report and every trial's end."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.best: dict[str, float] = {}

    def on_trial_result(
        self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any
    ) -> None:
        name, value = trial.trial_id, result[METRIC]
        self.best[name] = min(value, self.best.get(name, float("inf")))
        self.call.note("report", name, value)

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:
        if trial.trial_id in self.best:
            self.call.note("trial", trial.trial_id, self.best[trial.trial_id])


def param_space(space: Space) -> dict[str, Any]:
    """The space in Ray Tune's words."""
    kinds: dict[str, Any] = {
        "choice": lambda *ends: tune.choice(list(ends)),
        "logint": lambda low, high: tune.lograndint(int(low), int(high) + 1),
        "loguniform": tune.loguniform,
        "uniform": tune.uniform,
    }
    return {name: kinds[kind](*ends) for name, (kind, ends) in space.searched.items()}


def main() -> None:
    """Search until the deadline."""
    call = Call.of_command()
    problem, data = data_of(call.problem, call.data)
    space = space_of(problem.space)
    call.note("imported")

    def train(config: dict[str, Any]) -> None:
        name = tune.get_context().get_trial_id()
        training = Trial(problem, data, {**space.fixed, **config}, call.seed)
        best = float("inf")
        for value in training.epochs():
            if value < best and time.time() < call.deadline:
                best = value
                training.save(call.weights(name))
            tune.report({METRIC: value})

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        param_space=param_space(space),
        tune_config=tune.TuneConfig(
            metric=METRIC,
            mode="min",
            search_alg=OptunaSearch(seed=call.seed),
            scheduler=ASHAScheduler(
                max_t=space.epochs, grace_period=space.grace, reduction_factor=space.factor
            ),
            num_samples=-1,
            time_budget_s=call.deadline - time.time(),
        ),
        run_config=tune.RunConfig(
            name="rival", storage_path=str(call.folder), verbose=0, callbacks=[Watch(call)]
        ),
    ).fit()
    ray.shutdown()


if __name__ == "__main__":
    main()
