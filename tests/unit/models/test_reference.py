"""The recurrences from scratch: the tutorials' shapes, torch's numbers, and training by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from rnnsearch.cli.app import app
from rnnsearch.models import reference
from rnnsearch.models.reference import LayerWeights
from rnnsearch.training.kernels import forms

torch.set_num_threads(1)

CELLS: list[str] = ["rnn", "gru", "lstm"]
DICE = np.random.default_rng(0)


@pytest.mark.parametrize("cell", CELLS)
def test_the_tutorials_shapes(cell: str) -> None:
    read = DICE.standard_normal((10, 3, 100))
    one = reference.forward(cell, reference.draw(cell, 100, [20], 0), read)
    assert one.outputs.shape == (10, 3, 20)
    assert np.stack([parts[0] for parts in one.last]).shape == (1, 3, 20)
    four = reference.forward(cell, reference.draw(cell, 100, [20] * 4, 0), read)
    assert four.outputs.shape == (10, 3, 20)
    assert np.stack([parts[0] for parts in four.last]).shape == (4, 3, 20)
    two_cells = reference.forward(cell, reference.draw(cell, 100, [30, 20], 0), read)
    assert [parts[0].shape for parts in two_cells.last] == [(3, 30), (3, 20)]
    assert two_cells.outputs.shape == (10, 3, 20)
    small = reference.forward(
        cell, reference.draw(cell, 10, [20, 20], 0), DICE.standard_normal((3, 5, 10))
    )
    assert small.outputs.shape == (3, 5, 20)
    assert np.stack([parts[0] for parts in small.last]).shape == (2, 5, 20)
    assert {len(parts) for parts in small.last} == {2 if cell == "lstm" else 1}  # (h, c)


@pytest.mark.parametrize("sizes", [[7], [5, 5, 5], [6, 4]])
@pytest.mark.parametrize("cell", CELLS)
def test_from_scratch_cell_by_cell_and_fused_agree(cell: str, sizes: list[int]) -> None:
    for parts in forms.differences(cell, 4, sizes, batch_size=2, seq_len=9).values():
        assert max(parts.values()) < 1e-12


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_those_of_finite_differences_relu_included(
    cell: str,
) -> None:
    layers = reference.draw(cell, 2, [3, 4], 1)
    read = DICE.standard_normal((5, 2, 2))
    zero = reference.forward(cell, layers, read).last
    state = [tuple(DICE.standard_normal(part.shape) for part in parts) for parts in zero]

    def value() -> float:
        found = reference.forward(cell, layers, read, state, "relu")
        return float((found.outputs**2).sum())

    taken = reference.forward(cell, layers, read, state, "relu")
    back = reference.backward(cell, layers, taken, 2 * taken.outputs, "relu")
    pairs = [(read, back.inputs), (layers[0].w, back.layers[0].w), (layers[1].d, back.layers[1].d)]
    for array, gradient in pairs:
        place = tuple(0 for _ in array.shape)
        kept = array[place]
        array[place] = kept + 1e-6
        above = value()
        array[place] = kept - 1e-6
        below = value()
        array[place] = kept
        assert gradient[place] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("cell", CELLS)
def test_true_back_propagation_through_time_learns_a_wave(cell: str) -> None:
    """The tutorial's task, the next point of a sine, with nothing but this file and a step down."""
    wave = np.sin(np.linspace(0, 10, 50)).reshape(50, 1, 1)
    layers = reference.draw(cell, 1, [8], 3)
    head = np.random.default_rng(4).uniform(-0.3, 0.3, (1, 8))
    losses = []
    for _ in range(150):
        taken = reference.forward(cell, layers, wave[:-1])
        wrong = taken.outputs @ head.T - wave[1:]
        losses.append(float((wrong**2).mean()))
        slope = 2 * wrong / wrong.size
        back = reference.backward(cell, layers, taken, slope @ head)
        d_head = np.einsum("tbo,tbh->oh", slope, taken.outputs)
        head -= 0.3 * d_head
        for one, gradient in zip(layers, back.layers, strict=True):
            for name in ("u", "w", "b", "d"):
                getattr(one, name)[...] -= 0.3 * getattr(gradient, name)
    assert losses[-1] < 0.1 * losses[0]


def test_explain_prints_equations_drawing_shapes_and_differences() -> None:
    arguments = ["explain", "lstm", "--input-size", "100", "--hidden-sizes", "30,20"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    for line in ("c_t = f_t * c_(t-1) + i_t * g_t", "[h2_1]", "--W1-->", "| U2", "| V"):
        assert line in result.stdout
    assert "(120, 100)" in result.stdout  # U1: 4 gates of 30 units
    assert "from scratch against fused" in result.stdout


def test_explain_refuses_sizes_that_are_none() -> None:
    for extra in (["--hidden-sizes", "a"], ["--hidden-sizes", "3,4", "--num-layers", "3"]):
        result = CliRunner().invoke(app, ["explain", "rnn", *extra])
        assert "--hidden-sizes" in str(result.exception)


def weights_alike(one: LayerWeights, other: LayerWeights) -> bool:
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in ("u", "w", "b", "d"))


def test_weights_hang_on_the_seed() -> None:
    first, again, other = (reference.draw("gru", 3, [4], seed)[0] for seed in (5, 5, 6))
    assert weights_alike(first, again)
    assert not weights_alike(first, other)
