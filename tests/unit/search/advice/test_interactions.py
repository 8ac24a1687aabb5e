"""Parameters of which one decides what is good of the other."""

from __future__ import annotations

import numpy as np
import pytest

from rnnsearch.search.advice.interactions import interactions

NAMES = ["cell", "rate", "size", "noise"]


def trials(count: int, seed: int) -> list[dict[str, object]]:
    dice = np.random.default_rng(seed)
    return [
        {
            "cell": str(dice.choice(["rnn", "lstm"])),
            "rate": float(10 ** dice.uniform(-4, -1)),
            "size": int(dice.integers(4, 65)),
            "noise": float(dice.normal()),
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_what_was_planted_is_found(seed: int) -> None:
    """An LSTM wants a high rate, a plain RNN a low one; sizes help all alike."""
    params = trials(200, seed)
    dice = np.random.default_rng(seed + 100)
    places = [
        (np.log10(one["rate"]) + 2.5) * (1 if one["cell"] == "rnn" else -1)
        - one["size"] / 32
        + dice.normal(0, 0.3)
        for one in params
    ]
    (row,) = interactions(params, places, NAMES)
    assert (row.one, row.other, row.trials) == ("cell", "rate", 200)
    assert 0.2 < row.share < 0.8
    assert row.best.startswith(("lstm with above", "rnn with up to"))
    assert row.worst.startswith(("lstm with up to", "rnn with above"))


@pytest.mark.parametrize("seed", range(5))
def test_effects_that_only_add_up_are_none(seed: int) -> None:
    params = trials(200, seed)
    dice = np.random.default_rng(seed + 100)
    places = [
        2.0 * (one["cell"] == "rnn") + np.log10(one["rate"]) + dice.normal(0, 1) for one in params
    ]
    assert interactions(params, places, NAMES) == []


def test_few_trials_and_equal_ones_tell_nothing() -> None:
    assert interactions(trials(20, 0), list(range(20)), NAMES) == []
    assert interactions(trials(60, 0), [0.0] * 60, NAMES) == []


def test_trials_without_a_parameter_are_left_out() -> None:
    params = trials(100, 1)
    for one in params[:80]:
        del one["rate"]
    assert all(
        "rate" not in (row.one, row.other) for row in interactions(params, range(100), NAMES)
    )
