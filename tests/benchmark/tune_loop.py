"""What a report costs in Ray Tune's own loop: a real one, with workers that do nothing."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from rnnsearch.search.messages import PackReport, Update

FIRST, REPORTS = 50, 600
"""Reports until the measuring begins, and those that are measured."""
WAITS = 60


def milliseconds_a_report(packs: Sequence[int]) -> dict[int, float]:
    """Processor milliseconds of the driver for a report of a pack with 64 trials and its answer, by
    the number of packs.

    Two real ones are measured, and what it takes to wait for one of many: Tune shuffles what it
    waits for, and hands all of it to Ray, for each report.
    """
    from rnnsearch.search.tune.cluster import set_switches

    set_switches()
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = "10"
    import ray
    from ray import tune
    from ray.tune.schedulers import FIFOScheduler, TrialScheduler

    from rnnsearch.search.tune.no_output import NoReport
    from rnnsearch.search.tune.pack_trainable import REPORT

    names = [str(number) for number in range(64)]

    class Idle(tune.Trainable):  # type: ignore[misc]
        def step(self) -> dict[str, Any]:
            time.sleep(0.02)
            return {REPORT: [PackReport(roster=dict.fromkeys(names, 1))]}

        def update(self, update: Update) -> None:
            del update

    class Counting(FIFOScheduler):  # type: ignore[misc]
        seen = 0
        begun = took = 0.0

        def on_trial_result(self, controller: Any, trial: Any, result: dict[str, Any]) -> str:
            del controller, result
            self.seen += 1
            if self.seen == FIRST:
                self.begun = time.process_time()
            if self.seen >= FIRST + REPORTS:
                self.took = self.took or time.process_time() - self.begun
                return str(TrialScheduler.STOP)
            update = Update(self.seen, limits=dict.fromkeys(names, 3))
            trial.temporary_state.ray_actor.update.remote(update)
            return str(TrialScheduler.CONTINUE)

    scheduler = Counting()
    with tempfile.TemporaryDirectory(prefix="bench-tune-") as folder:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            tune.Tuner(
                tune.with_resources(Idle, {"cpu": 1}),
                tune_config=tune.TuneConfig(num_samples=2, scheduler=scheduler),
                run_config=tune.RunConfig(
                    storage_path=folder, verbose=0, progress_reporter=NoReport()
                ),
            ).fit()
            of_two = 1000 * scheduler.took / REPORTS
            few, *waits = (_milliseconds_a_wait(count) for count in (2, *packs))
        finally:
            ray.shutdown()
    return {count: of_two + wait - few for count, wait in zip(packs, waits, strict=True)}


def _milliseconds_a_wait(packs: int) -> float:
    """What it takes to wait for the first of so many packs, in the median."""
    import ray

    @ray.remote(num_cpus=0)
    class Busy:
        def train(self) -> None:
            time.sleep(3600)

    busy: Any = Busy
    one = busy.remote()
    pending = [one.train.remote() for _ in range(packs - 1)]
    took = []
    for _ in range(WAITS):
        done = ray.put(None)
        begun = time.process_time()
        awaited = [*pending, done]
        random.shuffle(awaited)
        ray.wait(awaited, num_returns=1, timeout=10)
        took.append(time.process_time() - begun)
    ray.kill(one)
    return 1000 * median(took)
