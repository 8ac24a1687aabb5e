"""The first weights of every option, and where they differ from torch's."""

from __future__ import annotations

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.lru import RING


def drawn(**options: object) -> dict[str, torch.Tensor]:
    return initial_weights(ModelConfig(**options), 3, 2, False, 5)  # type: ignore[arg-type]


def test_orthogonal_gates_and_nothing_else() -> None:
    weights = drawn(cell="gru", hidden_size=6, recurrent_init="orthogonal")
    for gate in weights["rnn.weight_hh_l0"].view(3, 6, 6):
        torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
    assert float(weights["rnn.weight_ih_l0"].abs().max()) <= 6**-0.5
    twice = drawn(cell="gru", hidden_size=6, recurrent_init="orthogonal")
    assert torch.equal(weights["rnn.weight_hh_l0"], twice["rnn.weight_hh_l0"])


@pytest.mark.parametrize(("cell", "gate"), [("lstm", 1), ("minlstm", 0)])
def test_the_forget_gate_starts_where_it_is_told(cell: str, gate: int) -> None:
    weights = drawn(cell=cell, hidden_size=6, forget_bias=1.5)
    plain = drawn(cell=cell, hidden_size=6)
    bias = weights["rnn.bias_ih_l0"] + weights.get("rnn.bias_hh_l0", torch.zeros(()))
    rows = slice(6 * gate, 6 * gate + 6)
    assert torch.equal(bias[rows], torch.full((6,), 1.5))
    for name in weights:
        changed = weights[name] != plain[name]
        assert bool(changed.any()) == name.startswith("rnn.bias")
        assert not changed.view(-1)[: rows.start].any()


def test_an_lru_starts_in_its_ring() -> None:
    weights = drawn(cell="lru", hidden_size=400)
    size = torch.exp(-torch.exp(weights["rnn.nu_l0"]))
    assert float(size.min()) >= RING[0] - 1e-5
    assert float(size.max()) <= RING[1] + 1e-5
    gain = torch.exp(weights["rnn.gamma_l0"])
    torch.testing.assert_close(gain**2 + size**2, torch.ones(400))
    assert float(torch.exp(weights["rnn.theta_l0"]).max()) > 5


def test_each_layer_has_its_own_bound() -> None:
    weights = drawn(cell="rnn", hidden_sizes=(400, 25))
    assert float(weights["rnn.weight_ih_l0"].abs().max()) <= 0.05
    assert 0.19 < float(weights["rnn.weight_ih_l1"].abs().max()) <= 0.2
    both = drawn(cell="rnn", hidden_size=50, bidirectional=True)
    assert float(both["head.weight"].abs().max()) <= 0.1  # of a hundred inputs, as nn.Linear's


def test_own_cells_draw_for_themselves_from_the_seed() -> None:
    state = torch.get_rng_state()
    one, two = (drawn(cell="rnnsearch.testing.cells:PlainCell", hidden_size=5) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    for name, weight in one.items():
        assert torch.equal(weight, two[name])
    assert float(one["rnn.cells.0.into.weight"].abs().max()) > 0
