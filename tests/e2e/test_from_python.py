"""Studies from scripts as people write them: without a guard, in a thread, beside a Ray."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from e2e.command import SECONDS, environment

SEARCH = """
import numpy
from rnnsearch import Arrays, Study, choice

def search():
    draw = numpy.random.default_rng(0)
    x = draw.normal(size=(40, 5, 2))
    y = x.sum((1, 2)) > 0
    study = Study(
        task=Arrays(train=(x, y), val=(x, y), test=(x, y)),
        model={"cell": choice(["rnn", "gru"]), "hidden_size": 4},
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
    "with a guard": 'if __name__ == "__main__":\n    search()',
    "in a thread": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:
    pool.submit(search).result()
""",
    "under a running loop": """
import asyncio
async def main():
    search()
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "beside a Ray of one's own": """
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
assert ray.is_initialized()
assert ray.get(counter.add.remote()) == 2
""",
    "twice": "search()\nassert search().directory.name == 'arrays-2'",
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
