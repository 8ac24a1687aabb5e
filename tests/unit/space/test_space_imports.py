"""Reading, describing, drafting and the schema load none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

SCRIPT = """
import sys
from pathlib import Path
HEAVY = ("torch", "ray", "optuna", "mlflow", "numba", "matplotlib", "pandas")
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HEAVY:
            raise ImportError(f"{name} is imported")
sys.meta_path.insert(0, Refuse())
from rnnsearch.space.describe import describe
from rnnsearch.space.draft import draft
from rnnsearch.space.load import load
from rnnsearch.space.schema import json_schema
from rnnsearch.space.trial import trial_config
for name in ("sine", "hello", "char", "load"):
    spec = load(Path("search_spaces") / f"{name}.yaml")
    describe(spec)
    trial_config(spec, spec.first_params(), 0)
json_schema()
draft(Path(sys.argv[1]))
draft(Path("search_spaces/load.csv"))
print("light")
"""


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("a text to learn by heart " * 40)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(text)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "light\n"
