"""Every cell and every option keeps the networks' contract."""

from __future__ import annotations

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.testing.cells import OWN, NetworkContract


class TestTwoCellStackRnn(NetworkContract):
    model = ModelConfig(cell="rnn", hidden_sizes=(9, 5))


class TestTwoCellStackLstm(NetworkContract):
    model = ModelConfig(cell="lstm", hidden_sizes=(5, 18))


class TestGruWithoutBias(NetworkContract):
    model = ModelConfig(cell="gru", hidden_size=7, bias=False)


class TestResidualGru(NetworkContract):
    model = ModelConfig(cell="gru", hidden_size=7, num_layers=3, residual=True)


class TestNormalisedLstm(NetworkContract):
    model = ModelConfig(cell="lstm", hidden_size=7, num_layers=2, layer_norm=True)


class TestLearnedStateLstm(NetworkContract):
    model = ModelConfig(cell="lstm", hidden_size=7, initial_state="learned")


class TestBidirectionalLstm(NetworkContract):
    model = ModelConfig(cell="lstm", hidden_sizes=(7, 4), bidirectional=True, layer_norm=True)
    carries = False


class TestBidirectionalLearnedRnn(NetworkContract):
    model = ModelConfig(
        cell="rnn",
        nonlinearity="relu",
        hidden_size=6,
        num_layers=2,
        bidirectional=True,
        residual=True,
        initial_state="learned",
    )
    carries = False


class TestGruD(NetworkContract):
    model = ModelConfig(cell="grud", hidden_size=7, num_layers=2)


class TestBareGruD(NetworkContract):
    model = ModelConfig(
        cell="grud",
        hidden_sizes=(5, 18),
        bias=False,
        initial_state="learned",
        bidirectional=True,
        layer_norm=True,
    )
    carries = False


class TestMinGru(NetworkContract):
    model = ModelConfig(cell="mingru", hidden_size=7, num_layers=2)


class TestMinLstm(NetworkContract):
    model = ModelConfig(cell="minlstm", hidden_size=7, num_layers=2, forget_bias=1.0)


class TestLru(NetworkContract):
    model = ModelConfig(cell="lru", hidden_size=7, num_layers=2, residual=True, layer_norm=True)


class TestBareLru(NetworkContract):
    model = ModelConfig(cell="lru", hidden_sizes=(5, 18), bias=False, initial_state="learned")


class TestBidirectionalMinGru(NetworkContract):
    model = ModelConfig(cell="mingru", hidden_size=5, bidirectional=True, bias=False)
    carries = False


class TestCustomCell(NetworkContract):
    model = ModelConfig(cell=OWN, hidden_size=5, num_layers=2, dropout=0.2)


class TestCustomCellBothWays(NetworkContract):
    model = ModelConfig(cell=OWN, hidden_size=5, bidirectional=True, initial_state="learned")
    carries = False


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
