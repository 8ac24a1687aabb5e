"""Reads models of trials that were still in training when a study ended early.

The last snapshots of the packs lie in the storage however a search ends, and hold the weights of
the best epoch of every trial aboard. Where no trial has ended with a value that counts, the best of
these models becomes the champion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rnnsearch.errors import PackError
from rnnsearch.goal import Judge
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.snapshot_place import SnapshotPlace
from rnnsearch.search.snapshots import Snapshots
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.families import family_of
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Unfinished:
    """A trial that waits to go on, with its model so far.

    Attributes:
        weights: The weights of its best epoch until now.
        early: Whether the trial is still within the grace period, so that it was compared with no
            other.
    """

    number: int
    config: TrialConfig
    weights: Weights
    early: bool


def best_unfinished(
    records: Sequence[TrialRecord],
    spec: StudySpec,
    judge: Judge,
    snapshots: SnapshotPlace,
    data: Mapping[Any, TaskData],
    grace: int,
    complain: Callable[[str], None],
) -> Unfinished | None:
    """The best trial that waits and has a finished epoch in a snapshot; None where there is none.

    Trials beyond the grace period come before all others. A snapshot that cannot be used is passed
    over.

    Args:
        records: All trials of the study.
        judge: Compares the trials' best epochs.
        snapshots: Where the study's packs keep them.
        data: The data of a task by its config.
        grace: Epochs from which on a trial's value counts; see `StoppingRule.grace`.
        complain: Called with why a snapshot cannot be used.
    """
    files = Snapshots(snapshots, complain)
    waiting = []
    for record in records:
        if record.state == "waiting" and record.snapshot:
            fits = partial(_has_epoch_of, trial_config(spec, record.params, record.seed))
            state = files.newest(record.snapshot, str(record.number), fits)
            if state is not None:
                standing = judge.of(state.best_metrics)
                waiting.append((state.epoch < grace, standing, record.number, state))
    for early, _, number, snapshot in sorted(waiting, key=lambda one: one[:3]):
        task_data = data[snapshot.config.task]
        try:
            weights = _weights(snapshot, task_data, judge.metric)
        except PackError as error:
            complain(f"the snapshot of trial {number} cannot be used: {error}")
            continue
        return Unfinished(number, snapshot.config, weights, early)
    return None


def _has_epoch_of(config: TrialConfig, state: TrialSnapshot) -> bool:
    """Whether a snapshot is of this configuration and has finished an epoch."""
    return state.config == config and state.best_epoch is not None


def _weights(snapshot: TrialSnapshot, data: TaskData, metric: str) -> Weights:
    """The weights of a snapshot's best epoch.

    Raises:
        PackError: The snapshot is not one of such a model.
    """
    import torch

    from rnnsearch.tasks.load import build_task
    from rnnsearch.training.layout import layout_of
    from rnnsearch.training.restoring import check_restored
    from rnnsearch.training.script.restoring import check_script_restored, script_weights
    from rnnsearch.training.slots import best_weights

    config = snapshot.config
    if family_of(config.task).own_loop:
        check_script_restored(snapshot, metric)
        yielded = script_weights(snapshot, snapshot.arrays)
        assert yielded is not None
        return yielded
    layout = layout_of(config.model, data.input_size, data.output_size, data.symbolic)
    check_restored(snapshot, layout, metric)
    dtype = getattr(torch, config.training.dtype)
    head = build_task(config.task, data, torch.device("cpu"), dtype).head
    weights = best_weights(snapshot, snapshot.arrays, layout, head)
    assert weights is not None
    return weights
