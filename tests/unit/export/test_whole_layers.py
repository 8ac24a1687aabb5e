"""torch's recurrent layers as one operator each in a trace."""

from __future__ import annotations

import pytest
import torch
from unit.export.own_modules import Whole

from rnnsearch.errors import ModelError
from rnnsearch.export.tracing import exported
from rnnsearch.export.whole_layers import kept_whole

FREE = [{0: "batch", 1: "time"}]


class Looping(torch.nn.Module):
    """A module that goes over time steps by itself."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([one.tanh() for one in x.unbind(1)], 1)


@pytest.mark.parametrize(
    ("kind", "both", "operator"),
    [
        ("LSTM", True, "aten.lstm.input"),
        ("GRU", False, "aten.gru.input"),
        ("RNN", True, "aten.rnn_relu.input"),
    ],
)
def test_a_program_takes_any_number_of_time_steps(kind: str, both: bool, operator: str) -> None:
    torch.manual_seed(0)
    network = Whole(3, 2, kind, both).eval()
    program = exported("it", network, [torch.zeros(2, 4, 3)], FREE)
    assert operator in {str(node.target) for node in program.graph.nodes}
    for batch, steps in ((1, 1), (3, 9)):
        x = torch.randn(batch, steps, 3)
        assert torch.equal(program.module()(x), network(x))


def test_behind_a_trace_torch_is_as_it_was() -> None:
    operator = torch.ops.aten.gru.input
    before = dict(operator.py_kernels)
    with kept_whole():
        assert operator.py_kernels != before
    with pytest.raises(ModelError):
        exported("it", Looping(), [torch.zeros(2, 4, 3)], FREE)
    assert operator.py_kernels == before


def test_a_loop_over_time_steps_is_told_with_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"one length of time alone.*layers of torch\.nn"):
        exported("it", Looping(), [torch.zeros(2, 4, 3)], FREE)
