"""The stock example: Ray Tune, OptunaSearch, ASHAScheduler, MLflowLoggerCallback, one CPU a trial.

    python tests/benchmark/rival_ray.py TRIALS

As Ray's own examples have it; only a callback with a stopwatch is added. Its last line on standard
output is JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# The packages' folder of a plain checkout is not a package: workers find `plain_trial` by this.
_HERE = str(Path(__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_HERE, os.environ.get("PYTHONPATH")]))

import ray  # noqa: E402
from plain_trial import (  # noqa: E402
    CELLS,
    GRACE_PERIOD,
    HIDDEN_SIZES,
    LEARNING_RATES,
    MAX_EPOCHS,
    METRIC,
    REDUCTION_FACTOR,
    epochs,
)
from ray import tune  # noqa: E402
from ray.air.integrations.mlflow import MLflowLoggerCallback  # noqa: E402
from ray.tune.schedulers import ASHAScheduler  # noqa: E402
from ray.tune.search.optuna import OptunaSearch  # noqa: E402


class Stopwatch(tune.Callback):
    """When the first report came and the last trial ended."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.last = 0.0

    def on_trial_result(self, *arguments: Any, **more: Any) -> None:
        self.first = self.first or time.time()

    def on_trial_complete(self, *arguments: Any, **more: Any) -> None:
        self.last = time.time()


def train(config: dict[str, Any]) -> None:
    """A function trainable."""
    for metrics in epochs(config):
        tune.report(metrics)


def main(trials: int) -> None:
    """Search, and print how it went."""
    watch = Stopwatch()
    ray.init(include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory(prefix="rival-ray-") as folder:
        tuner = tune.Tuner(
            tune.with_resources(train, {"cpu": 1}),
            param_space={
                "cell": tune.choice(list(CELLS)),
                "hidden_size": tune.randint(HIDDEN_SIZES[0], HIDDEN_SIZES[1] + 1),
                "learning_rate": tune.loguniform(*LEARNING_RATES),
            },
            tune_config=tune.TuneConfig(
                metric=METRIC,
                mode="min",
                search_alg=OptunaSearch(),
                scheduler=ASHAScheduler(
                    max_t=MAX_EPOCHS, grace_period=GRACE_PERIOD, reduction_factor=REDUCTION_FACTOR
                ),
                num_samples=trials,
            ),
            run_config=tune.RunConfig(
                name="rival",
                storage_path=folder,
                verbose=0,
                callbacks=[
                    MLflowLoggerCallback(
                        tracking_uri=f"sqlite:///{folder}/mlflow.db", experiment_name="rival"
                    ),
                    watch,
                ],
            ),
        )
        results = tuner.fit()
        lengths = [result.metrics["training_iteration"] for result in results if result.metrics]
        falls = [
            frame["train_loss"].iloc[0] > frame["train_loss"].iloc[-1]
            for result in results
            if (frame := result.metrics_dataframe) is not None and len(frame) > 1
        ]
        best = results.get_best_result().metrics
    assert best is not None
    assert watch.first is not None
    ray.shutdown()
    print(
        json.dumps(
            {
                "trials": len(lengths),
                "first_report": watch.first,
                "last_tell": watch.last,
                "stopped": sum(length < MAX_EPOCHS for length in lengths),
                "epochs": sum(lengths),
                "learned": sum(falls) / len(falls),
                "best": best[METRIC],
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
