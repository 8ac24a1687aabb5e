"""A trial in the middle of its training, as arrays and as checksummed bytes.

Layout of the bytes: the 8 of `_MAGIC`, the 32 of a SHA-256, and a safetensors file whose header
holds one JSON text under `trials`. No pickle: reading a foreign file runs no code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from rnnsearch.disk import put_in_place, write_aside
from rnnsearch.errors import ModelError, PackError
from rnnsearch.training.codec import config_to_json, from_json
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.schedules import Plateau

_MAGIC = b"RNNSNAP3"
"""The number goes up with what is stored, and with what a trial would go on with otherwise than it
began: 3 draws sequences of unequal length into batches of like length."""

_FOREIGN = (
    ModelError,
    ValueError,
    TypeError,
    LookupError,
    RecursionError,
    safetensors.SafetensorError,
)
"""What the reading of bytes raises that are whole, and not of this version."""


@dataclass(slots=True, eq=False, kw_only=True)
class Progress:
    """A trial's config and how far its training has come, in numbers and words.

    The one record of that: a slot counts on in it while the trial trains, and a snapshot keeps it.

    Attributes:
        epoch: Finished epochs.
        step: Training steps taken in the epoch under way.
        total: Training steps taken in all.
        loss_sum: Sum of the training losses of the epoch under way.
        seconds: The trial's share of the pack's time in the epoch under way.
        plateau: Where the learning rate's schedule `plateau` stands.
        best_epoch: The epoch with the best weights, counting from 1; None before the first end of
            an epoch.
        best_metrics: The metrics of that epoch.
    """

    config: TrialConfig
    epoch: int = 0
    step: int = 0
    total: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    plateau: Plateau = field(default_factory=Plateau)
    best_epoch: int | None = None
    best_metrics: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """The fields of `Progress` by name, whatever else a subclass has."""
        return {name: getattr(self, name) for name in _FIGURES}


_FIGURES = [field.name for field in fields(Progress)]


@dataclass(slots=True, eq=False, kw_only=True)
class _Entry(Progress):
    """What the header says of a trial."""

    trial_id: str


@dataclass(slots=True, eq=False, kw_only=True)
class TrialSnapshot(Progress):
    """All that a trial needs to go on as if it had never stopped.

    Attributes:
        arrays: Padded rows as they lie in a stack: `parameters`, `first`, `second`, `powers`,
            `state0`, `state1`, and of the best epoch `best`, `best_state0`, `best_state1`; those
            from `second` on only where the trial has them. Empty for a trial that is still to
            start from its seed.
    """

    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)

    @property
    def fresh(self) -> bool:
        """Whether the trial has not trained yet, so that it starts from its seed."""
        return self.figures() == TrialSnapshot(config=self.config).figures()


def snapshots_to_bytes(snapshots: Mapping[str, TrialSnapshot]) -> bytes:
    """All trials of a pack, by trial id, as checksummed bytes."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    header = []
    for number, (trial_id, snapshot) in enumerate(snapshots.items()):
        as_json = {"config": config_to_json(snapshot.config), "plateau": asdict(snapshot.plateau)}
        header.append({"trial_id": trial_id, **snapshot.figures(), **as_json})
        for name, array in snapshot.arrays.items():
            arrays[f"{number}/{name}"] = np.ascontiguousarray(array)
    body: bytes = safetensors.numpy.save(arrays, metadata={"trials": json.dumps(header)})
    return _MAGIC + hashlib.sha256(body).digest() + body


def snapshots_from_bytes(data: bytes) -> dict[str, TrialSnapshot]:
    """Read `snapshots_to_bytes` back.

    The bytes are sound then, and nothing more: whether a trial can go on from what they hold is
    checked where it gets its slot, by `restoring`.

    Raises:
        PackError: The bytes are no snapshot, cut short or changed, or another version of rnnsearch
            wrote them.
    """
    body = data[len(_MAGIC) + 32 :]
    if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + 32 + 8:
        raise PackError("these bytes are no snapshot of a pack, or were cut short")
    if hashlib.sha256(body).digest() != data[len(_MAGIC) : len(_MAGIC) + 32]:
        raise PackError("the snapshot's checksum does not match: it was cut short or changed")
    try:
        # safetensors hands the header out from files alone: an 8-byte length and JSON.
        length = int.from_bytes(body[:8], "little")
        header = json.loads(json.loads(body[8 : 8 + length])["__metadata__"]["trials"])
        entries = [_entry(values, f"trials[{at}]") for at, values in enumerate(header)]
        arrays: list[dict[str, np.ndarray[Any, Any]]] = [{} for _ in entries]
        for name, array in safetensors.numpy.load(body).items():
            number, _, inner = name.partition("/")
            arrays[int(number)][inner] = array
    except _FOREIGN as error:
        # The checksum holds, so a program wrote this: another version of ours, or somebody else's.
        raise PackError(f"the snapshot holds what this version did not write: {error}") from error
    return {
        entry.trial_id: TrialSnapshot(arrays=inner, **entry.figures())
        for entry, inner in zip(entries, arrays, strict=True)
    }


def _entry(values: Any, place: str) -> _Entry:
    """A trial of the header, in which no figure may be missing: none has a meaning by default."""
    entry = from_json(_Entry, values, place)
    if absent := set(_FIGURES) - set(values):
        raise ModelError(f"{place} lacks {', '.join(sorted(absent))}")
    assert isinstance(entry, _Entry)
    return entry


def write_snapshots(path: Path, snapshots: Mapping[str, TrialSnapshot]) -> None:
    """Replace a snapshot file as a whole, and keep the one before it under `earlier(path)`.

    Raises:
        OSError: The disk refused; both are as they were.
    """
    aside = write_aside(path, snapshots_to_bytes(snapshots))
    if path.exists():
        path.replace(earlier(path))
    put_in_place(aside, path)


def earlier(path: Path) -> Path:
    """Where the snapshot before the last one lies."""
    return path.with_name(path.name + ".before")


def read_snapshots(path: Path) -> dict[str, TrialSnapshot]:
    """Read `write_snapshots` back.

    Raises:
        PackError: The file cannot be read, or is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PackError(f"cannot read the snapshot {path}: {error}") from error
    return snapshots_from_bytes(data)
