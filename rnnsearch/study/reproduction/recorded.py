"""What a study's ledger knows of one training, which another one is held against."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.commands import command
from rnnsearch.errors import InputError
from rnnsearch.reading import read_file
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.environment import Environment, environments_between
from rnnsearch.search.ledger.notes import Notes
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.ran_on import devices_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.fingerprint import Fingerprint

MOST_BYTES = 2**26
"""What is read of the description of a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One training of a trial, as the study recorded it.

    Attributes:
        number: The trial.
        name: Its name for people.
        params: Its sampled parameters.
        trial_seed: The seed of the trial itself.
        seed: The seed of this training: another one for a finalist's rerun.
        epochs: How many epochs it finished, as far as that is known; a rerun's are the last one.
        ending: How it ended, in words.
        values: The study's metric by epoch, where it was finite; empty for a rerun whose weights
            are gone.
        whole: Whether `values` lacks no finite value of the epochs.
        losses: The training loss by epoch to six digits, where it was noted.
        best: Of a rerun, the metric at its best epoch, which is infinite where it diverged; None
            of a trial.
        diverged_epoch: The epoch in which it diverged; None where it did not.
        diverged_step: Before which training step; None where that is not known.
        environments: What it was computed with; empty in older studies.
        devices: What it was trained on, `cpu` and `gpu`, one after the other; empty where the
            study's packs ask for no GPU, and of a rerun.
        data: Fingerprints by path of the study's data; None where an older version noted none.
    """

    number: int
    name: str
    params: Mapping[str, Any]
    trial_seed: int
    seed: int
    epochs: int
    ending: str
    values: Mapping[int, float]
    whole: bool = True
    losses: Mapping[int, float] = field(default_factory=dict)
    best: float | None = None
    diverged_epoch: int | None = None
    diverged_step: int | None = None
    environments: Sequence[Environment] = ()
    devices: Sequence[str] = ()
    data: Mapping[str, Fingerprint] | None = None


def recorded(
    spec: StudySpec,
    directory: StudyDirectory,
    trials: Sequence[TrialRecord],
    notes: Notes,
    number: int,
    seed: int | None = None,
) -> Recorded:
    """The record of one training of a study.

    Args:
        seed: None is the trial's own; of a finalist also that of one of its reruns.

    Raises:
        InputError: There is no such trial, it finished no epoch, or nothing was trained with that
            seed.
    """
    trial = _trial(directory, trials, number)
    if seed is not None and seed != trial.seed:
        return _rerun(spec, directory, trial, notes, seed)
    noted = trial.attributes
    epoch, step = noted.get("diverged_epoch"), noted.get("diverged_step")
    if not trial.epoch and epoch is None:
        why = f": {trial.reason}" if trial.reason else ""
        raise InputError(
            f"trial {number} is {trial.state} and finished no epoch{why}. There is nothing to "
            f"compare; see it: {command('show', directory.name, number, storage=directory.storage)}"
        )
    return Recorded(
        number=number,
        name=trial.name,
        params=trial.params,
        trial_seed=trial.seed,
        seed=trial.seed,
        epochs=trial.epoch,
        ending=trial.state + (f", {trial.reason}" if trial.reason else ""),
        values=trial.values_by_epoch,
        losses=trial.losses_by_epoch,
        diverged_epoch=None if epoch is None else int(epoch),
        diverged_step=None if step is None else int(step),
        environments=environments_between(notes.environments, trial.started, trial.ended),
        devices=devices_of(trial.ran_on),
        data=notes.data,
    )


def _trial(directory: StudyDirectory, trials: Sequence[TrialRecord], number: int) -> TrialRecord:
    trial = next((one for one in trials if one.number == number), None)
    if trial is None:
        last = max((one.number for one in trials), default=-1)
        there = f"its trials run from 0 to {last}" if last >= 0 else "it has none yet"
        raise InputError(
            f"the study {directory.name!r} has no trial {number}; {there}. "
            f"See them all: {command('trials', directory.name, storage=directory.storage)}"
        )
    return trial


def _rerun(
    spec: StudySpec, directory: StudyDirectory, trial: TrialRecord, notes: Notes, seed: int
) -> Recorded:
    """The record of a finalist's training with another seed."""
    from rnnsearch.search.finalist import rerun_seeds

    known = rerun_seeds(notes.finalists, [trial]).get(trial.number, {})
    seeds = [trial.seed, *known]
    if seed not in known:
        others = "" if len(seeds) == 1 else f", and as a finalist with {_listed(seeds[1:])}"
        raise InputError(
            f"trial {trial.number} was not trained with the seed {seed}, but with {trial.seed}"
            f"{others}. Give one of these to --seed, or leave it out."
        )
    values, losses = _curves(directory, trial.number, seed, spec.search.metric)
    diverged = not math.isfinite(known[seed])
    return Recorded(
        number=trial.number,
        name=trial.name,
        params=trial.params,
        trial_seed=trial.seed,
        seed=seed,
        epochs=int(spec.values["training.max_epochs"]),
        ending="a finalist's rerun that diverged" if diverged else "a finalist's rerun",
        values=values,
        whole=bool(values),
        losses=losses,
        best=known[seed],
        environments=notes.environments[-1:],
        data=notes.data,
    )


def _curves(
    directory: StudyDirectory, number: int, seed: int, metric: str
) -> tuple[dict[int, float], dict[int, float]]:
    """The values and training losses by epoch of a rerun, from its checkpoint where that is there
    and has them."""
    file = directory.checkpoints / f"trial-{number:04d}-seed-{seed}" / "config.json"
    try:
        history = json.loads(read_file(file, MOST_BYTES))["history"]
        if history["metric"] != metric:
            return {}, {}
        curves = [history["values"], history["losses"]]
        values, losses = ({int(at): float(y) for at, y in curve.items()} for curve in curves)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, {}
    return values, losses


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
