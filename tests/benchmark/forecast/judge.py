"""Scores the weights that a rival kept.

    python -m forecast.judge PROBLEM DATA WEIGHTS

Prints JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from forecast.problems import Part, data_of


def main() -> None:
    """Print the errors on the validation and on the test part."""
    name, folder, weights = sys.argv[1:4]
    problem, data = data_of(name, folder)
    path, parts = Path(weights), ("val", "test")
    scores: dict[Part, float] = {}
    if path.name.startswith("Auto"):
        from forecast import by_neuralforecast

        for part in parts:
            scores[part] = data.score(part, by_neuralforecast.forecasts(problem, data, path, part))
    else:
        from forecast.plain import load

        trial = load(problem, data, path)
        for part in parts:
            scores[part] = data.score(part, trial.forecasts(part))
    print(json.dumps(scores))


if __name__ == "__main__":
    main()
