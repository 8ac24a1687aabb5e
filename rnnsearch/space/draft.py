"""`init DATA` — a commented, runnable space file for a text or a table, with what was inferred."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.commands import command
from rnnsearch.errors import DataError, SpaceFileError
from rnnsearch.space.draft_series import TABLE_ENDINGS, draft_table, screen
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers
from rnnsearch.tasks.base import Part, Window
from rnnsearch.tasks.files.header import looks_like_table
from rnnsearch.tasks.files.texts import read_text
from rnnsearch.tasks.text.config import TextConfig


@dataclass(frozen=True, slots=True)
class Draft:
    """A space file for a data file.

    Attributes:
        yaml: With comments.
        said: What was taken, left out and guessed, line by line; nothing of a text.
        problem: Why it cannot run as it stands; empty where it can.
    """

    yaml: str
    said: tuple[str, ...] = ()
    problem: str = ""


def draft(path: Path, answers: Answers | None = None) -> Draft:
    """A space file that learns a text or forecasts a table, sized to it.

    Args:
        path: A text file, or a table by its ending or where something is said of it. Its path is
            written absolute, so that the file works from anywhere.
        answers: What the user says of a table.

    Returns:
        A file that has been loaded once, data and windows checked; of a table that leaves
        something open, a file to edit, with the reason.

    Raises:
        DataError: The file is missing, empty, no text, or no table.
        SpaceFileError: A text is too short for any study.
    """
    path = Path(path)
    study = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "data"
    answers = answers or Answers()
    if path.suffix.lower() in TABLE_ENDINGS or answers != Answers():
        lines, found = draft_table(path, study, answers)
        yaml = "\n".join(lines) + "\n"
        return Draft(yaml, tuple(screen(found)), found.problem or _problem(yaml, study, path))
    text = read_text(path)[1]
    if not text.strip():
        raise DataError(f"{path} is empty; there is nothing to learn in it.")
    lines = _small(path, text, study) if len(text) < 200 else _sized(path, text, study)
    yaml = "\n".join(lines) + "\n"
    loads(yaml, name=study, directory=path.resolve().parent)
    columns = looks_like_table(path) if len(text) >= 200 else 0
    if not columns:
        return Draft(yaml)
    again = command("init", path, "--target", "NAME", "-o", f"{study}-table.yaml")
    said = f"taken for a text; it looks like a table of {columns} columns. To forecast one: {again}"
    return Draft(yaml, (said,))


def _problem(yaml: str, study: str, path: Path) -> str:
    try:
        loads(yaml, name=study, directory=path.resolve().parent)
    except SpaceFileError as error:
        return "; ".join(mistake.message for mistake in error.mistakes)
    except DataError as error:
        return str(error)
    return ""


def _small(path: Path, text: str, study: str) -> list[str]:
    """A few letters: too short to hold anything out, so the metric is that of training."""
    return [
        f"# Drafted by `rnnsearch init` from {path.name}: {len(text):,} characters, "
        f"{len(set(text)):,} different ones.",
        "# Too short to hold a part out: the metric is that of training, and says nothing about",
        "# other texts.",
        f"name: {json.dumps(study)}",
        "task:",
        "  type: text",
        f"  path: {json.dumps(str(path.resolve()))}",
        "  cyclic: true                  # the first character follows the last one",
        "  split: {train: 1.0, val: 0.0, test: 0.0}",
        "model:",
        "  cell: {choice: [rnn, gru, lstm]}",
        "  hidden_size: {int: [8, 32]}",
        "training:",
        "  learning_rate: {loguniform: [0.005, 0.2]}",
        "  batch_size: 1",
        "  max_epochs: 200               # an epoch reads the text once",
        "  carry_state: true",
        "search:",
        "  metric: train_nats            # nats a character; `rnnsearch check` lists the others",
        "  num_trials: 12",
        "  scheduler: {type: asha, grace_period: 25, reduction_factor: 2}   # in epochs",
        "  finalists: {top: 1, seeds: 1}",
    ]


def _sized(path: Path, text: str, study: str) -> list[str]:
    lengths, batches, steps = _windows(path, text)
    symbols = len(set(text))
    large = len(text) >= 100_000
    hidden = "[64, 128, 256]" if large else "[16, 32, 64]"
    embedding = f"[8, {min(64, max(16, symbols))}]"
    epochs = 10 if large else 40
    return [
        f"# Drafted by `rnnsearch init` from {path.name}: {len(text):,} characters, "
        f"{symbols:,} different ones.",
        "# Any field of task, model and training is a value or a distribution:",
        "#   {choice: [...]}, {uniform: [lo, hi]}, {loguniform: ...}, {int: ...}, {logint: ...}",
        "# `rnnsearch check` prints what this file means; `rnnsearch schema` is for editors.",
        f"name: {json.dumps(study)}",
        "task:",
        "  type: text",
        f"  path: {json.dumps(str(path.resolve()))}",
        "  unit: char                    # or byte",
        "  split: {train: 0.8, val: 0.1, test: 0.1}    # by position",
        "model:",
        "  cell: {choice: [gru, lstm]}",
        f"  input: {{choice: [onehot, embedding]}}   # {symbols:,} symbols",
        f"  embedding_size: {{logint: {embedding}, when: {{model.input: embedding}}}}",
        f"  hidden_size: {{choice: {hidden}}}",
        "  num_layers: {int: [1, 2]}",
        "  dropout: {uniform: [0.0, 0.4], when: {model.num_layers: {min: 2}}}",
        "training:",
        f"  seq_len: {_one_of(lengths)}         # steps of truncated back-propagation",
        f"  batch_size: {_one_of(batches)}      # parallel streams; {steps:,} steps an epoch "
        "at the largest",
        "  carry_state: true             # detached between windows, reset at each epoch",
        "  optimizer: adamw",
        "  learning_rate: {loguniform: [1e-3, 2e-2]}",
        "  clip_norm: 1.0",
        f"  max_epochs: {epochs}                # an epoch reads the training part once",
        "search:",
        "  metric: val_nats              # nats a character; `rnnsearch check` lists the others",
        "  num_trials: 40",
        '  time_budget: "10m"            # null for none',
        "  scheduler: {type: asha, grace_period: 1, reduction_factor: 3}    # in epochs",
        "  finalists: {top: 1, seeds: 1}",
    ]


def _one_of(members: list[int]) -> str:
    return str(members[0]) if len(members) == 1 else f"{{choice: {members}}}"


def _windows(path: Path, text: str) -> tuple[list[int], list[int], int]:
    """Two lengths and two numbers of streams that leave the training part enough steps."""
    from rnnsearch.tasks.load import load_data

    data = load_data(TextConfig(path=str(path.resolve())))
    part: Part = "train"
    rows = data.rows()[part]
    for length, batch in ((128, 64), (64, 32), (32, 16), (32, 8), (16, 4), (16, 1), (8, 1)):
        steps = rows // (length * batch)
        fits = data.window_problem(Window(batch_size=batch, seq_len=length)) is None
        if fits and steps >= 20:
            lengths = [length // 2, length]
            batches = [batch // 2, batch] if batch > 1 else [1]
            return lengths, batches, steps
    return [8], [1], rows // 8
