"""The space file that `init` writes for arrays: event frames, or inputs and targets."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from rnnsearch.commands import shown
from rnnsearch.errors import DataError
from rnnsearch.space.sequence_file import BOTH_WAYS, CHARACTERS, SequenceFile
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.events.data import EventsData
from rnnsearch.tasks.events.source import NAMES
from rnnsearch.tasks.files.arrays import read_arrays
from rnnsearch.tasks.files.opened import read_data
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.data import ArraysData, arranged
from rnnsearch.tasks.given_arrays.source import PARTS

ARRAY_ENDINGS = (".mat", ".npz", ".npy")
"""A file whose name ends so holds arrays."""

_READ = (
    "Read are event frames (`type: events`), matrices (time steps, events) of 0 and 1 under train, "
    "val and test, or under traindata, validdata and testdata; and inputs with targets (`type: "
    "arrays`), in an .npz file under train_x, train_y, val_x, val_y, test_x and test_y, or x and y."
)


_VALIDATION = [f"{a}_{b}" for word in PARTS["val"] for a, b in ((word, "x"), ("x", word))]
"""How the inputs of a validation part may be called; without one the parts are drawn."""


def draft_arrays(path: Path, study: str, task: str | None) -> tuple[str, list[str]]:
    """Write a space file that learns what a file of arrays holds, and the lines for the screen.

    Args:
        task: The type of the task that the user names; None leaves it open.

    Raises:
        DataError: The file cannot be read, or no task reads its arrays.
    """
    if task not in (None, "events", "arrays"):
        raise DataError(f"{path} holds arrays, which `events` and `arrays` read, not `{task}`.")
    raw = read_data(path)
    if path.suffix.lower() == ".npy":
        raise DataError(f"{path} holds one array without a name. {_READ}")
    arrays = read_arrays(raw, path)
    inside = [f"{name}: {_shape(array)}" for name, array in arrays.items()]
    events = any(name in arrays for names in NAMES.values() for name in names)
    pairs = any(name.lower() in ("train_x", "x_train", "x") for name in arrays)
    if (task == "events" or (events and not pairs)) and task != "arrays":
        file = _events(EventsData.read(EventsConfig(path=str(path))))
    elif task == "arrays" or pairs:
        if path.suffix.lower() != ".npz":
            raise DataError(
                f"{path} holds inputs and targets, which are read from .npz alone: " + _as_npz(path)
            )
        drawn = not any(name.lower() in _VALIDATION for name in arrays)
        file = _arrays(arranged(ArraysConfig(path=str(path)), arrays, str(path)), drawn)
    else:
        held = "; ".join(inside) or "nothing"
        raise DataError(f"{path} holds {held}. {_READ}")
    screen = [f"{file.remarks[0]}", *(f"  {line}" for line in file.remarks[1:]), "the file holds:"]
    return file.yaml(path, study), [*screen, *(f"  {line}" for line in inside)]


def _events(data: EventsData) -> SequenceFile:
    train = data.sequences["train"]
    frames = f"{len(train):,} sequences of {data.input_size} events"
    return SequenceFile(
        type="events",
        size=f"{frames} to train on",
        remarks=[
            "Taken for event frames (type: events): binary vectors, one a time step.",
            f"train: {frames}, {train.lengths.min():,} to {train.lengths.max():,} time steps",
            *data.notes(),
        ],
        model=["  layer_norm: {choice: [false, true]}    # of what the head reads"],
        metric="val_nll",
        train=len(train),
    )


def _arrays(data: ArraysData, drawn: bool) -> SequenceFile:
    model, columns = [BOTH_WAYS], []
    if not data.symbols:
        columns.append("  scaler: standard              # of x, fitted on the training part")
    if drawn:
        columns.append("  split: {train: 0.7, val: 0.15, test: 0.15}    # drawn at random")
    if data.symbols:
        model = [line.replace("of the characters", "of the symbols") for line in CHARACTERS] + model
    return SequenceFile(
        type="arrays",
        size=f"{data.rows()['train']:,} sequences to train on",
        remarks=[
            "Taken for inputs and targets (type: arrays): the x and the y of each part.",
            *data.notes(),
        ],
        columns=columns,
        model=model,
        loss="" if data.classes else "  loss: {choice: [mse, huber]}",
        metric="val_accuracy" if data.classes else "val_mae",
        train=data.rows()["train"],
    )


def _shape(array: Any) -> str:
    """What an array holds, in words."""
    if array.dtype.kind == "O":
        return f"{array.size:,} arrays"
    return f"{array.dtype} of shape {array.shape}"


def _as_npz(path: Path) -> str:
    """The command that writes the arrays of a .mat file into an .npz file."""
    code = (
        "import numpy, scipy.io; a = scipy.io.loadmat(IN, squeeze_me=True); "
        'numpy.savez(OUT, **{k: v for k, v in a.items() if k[0] != "_"})'
    )
    return _python(code, path)


def _python(code: str, path: Path) -> str:
    """A command line that runs code whose IN is a file and whose OUT is a new one beside it."""
    out = path.with_name(f"{path.stem}-parts.npz")
    filled = code.replace("IN", json.dumps(shown(path))).replace("OUT", json.dumps(shown(out)))
    return f"python -c {shlex.quote(filled)}"
