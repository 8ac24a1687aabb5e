"""Checks of which options of a network go together, and which the task allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from math import prod
from typing import Any

from rnnsearch.errors import ModelError
from rnnsearch.models.config import ModelConfig, NetworkConfig, is_custom
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.corners import corners, layer_counts
from rnnsearch.space.fields import NETWORK
from rnnsearch.space.trial import build, model_config
from rnnsearch.space.words import plain_text
from rnnsearch.vocabulary import REQUIRED

MOST_MADE = 256
"""Networks of a custom class that are made at most to find the smallest and the largest."""

SIZES, BOTH_WAYS = "model.hidden_sizes", "model.bidirectional"
RESIDUAL, LEARNED = "model.residual", "model.initial_state"
SHAPES = ("model.hidden_size", "model.num_layers", "model.input", "model.embedding_size")
CARRY, BIAS, FORGET = "training.carry_state", "model.bias", "model.forget_bias"


def check_networks(study: Candidate) -> None:
    """Note options that exclude each other, and custom cells and networks that cannot be used."""
    if NETWORK in study.values:
        _check_network(study)
        return
    _check_sizes(study)
    _check_directions(study)
    for cell in study.can_be("model.cell"):
        if isinstance(cell, str) and is_custom(cell):
            _check_custom(study, cell)
    if any(True for _ in _together(study, {LEARNED: "learned", CARRY: True})):
        study.note(
            [LEARNED, CARRY],
            "is learned where training.carry_state is true: a step starts from one or from the "
            "other. Set one of them, or give both a `when`.",
        )
    if any(values[FORGET] is not None for values in _together(study, {BIAS: False}, FORGET)):
        study.note([FORGET, BIAS], "is set where model.bias is false, and there is none to set.")


def _check_network(study: Candidate) -> None:
    """Call a custom network as a training would, in the smallest and the largest of its sizes.

    Where the data is not read, it is unknown what enters it; then its keys alone are looked at.
    """
    from rnnsearch.models.custom_module import network_tensors
    from rnnsearch.models.custom_network import try_network

    keys = [key for key in study.file.fields if key.startswith("model.")]
    if not all(map(study.sound, keys)):
        return
    if _note_absent(study, keys):
        return
    for data in study.data.values():
        sizes = data.input_size, data.output_size
        try:
            made = {
                config: sum(map(prod, network_tensors(config, *sizes).weights.values()))
                for values in islice(corners(study, keys), MOST_MADE)
                if isinstance(config := model_config(values), NetworkConfig)
            }
            ordered = sorted(made, key=lambda config: made[config])
            for config in dict.fromkeys((ordered[0], ordered[-1])):
                try_network(config, *sizes, data.symbolic, whole=data.whole_sequence)
        except ModelError as error:
            study.note([NETWORK], str(error))
            return


def _note_absent(study: Candidate, keys: Sequence[str]) -> bool:
    """Note arguments that have no default and no value; whether there are any."""
    before = len(study.file.mistakes)
    for key in keys:
        name = key.partition(".")[2]
        if study.file.fields[key].default is not REQUIRED:
            continue
        if key not in study.file.places:
            study.note(["model"], f"lacks `{name}`: the argument has no default.")
        elif key in study.parameters and study.parameters[key].when:
            study.note(
                [key],
                "has a `when`, and no default for where that does not hold; give the argument "
                f"`{name}` one.",
            )
    return len(study.file.mistakes) > before


def _check_sizes(study: Candidate) -> None:
    """Note sizes that are named twice, and residual links between layers of other widths."""
    if SIZES in study.file.places and None not in study.can_be(SIZES):
        for key in ("model.hidden_size", "model.num_layers"):
            if key in study.file.places:
                study.note(
                    [key],
                    "stands beside model.hidden_sizes, which names the units of every layer. "
                    "Take one of them out.",
                )
    for values in _together(study, {RESIDUAL: True}, SIZES):
        sizes = values[SIZES]
        if sizes is not None and len(set(sizes)) > 1:
            study.note(
                [RESIDUAL],
                f"adds a layer's input to its output, which needs layers of one width, not "
                f"{plain_text(sizes)}.",
            )
            break
    alone = RESIDUAL not in study.parameters and study.values.get(RESIDUAL) is True
    if alone and layer_counts(study)[1] < 2:
        study.note([RESIDUAL], "links layers, and there is never more than one.", "num_layers: 2")


def _check_directions(study: Candidate) -> None:
    """Note a network that reads backwards where it would see what it has to predict."""
    if True not in study.can_be(BOTH_WAYS):
        return
    for data in study.stand_ins.values():
        if not data.whole_sequence:
            study.note(
                [BOTH_WAYS],
                f"is true, but the task `{study.file.task_type}` is causal: a model that reads "
                "backwards would be shown what it has to predict.",
                "false",
            )
            return


def _check_custom(study: Candidate, cell: str) -> None:
    """Run a custom cell with the smallest sizes that it will have, and make it with the largest.

    Where the data is not read, it is unknown what enters the cell; then it only has to be found.
    """
    from rnnsearch.models.custom import custom_class, make_cell, try_cell

    try:
        custom_class(cell)
        if not study.sound("model.cell_args"):
            return
        for made, sizes in _layer_sizes(study, cell).items():
            try_cell(made, *min(sizes))
            make_cell(made, *max(sizes))
    except ModelError as error:
        study.note(["model.cell"], str(error))


def _layer_sizes(study: Candidate, cell: str) -> dict[str, set[tuple[int, int]]]:
    """Pairs of input features and units that a layer of the cell can have, at the extremes, for
    each of the arguments that it can have."""
    given = [key for key in study.file.fields if key.startswith("model.cell_args.")]
    keys = (*SHAPES, SIZES, BOTH_WAYS, *given)
    all_sizes: dict[str, set[tuple[int, int]]] = {}
    for values in _together(study, {"model.cell": cell}, *keys):
        # All layers behind the second one are of the same sizes.
        layers = min(values["model.num_layers"], 2)
        widths = values[SIZES] or (values["model.hidden_size"],) * layers
        both = 2 if values[BOTH_WAYS] else 1
        made = build(ModelConfig, "model", values).made_cell
        for data in study.data.values():
            embedded = data.symbolic and values["model.input"] == "embedding"
            entering = values["model.embedding_size"] if embedded else data.input_size
            sizes = all_sizes.setdefault(made, set())
            sizes.add((entering, widths[0]))
            sizes |= {(both * below, width) for below, width in pairwise(widths)}
    return all_sizes


def _together(study: Candidate, given: dict[str, Any], *more: str) -> Iterator[dict[str, Any]]:
    """The corners of the space in which fields have these values, of keys that are no mistakes."""
    keys = [*given, *more]
    for values in corners(study, keys) if all(map(study.sound, keys)) else ():
        if all(values[key] == value for key, value in given.items()):
            yield values
