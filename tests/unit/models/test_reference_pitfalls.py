"""Three shortcuts of the usual tutorial that run without an error and do not learn, each shown."""

from __future__ import annotations

import numpy as np

from rnnsearch.models import reference
from rnnsearch.models.reference import Array

DICE = np.random.default_rng(7)
READ = DICE.standard_normal((6, 2, 3))


def first_input_gradient(detached: bool) -> tuple[Array, Array]:
    """The gradient of the last output alone in the first input and in W."""
    layers = reference.draw("rnn", 3, [4], 0)
    if not detached:
        taken = reference.forward("rnn", layers, READ)
        slope = np.zeros_like(taken.outputs)
        slope[-1] = 1
        back = reference.backward("rnn", layers, taken, slope)
        return back.inputs[0], back.layers[0].w
    # The tutorial's loop: each step starts from the numbers of the last one, without its history.
    state, inputs, w = None, np.zeros((2, 3)), np.zeros((4, 4))
    for step in range(len(READ)):
        taken = reference.forward("rnn", layers, READ[step : step + 1], state)
        slope = np.ones_like(taken.outputs) * (step == len(READ) - 1)
        back = reference.backward("rnn", layers, taken, slope)
        w += back.layers[0].w
        inputs = back.inputs[0] if step == 0 else inputs
        state = taken.last
    return inputs, w


def test_a_state_detached_at_every_step_is_no_bptt() -> None:
    true_inputs, true_w = first_input_gradient(detached=False)
    cut_inputs, cut_w = first_input_gradient(detached=True)
    assert np.abs(true_inputs).max() > 1e-3
    assert not cut_inputs.any()  # the last output learns nothing from the first input
    assert np.abs(true_w - cut_w).max() > 1e-2


def test_input_weights_redrawn_at_every_call_learn_nothing() -> None:
    drawn_once = reference.draw("rnn", 3, [4], 0)
    same = [reference.forward("rnn", drawn_once, READ).outputs for _ in range(2)]
    assert np.array_equal(same[0], same[1])

    def redrawn(call: int) -> Array:
        fresh = reference.draw("rnn", 3, [4], call)[0]
        mixed = reference.LayerWeights(fresh.u, drawn_once[0].w, drawn_once[0].b, drawn_once[0].d)
        return reference.forward("rnn", [mixed], READ).outputs

    assert np.abs(redrawn(1) - redrawn(2)).max() > 0.1  # one input, one network, two answers


def test_outputs_that_alias_one_buffer_all_hold_the_last_state() -> None:
    layers = reference.draw("rnn", 3, [4], 0)
    true = reference.forward("rnn", layers, READ)
    buffer, aliased, state = np.zeros((2, 4)), [], None
    for step in range(len(READ)):
        one = reference.forward("rnn", layers, READ[step : step + 1], state)
        buffer[...] = one.outputs[0]
        aliased.append(buffer)
        state = one.last
    assert all(np.array_equal(step, true.outputs[-1]) for step in aliased)
    assert np.abs(np.diff(true.outputs, axis=0)).min() > 0  # ours are six different states
    assert not np.shares_memory(true.outputs[0], true.last[0][0])
