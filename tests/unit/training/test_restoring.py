"""Whatever is wrong with a snapshot costs a trial the time since its seed, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.errors import PackError
from rnnsearch.testing.waves import alone, curve, drain, trial, wave_pack
from rnnsearch.training.schedules import Plateau
from rnnsearch.training.snapshot import TrialSnapshot, snapshots_from_bytes, snapshots_to_bytes

CONFIG = trial(1, carry_state=True)
HEAD = len(b"RNNSNAP3") + 32
"""Bytes before the safetensors file."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@cache
def taken() -> TrialSnapshot:
    """A trial in the middle of its second epoch."""
    pack = wave_pack()
    pack.add("trial", CONFIG)
    drain(pack, {"trial": 1})
    pack.train({"trial": 2}, 0.0)
    return pack.state()["trial"]


@cache
def alone_once(seed: int) -> list[dict[str, float]]:
    """The whole curve of the trial, or of its neighbour."""
    return alone(CONFIG if seed == CONFIG.seed else trial(seed))


def without(arrays: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: array for name, array in arrays.items() if name not in names}


def poisoned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array = array.copy()
    array.flat[0] = np.nan
    return array


SPOILED: dict[str, Callable[[TrialSnapshot], TrialSnapshot]] = {
    "beyond the last epoch": lambda s: replace(s, epoch=10**9),
    "before the first epoch": lambda s: replace(s, epoch=-1),
    "beyond the last step": lambda s: replace(s, step=10**9, total=10**10),
    "a negative step": lambda s: replace(s, step=-1),
    "fewer steps than in this epoch": lambda s: replace(s, total=0),
    "a sum that is no number": lambda s: replace(s, loss_sum=float("nan")),
    "a plateau that is no number": lambda s: replace(s, plateau=Plateau(float("inf"))),
    "a negative plateau": lambda s: replace(s, plateau=Plateau(1.0, None, -3)),
    "a best epoch to come": lambda s: replace(s, best_epoch=s.epoch + 1),
    "a best epoch without weights": lambda s: replace(s, arrays=without(s.arrays, "best")),
    "weights of no best epoch": lambda s: replace(s, best_epoch=None),
    "another metric": lambda s: replace(s, best_metrics={"accuracy": 1.0}),
    "no best state": lambda s: replace(s, arrays=without(s.arrays, "best_state0")),
    "a best state of another shape": lambda s: replace(
        s, arrays={**s.arrays, "best_state0": np.zeros((1, 1, 1), np.float32)}
    ),
    "no parameters": lambda s: replace(s, arrays=without(s.arrays, "parameters")),
    "no second moment": lambda s: replace(s, arrays=without(s.arrays, "second")),
    "no state": lambda s: replace(s, arrays=without(s.arrays, "state0")),
    "parameters of another size": lambda s: replace(
        s, arrays={**s.arrays, "parameters": np.zeros(3, np.float32)}
    ),
    "parameters in another precision": lambda s: replace(
        s, arrays={**s.arrays, "parameters": s.arrays["parameters"].astype(np.float64)}
    ),
    "parameters that are no numbers": lambda s: replace(
        s, arrays={**s.arrays, "parameters": poisoned(s.arrays["parameters"])}
    ),
    "best weights that are no numbers": lambda s: replace(
        s, arrays={**s.arrays, "best": poisoned(s.arrays["best"])}
    ),
}


@pytest.mark.parametrize("kind", sorted(SPOILED))
def test_a_state_that_makes_no_sense_is_left_for_the_seed(kind: str) -> None:
    pack = wave_pack()
    pack.add("neighbour", trial(2))
    spoiled = snapshots_from_bytes(snapshots_to_bytes({"trial": SPOILED[kind](taken())}))["trial"]
    pack.add("trial", CONFIG, spoiled)
    step = pack.train({"trial": 2, "neighbour": 2}, 60.0)
    assert any("starts again from its seed" in note for note in step.notes)
    assert step.refusals == []
    assert curve(step, "trial") == alone_once(1)
    assert curve(step, "neighbour") == alone_once(2)


@pytest.mark.parametrize("kind", sorted(SPOILED))
def test_a_trial_that_leaves_before_it_had_a_slot_leaves_its_neighbours_alone(kind: str) -> None:
    pack = wave_pack()
    pack.add("trial", CONFIG, SPOILED[kind](taken()))
    pack.remove("trial")
    assert pack.roster == {}


def test_a_sound_state_is_gone_on_from() -> None:
    pack = wave_pack()
    pack.add("trial", CONFIG, taken())
    step = pack.train({"trial": 2}, 60.0)
    assert step.notes == []
    assert curve(step, "trial") == alone_once(1)[1:]


def resealed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A snapshot whose header another program might have written; its checksum holds."""
    data = snapshots_to_bytes({"trial": taken()})
    body = data[HEAD:]
    length = int.from_bytes(body[:8], "little")
    header = json.loads(body[8 : 8 + length])
    trials = json.loads(header["__metadata__"]["trials"])
    header["__metadata__"]["trials"] = json.dumps(change(trials))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    body = len(text).to_bytes(8, "little") + text + body[8 + length :]
    return data[:8] + hashlib.sha256(body).digest() + body


def test_what_is_resealed_unchanged_is_read() -> None:
    assert snapshots_from_bytes(resealed(lambda trials: trials))["trial"].config == CONFIG


def put(path: list[Any], value: Any) -> Callable[[Any], Any]:
    """What sets one place of the header, or drops it where the value is `Ellipsis`."""

    def change(trials: Any) -> Any:
        inner = trials
        for key in path[:-1]:
            inner = inner[key]
        if value is ...:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value
        return trials

    return change


PLACES = [
    *([0, key] for key in ("trial_id", "config", "epoch", "step", "total", "loss_sum", "seconds")),
    *([0, key] for key in ("plateau", "best_epoch", "best_metrics")),
    *([0, "config", key] for key in ("task", "model", "training", "seed")),
    [0, "config", "task", "type"],
    [0, "config", "model", "cell"],
    [0, "config", "training", "learning_rate"],
    [0, "plateau", "factor"],
    [0, "best_metrics", "val_mse"],
]
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), WILD | st.just(...))
def test_foreign_content_under_a_checksum_that_holds_costs_the_time_since_the_seed(
    path: list[Any], value: Any
) -> None:
    try:
        states = snapshots_from_bytes(resealed(put(path, value)))
    except PackError:
        return
    state = states.get("trial")
    if state is None or state.config != CONFIG:
        return  # what a pack does not take
    pack = wave_pack()
    pack.add("trial", CONFIG, state)
    step = pack.train({"trial": 2}, 60.0)
    assert step.refusals == []
    assert pack.roster == {"trial": 2}


@pytest.mark.parametrize(
    "change",
    [
        lambda trials: {"trials": trials},
        lambda trials: "nothing",
        lambda trials: None,
        lambda trials: [*trials, *trials, 3],
        lambda trials: [[trials]],
        lambda trials: [{**trials[0], "from_another_version": 1}],
        lambda trials: [],
    ],
)
def test_a_header_of_another_make_is_told(change: Callable[[Any], Any]) -> None:
    with pytest.raises(PackError, match="did not write"):
        snapshots_from_bytes(resealed(change))


def test_one_that_drew_its_batches_otherwise_is_not_gone_on_from() -> None:
    """A snapshot that begins with `RNNSNAP2` is refused: the version that wrote it put sequences of
    unequal length into other batches, so that its training cannot be continued.
    """
    whole = snapshots_to_bytes({"trial": taken()})
    assert snapshots_from_bytes(whole)
    with pytest.raises(PackError):
        snapshots_from_bytes(b"RNNSNAP2" + whole[8:])


def test_a_config_of_another_version_is_told() -> None:
    newer = put([0, "config", "training", "a_key_to_come"], 3)
    with pytest.raises(PackError, match="a_key_to_come"):
        snapshots_from_bytes(resealed(newer))
