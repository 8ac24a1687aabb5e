"""A space file that learns the answers of sequences, whatever these were found in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnsearch.space.drafts import filled


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceFile:
    """What of the file the data decides.

    Attributes:
        type: The type of the task.
        size: How much data there is, in words.
        remarks: What was taken and left out, lines for the comment at the top.
        path: The data, where it is not the file that the draft is named after.
        columns: Lines of keys of the task.
        model: Lines of keys of the model.
        loss: The line of the loss; empty for the task's own.
        metric: What the study selects on.
        train: About how many sequences are trained on.
    """

    type: str
    size: str
    remarks: Sequence[str]
    path: Path | None = None
    columns: Sequence[str] = ()
    model: Sequence[str] = ()
    loss: str = ""
    metric: str
    train: int

    def yaml(self, path: Path, study: str) -> str:
        """The text of the file.

        Args:
            path: The data file or folder.
            study: The study's name.
        """
        one_line = (" ".join(line.split("\n")) for line in self.remarks)
        values = {
            "type": self.type,
            "size": self.size,
            "path": quoted(str((self.path or path).resolve())),
            "remarks": _lines(f"# {line}" for line in one_line),
            "columns": _lines([*self.columns, *self._folds()]),
            "model": _lines(self.model),
            "loss": _lines([self.loss] if self.loss else []),
            "metric": self.metric,
            **_sizes(self.train),
        }
        return filled("sequences", path, study, values, family=self.type)

    def _folds(self) -> Iterator[str]:
        """Lines that propose folds, where they suit."""
        if self.train < FEW and self.type in FOLDED:
            yield f"  # validation: {{folds: 5}}    # about {self.train} sequences to train on are"
            yield "  #   few: a validation part of a few dozen prefers the luckiest trial. A trial"
            yield "  #   in folds costs about as much as five"


FEW = 500
"""Of fewer training sequences a validation part is so small that folds are worth their price."""

FOLDED = ("labels", "tags", "value", "events", "arrays")
"""Types of sequences that may be validated in folds."""

CHARACTERS = (
    "  input: {choice: [onehot, embedding]}    # of the characters",
    "  embedding_size: {logint: [8, 64], when: {model.input: embedding}}",
)
"""Lines of a model that reads texts."""

BOTH_WAYS = "  bidirectional: {choice: [false, true]}    # true reads from both ends"
"""The line of a model that may read the end of a sequence before it answers."""


def quoted(value: object) -> str:
    """A value as YAML, in one line."""
    return json.dumps(value, ensure_ascii=False)


def _sizes(train: int) -> dict[str, Any]:
    """Sizes of a network and its training that suit so many sequences."""
    batch = next(size for size in (64, 32, 16, 8, 4, 2, 1) if train >= 8 * size or size == 1)
    return {
        "hidden": "8, 32" if train < 200 else "16, 64" if train < 2000 else "32, 128",
        "batch": batch,
        "epochs": 60 if train < 500 else 30,
    }


def _lines(lines: Iterable[str]) -> str:
    """Lines as one text, which is empty where there are none."""
    return "".join(f"{line}\n" for line in lines)
