"""The pass written by hand gives what torch's autograd gives through torch's own modules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.base import Batch
from rnnsearch.training.gradients import training_pass
from rnnsearch.training.layout import layout_of
from rnnsearch.training.losses import LossShape
from rnnsearch.training.networks import Networks
from rnnsearch.training.shapes import NetworkShape, network_shape

CELLS = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
KINDS = {
    "wave": (1, 1, False, "onehot"),
    "two-outputs": (3, 2, False, "onehot"),
    "onehot": (5, 5, True, "onehot"),
    "embedding": (5, 5, True, "embedding"),
}
MEMBERS, STEPS, BATCH, HIDDEN = 3, 6, 2, 11


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def reference(
    model: ModelConfig,
    kind: tuple[int, int, bool, str],
    weights: dict[str, Tensor],
    inputs: Tensor,
    targets: Tensor,
    state: list[tuple[Tensor, ...]],
    masks: list[Tensor],
) -> tuple[Tensor, list[Tensor], list[tuple[Tensor, ...]]]:
    """One member: its loss, the gradients in the order of the weights, and its states."""
    width, _, symbolic, _ = kind
    leaves = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    if not symbolic:
        current = inputs
    elif "embedding.weight" in leaves:
        width = model.embedding_size
        current = functional.embedding(inputs, leaves["embedding.weight"])
    else:
        current = functional.one_hot(inputs, width).double()
    after = []
    for layer in range(model.num_layers):
        extra = {"nonlinearity": model.nonlinearity} if model.cell == "rnn" else {}
        kinds = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        module = kinds[model.cell](width, model.hidden_size, **extra).double()
        own = {
            name: leaves[f"rnn.{name.removesuffix('_l0')}_l{layer}"]
            for name, _ in module.named_parameters()
        }
        before = tuple(part.unsqueeze(0) for part in state[layer])
        argument = before if model.cell == "lstm" else before[0]
        current, last = torch.func.functional_call(module, own, (current, argument))
        after.append(tuple(p.squeeze(0) for p in (last if model.cell == "lstm" else (last,))))
        if masks:
            current = current * masks[layer]
        width = model.hidden_size
    outputs = functional.linear(current, leaves["head.weight"], leaves["head.bias"])
    if symbolic:
        loss = functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())
    else:
        loss = functional.mse_loss(outputs, targets)
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    after = [tuple(part.detach() for part in parts) for parts in after]
    return loss.detach(), list(gradients), after


@pytest.mark.parametrize("dropped", [False, True], ids=["plain", "dropped"])
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_losses_gradients_and_states_are_torchs(cell, nonlinearity, name, dropped):
    kind = KINDS[name]
    width, outputs, symbolic, entry = kind
    model = ModelConfig(
        cell=cell,
        nonlinearity=nonlinearity,
        hidden_size=HIDDEN,
        num_layers=3,
        input=entry,
        embedding_size=4,
    )
    layout = layout_of(model, width, outputs, symbolic)
    drawn = [
        {n: 2 * w.double() for n, w in initial_weights(model, width, outputs, symbolic, k).items()}
        for k in range(MEMBERS)
    ]
    rows = torch.stack([layout.pack(weights) for weights in drawn])
    dice = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=dice, dtype=torch.float64)

    if symbolic:
        inputs, targets = (
            torch.randint(width, (MEMBERS, STEPS, BATCH), generator=dice) for _ in range(2)
        )
    else:
        inputs = random(MEMBERS, STEPS, BATCH, width)
        targets = random(MEMBERS, STEPS, BATCH, outputs)
    shape: NetworkShape = network_shape(model, width, outputs, symbolic)
    parts = 2 if cell == "lstm" else 1
    state = []
    for _ in range(3):
        layer = tuple(random(MEMBERS, BATCH, shape.widths[0]) for _ in range(parts))
        for part in layer:
            part[..., HIDDEN:] = 0
        state.append(layer)
    masks = [(random(MEMBERS, STEPS, BATCH, shape.widths[0]) > 0).double() * 2 for _ in range(3)]
    masks = masks if dropped else []
    with torch.no_grad():
        found = training_pass(
            Networks(shape, layout.views(rows)),
            Batch(inputs, targets),
            LossShape("cross_entropy" if symbolic else "mse"),
            "every",
            state,
            masks,
        )
    joined = torch.ones_like(rows)
    layout.join(found.gradients, joined)
    for k in range(MEMBERS):
        loss, gradients, after = reference(
            model,
            kind,
            drawn[k],
            inputs[k],
            targets[k],
            [tuple(part[k, :, :HIDDEN] for part in layer) for layer in state],
            [mask[k, ..., :HIDDEN] for mask in masks],
        )
        assert float(found.losses[k]) == pytest.approx(float(loss), rel=1e-12)
        own = layout.unpack(joined[k])
        assert int(joined[k].count_nonzero()) == sum(int(g.count_nonzero()) for g in own.values())
        for ours, theirs in zip(own.values(), gradients, strict=True):
            assert torch.allclose(ours, theirs, rtol=1e-9, atol=1e-13)
        for ours_after, theirs_after in zip(found.after, after, strict=True):
            for a, b in zip(ours_after, theirs_after, strict=True):
                assert torch.allclose(a[k, :, :HIDDEN], b, rtol=1e-10, atol=1e-13)
