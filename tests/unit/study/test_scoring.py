"""Baselines beside the search."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import subprocess, sys, threading, time
import numpy as np
from threadpoolctl import threadpool_info
from rnnsearch.study.scoring import Scoring
from rnnsearch.tasks.base import Score

class Data:
    def baselines(self):
        import scipy.linalg  # an OpenBLAS of its own, loaded late
        rows = np.random.default_rng(0).normal(size=(2000, 100))
        for _ in range(20):
            np.linalg.lstsq(rows, rows[:, :1], rcond=None)
            scipy.linalg.lstsq(rows[:300], rows[:300, :1])
        threads = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
        assert threads and set(threads) == {1}, threads
        return [Score("linear", {"val_mse": 0.0})]

class Heard:
    events = []
    def on_event(self, event):
        self.events.append(event)

scoring = Scoring(Data(), Heard())
scoring.start()
while scoring.is_alive():
    # a preexec_fn makes Python fork, and the handlers of a fork end OpenBLAS's threads
    subprocess.run([sys.executable, "-c", ""], preexec_fn=lambda: None, check=True)
scoring.join()
assert [event.name for event in Heard.events] == ["linear"]
"""


def test_baselines_do_not_hang_where_the_process_forks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
