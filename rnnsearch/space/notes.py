"""Notes on a study for a person to read before it runs: what is allowed, but may not be meant."""

from __future__ import annotations

import os
from itertools import islice

from rnnsearch.models.config import NetworkConfig, is_custom
from rnnsearch.space.checks import BETWEEN_LAYERS
from rnnsearch.space.corners import (
    MAX_CORNERS,
    configurations,
    corners,
    layer_counts,
    possible_values,
)
from rnnsearch.space.fields import NETWORK, applies, custom_among, fields_of
from rnnsearch.space.idle_search import idle_search
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import model_config
from rnnsearch.tasks.base import TaskData
from rnnsearch.vocabulary import SAME_SCORES


def _too_large(spec: StudySpec, parameters: int) -> list[str]:
    """A note where the largest model alone does not fit into the memory of this machine."""
    each = 8 if "float64" in possible_values(spec, "training.dtype") else 4
    needed = 4 * each * parameters  # weights, their gradients and two moments
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed <= memory:
        return []
    return [
        f"the largest model takes {needed / 1e9:,.0f} GB as it trains, of weights, gradients and "
        f"Adam's moments alone, and this machine has {memory / 1e9:,.0f} GB"
    ]


def notes_of(spec: StudySpec, parameters: int) -> list[str]:
    """The notes on a study, each without a full stop.

    Args:
        parameters: Weights and biases of the largest model.
    """
    notes = list(spec.notes)
    if not spec.parameters:
        notes.append("nothing is sampled: the study is one trial")
    count = configurations(spec)
    if spec.parameters and count is not None and count < spec.search.num_trials:
        notes.append(
            f"the space holds {count} configurations, fewer than the {spec.search.num_trials} "
            "trials: some are trained again with other seeds"
        )
    fields = fields_of(spec.values, spec.parameters)
    sampled_task = [
        key
        for key in spec.parameters
        if key.startswith("task.") and not fields[key].marked(SAME_SCORES)
    ]
    if sampled_task:
        notes.append(
            f"{', '.join(sampled_task)} {'is' if len(sampled_task) == 1 else 'are'} sampled: "
            f"trials are compared by {spec.search.metric} though they may not solve the same task"
        )
    if len(spec.first_trials) > spec.search.num_trials:
        notes.append(
            f"only the first {spec.search.num_trials} of {len(spec.first_trials)} first_trials fit"
        )
    return [*notes, *_idle(spec), *idle_search(spec), *_too_large(spec, parameters)]


def _idle(spec: StudySpec) -> list[str]:
    """Notes on fields that have no effect in some or all trials."""
    notes = []
    for key, one in fields_of(spec.values, spec.parameters).items():
        if one.needs is None:
            continue
        parent, wanted = one.needs
        if key in spec.parameters and parent in spec.parameters:
            if parent not in spec.parameters[key].when:
                notes.append(
                    f"{key} is sampled where it does nothing too; it works with "
                    f"`when: {{{parent}: {wanted[0]}}}`"
                )
        elif (
            key not in spec.parameters
            and key in spec.values
            and spec.values[key] != one.default
            and parent in spec.values
            and spec.values[parent] not in wanted
        ):
            notes.append(f"{key} does nothing while {parent} is {spec.values[parent]}")
    if not applies(spec.values["task.type"], "model.cell"):
        return notes
    notes += [
        f"{loss} is your own loss: it is called for one trial after the other, and no kernel takes "
        "whole training steps"
        for loss in custom_among(possible_values(spec, "training.loss"))
    ]
    notes += [
        f"{path} is your own optimizer: it updates one trial after the other, and no kernel takes "
        "whole training steps"
        for path in custom_among(possible_values(spec, "training.optimizer"))
    ]
    if NETWORK in spec.values:
        return notes
    layers = "model.num_layers"
    fewest, most = layer_counts(spec)
    for key in BETWEEN_LAYERS:
        if key in spec.parameters:
            if fewest < 2 and layers in spec.parameters and layers not in spec.parameters[key].when:
                notes.append(
                    f"{key} is sampled where it does nothing too; it works with "
                    f"`when: {{{layers}: {{min: 2}}}}`"
                )
        elif spec.values.get(key) and most < 2:
            notes.append(f"{key} does nothing while {layers} is 1")
    return notes


def custom_notes(spec: StudySpec, data: TaskData) -> list[str]:
    """Whether packs fuse the trials of networks and cells that a person brings, each tried once."""
    if not applies(spec.values["task.type"], "model.cell"):
        return []
    if NETWORK not in spec.values and not custom_among(possible_values(spec, "model.cell")):
        return []
    import torch

    from rnnsearch.training.custom_cells import slow_reason
    from rnnsearch.training.shapes import network_shape

    fields = fields_of(spec.values, spec.parameters)
    keys = [key for key in fields if key.startswith("model.")]
    notes = {}
    for values in islice(corners(spec, keys), MAX_CORNERS):
        model = model_config(values)
        network = isinstance(model, NetworkConfig)
        path = model.type if isinstance(model, NetworkConfig) else model.cell
        if path in notes or not is_custom(path):
            continue
        shape = network_shape(model, data.input_size, data.output_size, data.symbolic)
        reason = slow_reason(shape, torch.device("cpu"), torch.float32)
        how = f"one after the other, since {reason}" if reason else "together, fused"
        what = "network" if network else "cell"
        notes[path] = f"{path} is your own {what}: trials of one shape train {how}"
        if network:
            break
    return list(notes.values())
