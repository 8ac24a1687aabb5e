"""Keeps the weights of the best trials on disk: at most as many trials as there are finalists."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any

from rnnsearch.events import CheckpointSaved, Listener
from rnnsearch.goal import Goal, Standing
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.tasks.base import TaskData
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.weights import Weights


def save_checkpoint(path: Path, config: TrialConfig, weights: Weights, data: TaskData) -> None:
    """Write a checkpoint folder: `weights.safetensors` and `config.json`, aside and renamed."""
    # Imported here, since it imports torch, and `rnnsearch list` does not need that.
    from rnnsearch.training.loading import save_model

    save_model(path, config, weights, data)


@dataclass(eq=False)
class Shelf:
    """Ranks the ended trials, and keeps the weights of the best epochs of the `top` best.

    A trial that is among the best at the end was among the best when it ended, so its weights are
    asked for then or never. The weights of a trial that is pushed out are deleted. Trials are
    ranked by their best epochs, those that break a constraint behind all others, and equal ones by
    their numbers. Completed and stopped trials are
    ranked together: where a time budget ends the search, the best one is often not complete.

    Args:
        folder: The study's folder `checkpoints`.
        top: How many trials are kept.
        listener: Hears of each checkpoint that is written.
        data: The data of a task by its config.
        usable: Trials that ended in earlier runs with a finite value, at or beyond the grace
            period.
        save: Writes one checkpoint folder.
    """

    folder: Path
    goal: Goal
    top: int
    listener: Listener
    data: Mapping[Any, TaskData]
    usable: InitVar[Sequence[TrialRecord]] = ()
    save: Callable[[Path, TrialConfig, Weights, TaskData], None] = save_checkpoint

    def __post_init__(self, usable: Sequence[TrialRecord]) -> None:
        self._ranks: list[tuple[float, Standing, int]] = []
        self._written = {path.name for path in self.folder.glob("*")}
        for record in usable:
            self.offer(record.number, record.standing(self.goal), record.violation)

    def offer(self, number: int, standing: Standing, violation: float = 0.0) -> bool:
        """Rank an ended trial; returns whether it is now among the best, so its weights matter.

        Args:
            violation: How far it is beyond the constraints that it breaks; see `TrialRecord`.
        """
        rank = (violation, standing, number)
        ranks = sorted([*self._ranks, rank])
        self._ranks = ranks[: self.top]
        for _, _, pushed_out in ranks[self.top :]:
            self._delete(f"trial-{pushed_out:04d}")
        return rank in self._ranks

    def best(self) -> list[int]:
        """Numbers of the best ended trials, best first."""
        return [number for _, _, number in self._ranks]

    def keeps(self, number: int) -> bool:
        """Whether the weights of a trial are kept."""
        return number in self.best()

    def path(self, number: int, rerun_seed: int | None) -> Path:
        """The checkpoint folder of a training of a trial.

        Args:
            number: The trial.
            rerun_seed: The seed of a rerun, whose folder is called `trial-0007-seed-12`; None is
                the trial's own training, in `trial-0007`.
        """
        name = f"trial-{number:04d}"
        return self.folder / (name if rerun_seed is None else f"{name}-seed-{rerun_seed}")

    def has(self, number: int, rerun_seed: int | None) -> bool:
        """Whether the weights of a training are on disk; the arguments are those of `path`."""
        return (self.path(number, rerun_seed) / "config.json").is_file()

    def put(self, job: Job, weights: Weights) -> None:
        """Write the best weights of a training, unless its trial was pushed out meanwhile."""
        if not self.keeps(job.number):
            return
        config, path = job.config, self.path(job.number, job.rerun_seed)
        self._written.add(path.name)
        self.save(path, config, weights, self.data[config.task])
        self.listener.on_event(
            CheckpointSaved(time.time(), job.number, config.seed, str(path), dict(weights.metrics))
        )

    def put_unfinished(self, number: int, config: TrialConfig, weights: Weights) -> Path:
        """Write the weights of a trial that was still in training; replaces the last such folder.

        Returns:
            The checkpoint folder, such as `trial-0007-epoch-12`.
        """
        path = self.folder / f"trial-{number:04d}-epoch-{weights.epoch}"
        for name in {name for name in self._written if "-epoch-" in name} - {path.name}:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            self._written.discard(name)
        if not (path / "config.json").is_file():
            self.save(path, config, weights, self.data[config.task])
            self._written.add(path.name)
        return path

    def _delete(self, name: str) -> None:
        """Delete the weights of a trial and of its reruns, if there are any."""
        for one in [w for w in self._written if w == name or w.startswith(f"{name}-seed-")]:
            path = self.folder / one
            shutil.rmtree(path, ignore_errors=not path.exists())
            self._written.discard(one)
