"""Trains one configuration alone, epoch by epoch, as a pack trains it beside others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnsearch.errors import InputError
from rnnsearch.space.trial import trial_config
from rnnsearch.study.data import ALLOW_CHANGED_CODE, check_reproduced
from rnnsearch.study.environment import environment_now
from rnnsearch.study.reproduction.recorded import Recorded
from rnnsearch.study.sources import kept_source, sources
from rnnsearch.tasks.load import load_data

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.environment import Environment
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.training.report import Divergence, EpochReport

NAME = "again"
"""What the training is called in its pack."""

SLICE_SECONDS = 1.0
"""After so long an epoch that has ended is handed on at the latest."""


def train_again(
    spec: StudySpec, directory: StudyDirectory, record: Recorded, *, allow_changed_code: bool
) -> Iterator[Environment | str | EpochReport | Divergence]:
    """Train what a record tells of, from its seed, as far as it came.

    Nothing of the study is changed, and no snapshot is read: the way of a training through packs,
    crashes and snapshots has no part in its numbers.

    Yields:
        What this process computes with, then remarks for a person, then the epochs, at last a
        divergence where there is one.

    Raises:
        InputError: The data or custom code has changed, or the training is refused.
    """
    import torch

    from rnnsearch.training.pack import Pack

    config = replace(trial_config(spec, record.params, record.trial_seed), seed=record.seed)
    data = load_data(config.task)
    yield _checked_environment(spec, directory, record, allow_changed_code)
    yield from check_reproduced(
        config.task, data, directory, record.data, allow_changed_code=allow_changed_code
    )
    # Its packs may have been of another kind, or torch may have found no GPU there.
    by_gpu = spec.resources.gpus_per_pack > 0 and tuple(record.devices) != ("cpu",)
    device = "cuda" if by_gpu and torch.cuda.is_available() else "cpu"
    if by_gpu and device == "cpu":
        yield "the study's packs use a GPU, and torch finds none here: trained on the CPU"
    yield from _other_device(spec, record, device)
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, int(spec.resources.cpus_per_pack)))
    pack = Pack(
        {config.task: data},
        device=device,
        objective=spec.search.metric,
        goal=spec.search.goal,
    )
    limit = max(record.epochs, record.diverged_epoch or 0)
    try:
        pack.add(NAME, config)
        epoch = 0
        while epoch < limit:
            done = pack.train({NAME: limit}, SLICE_SECONDS)
            yield from done.reports
            if done.refusals:
                raise InputError(f"it cannot be trained again: {done.refusals[0].reason}")
            if done.divergences:
                yield done.divergences[0]
                return
            epoch = done.roster[NAME]
    finally:
        if NAME in pack.roster:
            pack.remove(NAME)  # which ends a script
        torch.set_num_threads(threads)


def _other_device(spec: StudySpec, record: Recorded, device: str) -> Iterator[str]:
    """What is to be said where the training may have gone from a GPU to a CPU, or back."""
    here = f"here all of it runs on the {device}"
    if len(record.devices) > 1:
        way = " to the ".join(record.devices)
        yield f"its training went on from the {way}, which round differently; {here}"
    elif not record.devices and spec.resources.cpus_without_gpu is not None:
        yield (
            "some packs of the study train on a GPU and some on a CPU, and a training may have "
            f"gone on from one to the other; {here}"
        )


def _checked_environment(
    spec: StudySpec, directory: StudyDirectory, record: Recorded, allow_changed_code: bool
) -> Environment:
    """What this process computes with.

    Raises:
        InputError: The source of custom code is not that of the record.
    """
    now = environment_now(sources(spec))
    for before in record.environments:
        changed = before.changed(now)
        if changed and not allow_changed_code:
            kept = ", ".join(
                f"{name} (it was {kept_source(directory, name, before.sources[name])})"
                for name in changed
            )
            raise InputError(
                f"the source of {kept} has changed since trial {record.number} was trained, so it "
                "is another training. Put back what was there, or train with the changed one by "
                f"{ALLOW_CHANGED_CODE}, if what has changed makes no difference to the numbers."
            )
    return now
