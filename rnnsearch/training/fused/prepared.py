"""A person's module made ready to be computed for several trials at once."""

from __future__ import annotations

from torch import Tensor, nn

from rnnsearch.training.fused.norms import StackedBatchNorm1d, StackedBatchNorm2d
from rnnsearch.training.fused.products import flat_linear
from rnnsearch.training.fused.recurrent import (
    PlainGRUCell,
    PlainLSTMCell,
    PlainRNNCell,
    StackedGRU,
    StackedLSTM,
    StackedRNN,
)
from rnnsearch.training.fused.streams import StreamDropout


class FlatLinear(nn.Linear):
    """`nn.Linear` as one product of two matrices, whatever axes its inputs have."""

    def forward(self, input: Tensor) -> Tensor:
        """See `nn.Linear`."""
        rows = flat_linear(input.reshape(-1, self.in_features), self.weight, self.bias)
        return rows.view(*input.shape[:-1], self.out_features)


REPLACED: dict[type[nn.Module], type[nn.Module]] = {
    nn.Linear: FlatLinear,
    nn.Dropout: StreamDropout,
    nn.BatchNorm1d: StackedBatchNorm1d,
    nn.BatchNorm2d: StackedBatchNorm2d,
    nn.RNN: StackedRNN,
    nn.GRU: StackedGRU,
    nn.LSTM: StackedLSTM,
    nn.RNNCell: PlainRNNCell,
    nn.GRUCell: PlainGRUCell,
    nn.LSTMCell: PlainLSTMCell,
}
"""What takes the place of torch's modules inside: a class of the same attributes and parameters.

Classes below these are left alone, since a `forward` of their own may do anything."""


def prepare(module: nn.Module) -> None:
    """Replace what `vmap` cannot compute, in place; names and parameters stay as they are."""
    for one in module.modules():
        if type(one) in REPLACED:
            one.__class__ = REPLACED[type(one)]
