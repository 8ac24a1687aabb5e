"""One time step of one sequence is timed, of every kind of network."""

from __future__ import annotations

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.training import step_time
from rnnsearch.training.step_time import step_milliseconds


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "lru"])
def test_a_step_of_any_network_has_a_time(cell: str) -> None:
    model = ModelConfig(cell=cell, hidden_size=4, num_layers=2)
    assert 0 < step_milliseconds(model, 3, 2, False, "float64") < 1000
    assert 0 < step_milliseconds(model, 5, 5, True, "float32") < 1000


class Clock:
    """A clock by which a call takes 1 ms, but in one block out of seven, where it takes half."""

    def __init__(self) -> None:
        self.now, self.asked = 0.0, 0

    def perf_counter(self) -> float:
        self.asked += 1
        if self.asked % 2 == 0:  # a block has ended: of 3 time steps, but the first of one
            steps = 1 if self.asked == 2 else 3
            self.now += steps * (0.5e-3 if self.asked == 8 else 1e-3)
        return self.now


def test_the_fastest_block_counts_and_threads_stay_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(step_time, "time", Clock())
    threads = torch.get_num_threads()
    model = ModelConfig(hidden_size=3)
    assert step_milliseconds(model, 7, 7, False, "float32") == pytest.approx(0.5)
    assert torch.get_num_threads() == threads
    # The same network has one figure, however busy the machine is when it is asked again.
    assert step_milliseconds(model, 7, 7, False, "float32") == pytest.approx(0.5)
