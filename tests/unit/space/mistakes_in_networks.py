"""Options of a network that exclude each other, or that the task has no place for."""

from __future__ import annotations

from mistake_case import SINE, TEXT, Case

CASES = {
    "sizes beside a size": Case(
        SINE + "model:\n  hidden_sizes: [30, 20]\n  hidden_size: 8",
        4,
        "model.hidden_size",
        "stands beside model.hidden_sizes",
    ),
    "sampled sizes beside a number of layers": Case(
        SINE + "model:\n  hidden_sizes: {choice: [[30, 20], [64]]}\n  num_layers: 2",
        4,
        "model.num_layers",
        "Take one of them out",
    ),
    "no sizes": Case(
        SINE + "model: {hidden_sizes: []}", 2, "model.hidden_sizes", "at least one member"
    ),
    "a size of nothing": Case(
        SINE + "model: {hidden_sizes: [8, 0]}", 2, "model.hidden_sizes", "every member"
    ),
    "backwards through what comes": Case(
        SINE + "model:\n  bidirectional: {choice: [true, false]}",
        3,
        "model.bidirectional",
        "`sine` is causal",
        "false",
    ),
    "backwards through a text": Case(
        TEXT + "model: {bidirectional: true}", 2, "model.bidirectional", "is causal", "false"
    ),
    "a link over nothing": Case(
        SINE + "model: {residual: true}",
        2,
        "model.residual",
        "never more than one",
        "num_layers: 2",
    ),
    "a link that may never be": Case(
        SINE + "model: {residual: {choice: [true, false]}}", 2, "model.residual", "between layers"
    ),
    "a link between widths": Case(
        SINE + "model:\n  hidden_sizes: {choice: [[8, 8], [30, 20]]}\n  residual: true",
        4,
        "model.residual",
        "layers of one width, not [30, 20]",
    ),
    "two starts": Case(
        SINE + "model: {initial_state: learned}\ntraining: {carry_state: {choice: [true, false]}}",
        2,
        "model.initial_state",
        "from one or from the other",
    ),
    "a forget gate's bias of a gru": Case(
        SINE + "model: {cell: gru, forget_bias: {uniform: [0, 2]}}",
        2,
        "model.forget_bias",
        "unless model.cell is lstm or minlstm",
    ),
    "a bias of none": Case(
        SINE + "model: {bias: false, forget_bias: 1}", 2, "model.forget_bias", "none to set"
    ),
    "an own cell that is not there": Case(
        SINE + "model: {cell: 'no.such.module:Cell'}", 2, "model.cell", "cannot import"
    ),
    "an own cell that is none": Case(
        SINE + "model: {cell: 'json:JSONDecoder'}", 2, "model.cell", "no torch.nn.Module"
    ),
    "a path without a class": Case(
        SINE + "model: {cell: my_module}", 2, "model.cell", "your own package.module:Class"
    ),
    "the wrong word for it": Case(
        SINE + "model: {layer_sizes: [3, 4]}", 2, "model.layer_sizes", "", "model.hidden_sizes"
    ),
}
