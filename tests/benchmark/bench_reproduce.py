"""Whether trials are trained again to the last bit: five small studies, and all their trials.

    rnnsearch bench reproduce [--trials 40] [--spaces sine text ...] [--json FILE]

Each study is searched as `rnnsearch run` searches it: many trials at a time in packs that Ray
places, stopped by ASHA, some of them diverging, with finalists. Then a new process without Ray
trains every trial again, each one alone and from its seed, and the finalists' other seeds too. The
exit status is 1 where a bit differs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measured import keep

ROOT = Path(__file__).parents[2]
READER = ROOT / "rnnsearch" / "guide" / "examples" / "network" / "reader.py"
SEARCH = """
search:
  num_trials: {trials}
  sampler: {{type: random}}
  scheduler: {{type: asha, grace_period: 2, reduction_factor: 2}}
  finalists: {{top: 2, seeds: 2}}
"""
SPACES = {
    "sine": """
task: {type: sine}
model:
  cell: {choice: [rnn, gru, lstm]}
  hidden_size: {logint: [4, 32]}
  num_layers: {int: [1, 2]}
  dropout: {uniform: [0.0, 0.4], when: {model.num_layers: {min: 2}}}
training:
  learning_rate: {loguniform: [0.001, 300]}
  optimizer: {choice: [adam, sgd]}
  steps_per_epoch: 20
  max_epochs: 8
""",
    "text": """
task: {type: text, path: book.txt, sample: 0}
model: {cell: {choice: [gru, lstm, lru]}, hidden_size: {logint: [8, 32]}}
training: {seq_len: 16, batch_size: 8, learning_rate: {loguniform: [0.0003, 30]}, max_epochs: 6}
""",
    "series": """
task:
  {type: series, path: table.csv, time: null, targets: [y], past: [x], horizon: 4,
   context: {choice: [8, 16]}, strategy: direct}
model: {cell: {choice: [gru, minlstm, rnn]}, hidden_size: {logint: [4, 16]}}
training:
  loss: {choice: [mse, l1]}
  learning_rate: {loguniform: [0.001, 10]}
  batch_size: 32
  max_epochs: 6
""",
    "labels": """
task: {type: labels, path: words}
model:
  cell: {choice: [gru, lstm]}
  hidden_size: {logint: [8, 32]}
  bidirectional: {choice: [true, false]}
training: {batch_size: 16, learning_rate: {loguniform: [0.001, 10]}, max_epochs: 6}
""",
    "own network": """
task: {type: sine}
model: {type: "reader:Reader", units: {logint: [4, 32]}, skip: {choice: [true, false]}}
training: {learning_rate: {loguniform: [0.003, 30]}, steps_per_epoch: 20, max_epochs: 6}
""",
}
AGAIN = "again"
"""The word by which this script is told to train a study's trials again."""


def write_files(folder: Path) -> None:
    """What the spaces read."""
    draw = random.Random(0)
    book = "".join(draw.choice("the cat sat on a mat ") for _ in range(3000))
    (folder / "book.txt").write_text(book, encoding="utf-8")
    rows = [f"{at % 24 + draw.gauss(0, 1):.3f},{draw.gauss(0, 1):.3f}" for at in range(400)]
    (folder / "table.csv").write_text("\n".join(["y,x", *rows, ""]), encoding="utf-8")
    (folder / "words").mkdir()
    for name, letters in {"ab": "abe", "no": "nop", "xy": "xye"}.items():
        words = {"".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(60)}
        (folder / "words" / f"{name}.txt").write_text("\n".join(sorted(words)), encoding="utf-8")
    shutil.copy(READER, folder)


def searched(folder: Path, name: str, trials: int) -> str:
    """Run a study; its name."""
    study = name.replace(" ", "-")
    text = SPACES[name] + SEARCH.format(trials=trials)
    (folder / f"{study}.yaml").write_text(text, encoding="utf-8")
    words = [sys.executable, "-m", "rnnsearch", "run", f"{study}.yaml"]
    _finished([*words, "--storage", "studies", "--record", "none", "-q"], folder)
    return study


def again(study: str) -> None:
    """Train all trials of a study again in this process, and print what came of it."""
    from rnnsearch.errors import InputError
    from rnnsearch.study import Study
    from rnnsearch.study.reproduction.reproduce import reproduce

    opened = Study.open(study)
    result = opened.result()
    trainings: list[tuple[int, int | None]] = [(trial.number, None) for trial in result.trials]
    trainings += [(number, seed) for number, seeds in result.rerun_seeds.items() for seed in seeds]
    row: dict[str, Any] = {"trials": len(result.trials), **result.counts(), "reruns": 0}
    row |= {"epochs": 0, "same": 0, "untrained": 0, "different": []}
    for number, seed in trainings:
        try:
            done = reproduce(opened.spec, opened.directory, number, seed, apart=False)
        except InputError as error:
            row["untrained"] += 1
            print(number, seed, error, file=sys.stderr)
            continue
        row["reruns"] += done.record.best is not None
        row["epochs"] += done.comparison.compared
        row["same"] += done.same
        if not done.same:
            row["different"].append([number, seed, *done.lines()])
    print(json.dumps(row))


def main() -> None:
    if sys.argv[1:2] == [AGAIN]:
        again(sys.argv[2])
        return
    parser = argparse.ArgumentParser(prog="rnnsearch bench reproduce", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--trials", type=int, default=40, help="of each study")
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=list(SPACES))
    parser.add_argument("--json", type=Path, help="add the rows to this file")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="bench-reproduce-") as name:
        folder = Path(name)
        write_files(folder)
        for space in given.spaces:
            study = searched(folder, space, given.trials)
            began = time.perf_counter()
            out = _finished([sys.executable, str(Path(__file__).resolve()), AGAIN, study], folder)
            row = {"space": space, **json.loads(out.splitlines()[-1])}
            row["seconds"] = round(time.perf_counter() - began, 1)
            rows.append(row)
            print(row, flush=True)
    trained = sum(row["same"] + len(row["different"]) for row in rows)
    same, epochs = sum(row["same"] for row in rows), sum(row["epochs"] for row in rows)
    print(f"{same} of {trained} trainings are the same to the last bit, in {epochs:,} epochs")
    if given.json is not None:
        keep(given.json, "reproduce", rows)
    sys.exit(same < trained)


def _finished(words: list[str], folder: Path) -> str:
    """What a command prints, once it has ended well."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")
    print(done.stderr, end="", file=sys.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
