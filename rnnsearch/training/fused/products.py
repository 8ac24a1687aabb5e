"""Products of matrices that are computed alike with `vmap` and without it."""

from __future__ import annotations

import torch
from torch import Tensor


def flat_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`functional.linear` of rows [N, I].

    As a stack of one product: the derivative of a product without a stack is another one.
    """
    rows = torch.bmm(x.unsqueeze(0), weight.T.unsqueeze(0)).squeeze(0)
    return rows if bias is None else rows + bias
