"""A stack's rollout, whichever way it is computed, is one call a step fed with its own output."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.closed_loop import closed_loop_rollout
from rnnsearch.testing.kernels import layer_of
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel
from rnnsearch.training.layout import layout_of
from rnnsearch.training.networks import Networks
from rnnsearch.training.predictor import StackPredictor
from rnnsearch.training.shapes import network_shape

POINTS = {"one": 1, "three": 3}
MODELS = {
    "rnn": ModelConfig(cell="rnn", hidden_size=7),
    "relu": ModelConfig(cell="rnn", nonlinearity="relu", hidden_size=16),
    "gru, two layers": ModelConfig(cell="gru", hidden_size=20, num_layers=2),
    "lstm": ModelConfig(cell="lstm", hidden_size=16),
    "lstm, layers of two widths": ModelConfig(cell="lstm", hidden_sizes=(20, 8)),
    "lstm without biases": ModelConfig(cell="lstm", hidden_size=8, bias=False),
    "gru that is normalised": ModelConfig(cell="gru", hidden_size=8, layer_norm=True),
    "mingru": ModelConfig(cell="mingru", hidden_size=8),
}
COMPILED = CompiledKernel().supports(layer_of("gru", "tanh", (16, 1, 1, 1), 1))


def rows_of(model: ModelConfig, points: int, members: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    size = layout_of(model, points, points, False).size
    return 0.3 * torch.randn(members, size, generator=generator)


def stack_of(model: ModelConfig, points: int, rows: Tensor) -> StackPredictor:
    layout = layout_of(model, points, points, False)
    shape = network_shape(model, points, points, False)
    return StackPredictor(Networks(shape, layout.views(rows)), "every")


@pytest.mark.parametrize("points", POINTS.values(), ids=POINTS.keys())
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
@pytest.mark.parametrize("steps", [1, 6])
def test_a_rollout_is_a_call_a_step_to_the_bit(model: ModelConfig, points: int, steps: int) -> None:
    predictor = stack_of(model, points, rows_of(model, points, 5))
    history = torch.randn(1, 3, 2, points, generator=torch.Generator().manual_seed(4))
    rolled = predictor.rollout(history, None, steps)
    assert rolled.shape == (5, steps, 2, points)
    assert torch.equal(rolled, closed_loop_rollout(predictor, history, None, steps))


def test_it_goes_on_from_a_state_that_stays_as_it_was() -> None:
    model = MODELS["lstm"]
    predictor = stack_of(model, 1, rows_of(model, 1, 4))
    history = torch.randn(4, 5, 2, 1, generator=torch.Generator().manual_seed(5))
    _, state = predictor(history[:, :3].contiguous(), None)
    before = [part.clone() for part in state]
    rolled = predictor.rollout(history[:, 3:], state, 4)
    assert torch.equal(rolled, predictor.rollout(history, None, 4))
    assert all(torch.equal(part, old) for part, old in zip(state, before, strict=True))


def test_members_do_not_feel_each_other() -> None:
    model = MODELS["gru, two layers"]
    rows = rows_of(model, 1, 8)
    history = torch.randn(1, 2, 2, 1, generator=torch.Generator().manual_seed(6))
    alone = stack_of(model, 1, rows[2:3].clone()).rollout(history, None, 9)
    rows[1] = float("nan")
    together = stack_of(model, 1, rows).rollout(history, None, 9)
    assert torch.equal(together[2:3], alone)
    assert together[1].isnan().all()


@pytest.mark.skipif(not COMPILED, reason="no compiled kernels on this machine")
def test_small_networks_do_not_pay_for_a_call_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS["rnn"]
    predictor = stack_of(model, 1, rows_of(model, 1, 2))
    calls = []
    call = StackPredictor.__call__

    def counted(self: StackPredictor, *arguments: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        calls.append(self)
        return call(self, *arguments)

    monkeypatch.setattr(StackPredictor, "__call__", counted)
    predictor.rollout(torch.zeros(1, 1, 2, 1), None, 49)
    assert len(calls) == 1
