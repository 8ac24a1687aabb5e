"""A trial in the middle of its training, as arrays and as checksummed bytes.

Layout of the bytes: the 8 of `_MAGIC`, the 32 of a SHA-256, and a safetensors file whose header
holds one JSON text under `trials`. No pickle: reading a foreign file runs no code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Figures:
    """What a snapshot says of a trial in numbers and words.

    Attributes:
        epoch: Finished epochs.
        step: Optimizer steps of the epoch under way.
        total: Optimizer steps in all.
        loss_sum: Of the training losses of the epoch under way.
        seconds: Share of time in the epoch under way.
        plateau: Of the learning rate's schedule.
        best_epoch: The one with the best weights; None where no epoch has ended.
        best_metrics: Of that epoch.
    """

    config: TrialConfig
    epoch: int
    step: int
    total: int
    loss_sum: float
    seconds: float
    plateau: Plateau
    best_epoch: int | None
    best_metrics: dict[str, float]


_FIGURES = [one.name for one in fields(Figures)]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Entry(Figures):
    """A trial in the header."""

    trial_id: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrialSnapshot(Figures):
    """All that a trial needs to go on as if it had never stopped.

    Attributes:
        arrays: Padded rows as they lie in a stack: `parameters`, `first`, `second`, `powers`,
            `state0`, `state1`, and of the best epoch `best`, `best_state0`, `best_state1`; those
            from `second` on only where the trial has them.
    """

    arrays: Mapping[str, np.ndarray[Any, Any]]


def snapshots_to_bytes(snapshots: Mapping[str, TrialSnapshot]) -> bytes:
    """All trials of a pack, by trial id, as checksummed bytes."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    header = []
    for number, (trial_id, snapshot) in enumerate(snapshots.items()):
        figures = {name: getattr(snapshot, name) for name in _FIGURES}
        figures |= {"config": config_to_json(snapshot.config), "plateau": asdict(snapshot.plateau)}
        header.append({"trial_id": trial_id, **figures})
        for name, array in snapshot.arrays.items():
            arrays[f"{number}/{name}"] = np.ascontiguousarray(array)
    body: bytes = safetensors.numpy.save(arrays, metadata={"trials": json.dumps(header)})
    return _MAGIC + hashlib.sha256(body).digest() + body


def snapshots_from_bytes(data: bytes) -> dict[str, TrialSnapshot]:
    """Read `snapshots_to_bytes` back.

    Whether a trial can go on from its state is seen where it is placed; see `restoring`.

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
        entries = from_json(tuple[_Entry, ...], header, "trials")
        arrays: list[dict[str, np.ndarray[Any, Any]]] = [{} for _ in entries]
        for name, array in safetensors.numpy.load(body).items():
            number, _, inner = name.partition("/")
            arrays[int(number)][inner] = array
    except _FOREIGN as error:
        # The checksum holds, so a program wrote this: another version of ours, or somebody else's.
        raise PackError(f"the snapshot holds what this version did not write: {error}") from error
    return {
        entry.trial_id: TrialSnapshot(
            arrays=inner, **{name: getattr(entry, name) for name in _FIGURES}
        )
        for entry, inner in zip(entries, arrays, strict=True)
    }


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
