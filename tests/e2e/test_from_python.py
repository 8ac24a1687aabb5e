"""Studies from scripts as people write them: without a guard, in a thread, beside a Ray."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from e2e.command import SECONDS, environment

SEARCH = """
import numpy
import torch
from rnnsearch import Arrays, Study, choice

class Mean(torch.nn.Module):
    def __init__(self, input_size, output_size, units: int = 4):
        super().__init__()
        self.inner = torch.nn.Linear(input_size, units)
        self.outer = torch.nn.Linear(units, output_size)

    def forward(self, x, lengths):
        return self.outer(torch.tanh(self.inner(x)).mean(1))

def train(config, state=None):
    value = state["value"] if state else 1.0
    for _ in range(config.start_epoch, config.max_epochs):
        value = value * config.rate
        yield {"val_loss": value}, {"value": value}

def search(model={"cell": choice(["rnn", "gru"]), "hidden_size": 4}):
    draw = numpy.random.default_rng(0)
    x = draw.normal(size=(40, 5, 2))
    y = x.sum((1, 2)) > 0
    study = Study(
        task=Arrays(train=(x, y), val=(x, y), test=(x, y)),
        model=model,
        training={"learning_rate": 0.02, "batch_size": 8, "max_epochs": 2},
        search={"num_trials": 2, "finalists": {"top": 1, "seeds": 1}},
    )
    result = study.run()
    assert result.state == "complete", result.reason
    labels = result.load_model().classify(x[:2]).labels
    assert set(labels) <= {"True", "False"}
    return result
"""

SCRIPTS = {
    "without a guard": "search()",
    "with a guard": """
if __name__ == "__main__":
    search({"type": Mean, "units": choice([2, 3])})
""",
    "beside a Ray of one's own": """
import asyncio
from concurrent.futures import ThreadPoolExecutor
import ray

ray.init(num_cpus=2, include_dashboard=False)

@ray.remote(num_cpus=0)
class Counter:
    def __init__(self):
        self.count = 0
    def add(self):
        self.count += 1
        return self.count

counter = Counter.remote()
assert ray.get(counter.add.remote()) == 1

search()

with ThreadPoolExecutor(1) as pool:
    assert pool.submit(search).result().directory.name == "arrays-2"

async def main():
    await asyncio.sleep(0)
    assert search({"type": Mean}).directory.name == "arrays-3"
asyncio.run(main())

result = Study(
    task={"type": "script", "function": train, "metric": "val_loss", "goal": "minimize"},
    params={"rate": choice([0.5, 0.25])},
    training={"max_epochs": 3},
    search={"num_trials": 2},
).run()
assert result.load_script().state["value"] in (0.125, 0.015625), result

assert ray.is_initialized()
assert ray.get(counter.add.remote()) == 2
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("case", SCRIPTS)
def test_a_script_runs(case: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"{SEARCH}\n{SCRIPTS[case]}\nprint('done')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.splitlines()[-1] == "done"
