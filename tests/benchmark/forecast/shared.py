"""What the scripts of the rivals have in common: the space of our file, and the records of a run.

They are called as `python -m forecast.by_NAME PROBLEM DATA FOLDER DEADLINE SEED`. Into FOLDER go
`records.jsonl` and a file of weights for each trial; DEADLINE is when the search is over, in Unix
time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

RECORDS = "records.jsonl"
SECTIONS = ("task", "model", "training")
KINDS = ("choice", "logint", "loguniform", "uniform")

What = Literal["imported", "report", "trial"]


@dataclass(frozen=True)
class Call:
    """What a script was called with."""

    problem: str
    data: str
    folder: Path
    deadline: float
    seed: int

    @classmethod
    def of_command(cls) -> Call:
        """From the command line."""
        problem, data, folder, deadline, seed = sys.argv[1:6]
        return cls(problem, data, Path(folder), float(deadline), int(seed))

    def weights(self, trial: str) -> Path:
        """Where the best weights of a trial lie."""
        return self.folder / f"{trial}.pt"

    def note(self, what: What, trial: str = "", value: float | None = None) -> None:
        """Add a line to the records: what there is now that was not there before.

        Args:
            what: All `imported`; a `report` of an epoch or its like; a `trial` that has ended,
                stopped or not.
            value: The error on the validation part, of a trial the best of its epochs.
        """
        line = {"what": what, "time": time.time(), "trial": trial, "value": value}
        with (self.folder / RECORDS).open("a") as records:
            records.write(json.dumps(line) + "\n")


@dataclass(frozen=True)
class Space:
    """A space file of ours, as far as a plain search needs it.

    Attributes:
        fixed: Values that no trial changes, by dotted key.
        searched: Of each parameter its kind, one of `KINDS`, and its choices or its two ends.
        grace: Epochs of a trial before it may be stopped.
        factor: Of successive halving.
    """

    fixed: Mapping[str, Any]
    searched: Mapping[str, tuple[str, list[Any]]]
    grace: int
    factor: int

    @property
    def epochs(self) -> int:
        """Of a whole training."""
        return int(self.fixed["training.max_epochs"])


def space_of(path: Path) -> Space:
    """Read what is searched from a space file, first trials left out."""
    import yaml

    tree = yaml.safe_load(path.read_text())
    fixed: dict[str, Any] = {}
    searched: dict[str, tuple[str, list[Any]]] = {}
    for section in SECTIONS:
        for key, value in tree[section].items():
            name = f"{section}.{key}"
            kind = next(iter(value)) if isinstance(value, dict) else ""
            if kind in KINDS:
                # YAML 1.1 reads 3e-3 as a text.
                ends = value[kind] if kind == "choice" else [float(one) for one in value[kind]]
                searched[name] = kind, ends
            else:
                fixed[name] = value
    scheduler = tree["search"]["scheduler"]
    return Space(fixed, searched, scheduler["grace_period"], scheduler["reduction_factor"])


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """The records of a run; none where it was ended before it wrote any."""
    file = folder / RECORDS
    for line in file.read_text().splitlines() if file.exists() else ():
        yield json.loads(line)
