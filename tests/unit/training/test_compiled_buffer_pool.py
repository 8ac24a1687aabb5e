"""Memory that is used again is never in two hands."""

from __future__ import annotations

import pytest
import torch

from rnnsearch.testing.kernels import arguments_of, layer_of, run
from rnnsearch.training.kernels.compiled import buffer_pool
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel


@pytest.fixture(autouse=True)
def empty_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer_pool, "_free", [])


def test_a_room_is_used_again_once_given_back() -> None:
    first = buffer_pool.take(100)
    assert buffer_pool.take(100).data_ptr() != first.data_ptr()
    buffer_pool.give_back(first)
    assert buffer_pool.take(80).data_ptr() == first.data_ptr()
    assert not buffer_pool._free


def test_the_smallest_that_fits_is_taken_and_one_too_small_makes_way() -> None:
    for floats in (300, 100, 200):
        buffer_pool.give_back(torch.empty(floats))
    assert buffer_pool.take(150).numel() == 200
    assert buffer_pool.take(400).numel() == 400
    assert [buffer.numel() for buffer in buffer_pool._free] == [100]


def test_two_graphs_at_once_keep_their_own_gates() -> None:
    kernel = CompiledKernel()
    layer = layer_of("lstm", "tanh", (16, 2, 3, 5), 2)
    if kernel.refusal(layer):
        pytest.skip("no compiled kernels on this machine")
    one, other = (arguments_of(layer, torch.float32, seed=seed) for seed in (0, 1))

    def gradients(*runs: list[torch.Tensor]) -> list[torch.Tensor]:
        """Of the first run, with the forward passes of all before it."""
        outputs = [run(kernel, layer, leaves)[0] for leaves in runs]
        return list(torch.autograd.grad(outputs[0].square().sum(), runs[0]))

    alone = gradients(one)
    for ours, theirs in zip(gradients(one, other), alone, strict=True):
        assert torch.equal(ours, theirs)
    assert len(buffer_pool._free) == 1
