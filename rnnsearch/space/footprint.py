"""Estimates the memory of the largest trial of a space, so that packs are not overfilled."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from rnnsearch.models.cells import gates_of
from rnnsearch.models.config import AnyModel, NetworkConfig
from rnnsearch.models.weights import parameter_count
from rnnsearch.space.corners import MAX_CORNERS, corners
from rnnsearch.space.fields import NETWORK, applies, fields_of
from rnnsearch.space.networks import MOST_MADE
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import model_config
from rnnsearch.tasks.base import TaskData, Window
from rnnsearch.tasks.folds import networks_of

COPIES = 6
"""Copies of the weights: themselves, gradient, two moments, the best epoch's, a snapshot's."""
KEPT_A_TIME_STEP = 3
"""Values kept a gate and time step for the backward pass: projected input, gate, gradient."""

TRAINING = ("training.batch_size", "training.seq_len", "training.dtype")
KEYS = (
    "model.cell",
    "model.hidden_size",
    "model.num_layers",
    "model.hidden_sizes",
    "model.bidirectional",
    "model.input",
    "model.embedding_size",
    *TRAINING,
)


def largest_trial_bytes(spec: StudySpec, data: TaskData) -> int:
    """Bytes of the largest configuration that a study can draw, right to a factor of about two;
    0 where that is not known."""
    if not applies(spec.values["task.type"], "model.cell"):
        return 0  # nobody but the script knows
    largest, keys = 0, list(KEYS)
    if NETWORK in spec.values:
        keys = [key for key in fields_of(spec.values, spec.parameters) if key.startswith("model.")]
        keys += TRAINING
    for values in islice(corners(spec, keys), MOST_MADE if NETWORK in spec.values else MAX_CORNERS):
        training = {key.partition(".")[2]: values[key] for key in TRAINING}
        largest = max(largest, trial_bytes(model_config(values), data, training))
    return largest


def trial_bytes(model: AnyModel, data: TaskData, training: Mapping[str, Any]) -> int:
    """Bytes of one trial, right to a factor of about two.

    Args:
        training: Its `batch_size`, `seq_len` and `dtype`.
    """
    weights = parameter_count(
        model, input_size=data.input_size, output_size=data.output_size, symbolic=data.symbolic
    )
    if isinstance(model, NetworkConfig):
        from rnnsearch.models.custom_module import weight_rows

        gates = weight_rows(model, data.input_size, data.output_size)
    else:
        gates = gates_of(model.cell) * model.directions * sum(model.widths)
    batch: int = training["batch_size"]
    length = training["seq_len"]
    positions = batch * data.seq_len(Window(batch_size=batch, seq_len=length))
    activations = positions * (KEPT_A_TIME_STEP * gates + 2 * data.output_size)
    item = 8 if training["dtype"] == "float64" else 4
    return networks_of(data) * item * (COPIES * weights + activations)
