"""Batch normalisation inside people's modules, with the statistics of each trial's own batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def _normalised(norm: _BatchNorm, x: Tensor) -> Tensor:
    """What torch computes, in operators that round alike for one trial as for several."""
    mean, variance = norm.running_mean, norm.running_var
    if norm.training or mean is None or variance is None:
        axes = [axis for axis in range(x.ndim) if axis != 1]
        if x.numel() == x.shape[1]:
            raise ValueError(f"batch normalisation of one number a feature, {tuple(x.shape)}")
        variance, mean = torch.var_mean(x, axes, correction=0)
        if norm.training and norm.track_running_stats:
            _follow(norm, mean.detach(), variance.detach(), x.numel() // x.shape[1])
    wide = (-1, *[1] * (x.ndim - 2))
    normal = (x - mean.view(wide)) * (variance + norm.eps).rsqrt().view(wide)
    return normal * norm.weight.view(wide) + norm.bias.view(wide) if norm.affine else normal


@torch.no_grad()
def _follow(norm: _BatchNorm, mean: Tensor, variance: Tensor, count: int) -> None:
    """Let the statistics that are kept follow those of a batch of `count` numbers a feature."""
    share: float | Tensor | None
    seen, means, variances = norm.num_batches_tracked, norm.running_mean, norm.running_var
    assert seen is not None
    assert means is not None
    assert variances is not None
    seen.add_(1)
    share = norm.momentum
    if share is None:
        share = (1 / seen.double()).to(mean.dtype)
    means.mul_(1 - share).add_(mean * share)
    variances.mul_(1 - share).add_(variance * (share * count / max(1, count - 1)))


class StackedBatchNorm1d(nn.BatchNorm1d):
    """`nn.BatchNorm1d` of several trials."""

    def forward(self, input: Tensor) -> Tensor:
        """See `nn.BatchNorm1d`."""
        return _normalised(self, input)


class StackedBatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` of several trials."""

    def forward(self, input: Tensor) -> Tensor:
        """See `nn.BatchNorm2d`."""
        return _normalised(self, input)
