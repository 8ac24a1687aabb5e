"""The best trials' weights on disk: one folder each, at most as many as there are finalists."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnsearch.events import CheckpointSaved, Listener
from rnnsearch.goal import Goal, Standing
from rnnsearch.training.config import TrialConfig

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord
    from rnnsearch.tasks.base import TaskData
    from rnnsearch.training.weights import Weights


def _save_checkpoint(path: Path, config: TrialConfig, weights: Weights, data: TaskData) -> None:
    """Write `weights.safetensors` and `config.json`, aside and renamed."""
    from rnnsearch.training.checkpoint import Checkpoint  # torch, which `rnnsearch list` can spare

    Checkpoint.from_weights(config, weights, data).save(path)


@dataclass(eq=False)
class Shelf:
    """Knows the `top` best ended trials and holds the weights of their best epochs.

    A trial that belongs to the final best belonged to the best when it ended, so weights are
    asked for then or never. What is pushed out is deleted. A trial stands by its best epoch, and
    of equal ones the lower number is the better. Completed and stopped trials stand together: where
    a time budget ends the search, the best one is often still on its way.

    Args:
        folder: `checkpoints` of the study.
        usable: Ended trials with a finite value at or beyond the grace period, from earlier runs.
        save: Writes one checkpoint folder.
    """

    folder: Path
    goal: Goal
    top: int
    listener: Listener
    data: Mapping[Any, TaskData]
    usable: InitVar[Sequence[TrialRecord]] = ()
    save: Callable[[Path, TrialConfig, Weights, TaskData], None] = _save_checkpoint

    def __post_init__(self, usable: Sequence[TrialRecord]) -> None:
        self._ranks: list[tuple[Standing, int]] = []
        there = self.folder.iterdir() if self.folder.is_dir() else ()
        self._written = {path.name for path in there}
        for record in usable:
            self.offer(record.number, record.standing(self.goal))

    def offer(self, number: int, standing: Standing) -> bool:
        """Rank an ended trial; True if it now belongs to the best, so that its weights matter."""
        rank = (standing, number)
        ranks = sorted([*self._ranks, rank])
        self._ranks = ranks[: self.top]
        for _, pushed_out in ranks[self.top :]:
            self._delete(f"trial-{pushed_out:04d}")
        return rank in self._ranks

    def best(self) -> list[int]:
        """Numbers of the best ended trials, best first."""
        return [number for _, number in self._ranks]

    def path(self, number: int, seed: int, *, own: bool) -> Path:
        """Where a training's weights lie: `trial-0007`, or `trial-0007-seed-12` for a rerun."""
        name = f"trial-{number:04d}"
        return self.folder / (name if own else f"{name}-seed-{seed}")

    def has(self, number: int, seed: int, *, own: bool) -> bool:
        """Whether a training's weights are on disk."""
        return (self.path(number, seed, own=own) / "config.json").is_file()

    def put(self, number: int, config: TrialConfig, weights: Weights, *, own: bool) -> Path | None:
        """Write a training's best weights; None if the trial was pushed out meanwhile."""
        if number not in self.best():
            return None
        path = self.path(number, config.seed, own=own)
        self._written.add(path.name)
        self.save(path, config, weights, self.data[config.task])
        self.listener.on_event(
            CheckpointSaved(time.time(), number, config.seed, str(path), dict(weights.metrics))
        )
        return path

    def put_unfinished(self, number: int, config: TrialConfig, weights: Weights) -> Path:
        """Write what a trial that was still in training has; it stays until the next such one."""
        path = self.folder / f"trial-{number:04d}-epoch-{weights.epoch}"
        for name in {name for name in self._written if "-epoch-" in name} - {path.name}:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            self._written.discard(name)
        if not (path / "config.json").is_file():
            self.save(path, config, weights, self.data[config.task])
            self._written.add(path.name)
        return path

    def _delete(self, name: str) -> None:
        """Delete a trial's weights and its reruns'; most trials never had any."""
        for one in [w for w in self._written if w == name or w.startswith(f"{name}-seed-")]:
            path = self.folder / one
            shutil.rmtree(path, ignore_errors=not path.exists())
            self._written.discard(one)
