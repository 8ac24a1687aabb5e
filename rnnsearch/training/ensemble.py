"""Several trained models as one: the mean of what they answer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

from rnnsearch.tasks.base import CALIBRATION, TaskData
from rnnsearch.training.members import Member, joined, mean_kind
from rnnsearch.training.trained import TrainedModel


def fused(models: Sequence[TrainedModel], numbers: Sequence[int], data: TaskData) -> TrainedModel:
    """The mean of trained models, scored on the validation part as each of them was.

    Args:
        models: The best one first, all of one task; their cells and sizes may differ.
        numbers: The trials that they come out of.
        data: What they learned from.

    Returns:
        A model whose config is that of the best one. It knows nothing yet of its own errors
        (`TrainedModel.calibrated`).
    """
    best = models[0]
    pairs = [(copy.deepcopy(one.network), one.carried) for one in models]
    network, carried = joined(pairs, mean_kind(data))  # type: ignore[arg-type]
    members = tuple(
        Member(one.config, number, one.epoch, one.metrics)
        for one, number in zip(models, numbers, strict=True)
    )
    manifest = {key: value for key, value in best.manifest.items() if key != CALIBRATION}
    model = replace(
        best,
        network=network,
        manifest=manifest,
        metrics={},
        carried=carried,
        history=None,
        members=members,
    )
    return replace(model, metrics=model.evaluate("val", data))
