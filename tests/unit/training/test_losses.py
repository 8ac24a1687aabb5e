"""Losses and slopes written by hand are torch's, and padding plays no part."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.training.losses import LossShape, losses_and_gradients

QUANTILES = (0.1, 0.5, 0.8)
SHAPES = {name: LossShape(name) for name in ("mse", "l1", "huber", "cross_entropy", "bce")} | {
    "quantile": LossShape("quantile", QUANTILES)
}
K, T, B, OUTPUTS = 3, 5, 2, 6


def drawn(name: str, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    dice = torch.Generator().manual_seed(3)
    outputs = 2 * torch.randn(K, T, B, OUTPUTS, generator=dice, dtype=dtype)
    targets = torch.randn(K, T, B, OUTPUTS, generator=dice, dtype=dtype)
    if name == "cross_entropy":
        return outputs, torch.randint(OUTPUTS, (K, T, B), generator=dice)
    if name == "bce":
        return outputs, (targets > 0).to(dtype)
    return outputs, targets[..., :2].contiguous() if name == "quantile" else targets


def torchs(name: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Of flat rows [N, O]: torch's own mean."""
    if name == "cross_entropy":
        return functional.cross_entropy(outputs, targets)
    if name == "quantile":
        difference = targets.unsqueeze(-1) - outputs.view(len(outputs), 2, 3)
        levels = torch.tensor(QUANTILES, dtype=outputs.dtype)
        return torch.maximum(levels * difference, (levels - 1) * difference).mean()
    whole = {
        "mse": functional.mse_loss,
        "l1": functional.l1_loss,
        "huber": functional.huber_loss,
        "bce": functional.binary_cross_entropy_with_logits,
    }
    return whole[name](outputs, targets)


@pytest.mark.parametrize("padded", [False, True], ids=["full", "padded"])
@pytest.mark.parametrize("name", SHAPES)
def test_each_trial_gets_the_gradient_of_its_own_mean(name, padded):
    outputs, targets = drawn(name)
    valid = torch.ones(K, T, B, dtype=torch.bool)
    if padded:
        valid[0, 3:, 0] = valid[1, 1:, 1] = valid[1, 4:, 0] = False
    given = outputs.clone(), targets.clone()
    if padded:
        given[0][~valid] = torch.nan
        given[1][~valid] = -100 if name == "cross_entropy" else torch.nan
    found, slopes = losses_and_gradients(SHAPES[name], *given, valid if padded else None)
    for k in range(K):
        single = outputs[k].clone().requires_grad_()
        wanted = torchs(name, single[valid[k]], targets[k][valid[k]])
        wanted.backward()
        assert float(found[k]) == pytest.approx(float(wanted.detach()), rel=1e-12)
        assert torch.allclose(slopes[k], single.grad, rtol=1e-11, atol=1e-16)


@pytest.mark.parametrize("name", SHAPES)
def test_at_a_target_hit_exactly_the_slope_is_torchs(name):
    outputs, targets = drawn(name)
    if name == "quantile":
        outputs = targets.repeat_interleave(3, -1)
    elif name not in ("cross_entropy", "bce"):
        outputs = targets.clone()
    _, slopes = losses_and_gradients(SHAPES[name], outputs.clone(), targets)
    single = outputs[0].clone().requires_grad_()
    torchs(name, single.flatten(0, 1), targets[0].flatten(0, 1)).backward()
    assert torch.allclose(slopes[0], single.grad, rtol=1e-11, atol=1e-16)


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_bits_in_any_company(name):
    outputs, targets = drawn(name, torch.float32)
    valid = torch.rand(K, T, B, generator=torch.Generator().manual_seed(0)) > 0.3
    for mask in (None, valid):
        losses, slopes = losses_and_gradients(SHAPES[name], outputs.clone(), targets, mask)
        for k in range(K):
            one = slice(k, k + 1)
            alone = losses_and_gradients(
                SHAPES[name],
                outputs[one].clone(),
                targets[one].clone(),
                None if mask is None else mask[one].clone(),
            )
            assert torch.equal(alone[0][0], losses[k])
            assert torch.equal(alone[1][0], slopes[k])


def test_a_trial_without_a_valid_step_has_no_loss_and_no_slope():
    outputs, targets = drawn("huber")
    valid = torch.zeros(K, T, B, dtype=torch.bool)
    losses, slopes = losses_and_gradients(SHAPES["huber"], outputs, targets, valid)
    assert not losses.any()
    assert not slopes.any()
