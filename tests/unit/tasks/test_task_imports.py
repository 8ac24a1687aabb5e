"""What `check` and the driver import of tasks costs no torch."""

from __future__ import annotations

import subprocess
import sys

CHEAP = """
import sys
for blocked in ("torch", "ray", "optuna", "mlflow"):
    sys.modules[blocked] = None
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.families import BUILT_IN, family
from rnnsearch.tasks.labels.config import GeneratedConfig, LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig
import rnnsearch.tasks.sine.baselines, rnnsearch.tasks.text.ngram, rnnsearch.training.codec
assert {"series", "sine", "wave", "adding", "copy", "mackey_glass", "lorenz"} < set(BUILT_IN)
ours = [family(name) for name in BUILT_IN if not family(name).own_loop]
made = [one.config for one in ours if not hasattr(one.config, "path")]
labels = LabelsConfig(generated=GeneratedConfig(rule="random", count=9, held_out=9))
for config in (labels, *(one() for one in made), TextConfig(text="hello world, hello " * 9)):
    data = load_data(config)
    assert data.baselines() and data.metrics() and data.manifest() and data.rows()
"""

TORCH_ALONE = """
import sys
for blocked in ("ray", "optuna", "mlflow"):
    sys.modules[blocked] = None
import rnnsearch.models.network, rnnsearch.tasks.sine.task, rnnsearch.tasks.text.task
import rnnsearch.training.trained
"""


def run(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_data_and_baselines_need_no_torch() -> None:
    run(CHEAP)


def test_tasks_and_models_need_no_ray_optuna_or_mlflow() -> None:
    run(TORCH_ALONE)
