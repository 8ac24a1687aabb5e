"""Events survive the way to disk and back."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.events import (
    BaselineScored,
    ChampionChosen,
    CheckpointSaved,
    EpochsReported,
    Event,
    FinalistScored,
    PackLost,
    PackStarted,
    RungsChanged,
    StoppedFinished,
    StudyEnded,
    StudyStarted,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.records.events_codec import UndecodableLineError, decode, encode

EVENTS: list[Event] = [
    StudyStarted(1.5, "sine", "/s", "sine", "val_mse", "minimize", 60, False, "a: 1\n", {"k": "v"}),
    BaselineScored(2.0, "ar", {"val_mse": 0.1}, "note"),
    PackStarted(2.5, "pack-0", "node", 64),
    PackLost(2.5, "pack-0", "OOM", (1, 2)),
    TrialStarted(
        3.0, 7, "trial-0007-lstm", {"model.sizes": (30, 20), "b": True}, {"x": None}, 5, "p"
    ),
    EpochsReported(4.0, 7, (1, 2), ({"a": 0.1}, {"a": 1e-300}), 200),
    TrialEnded(5.0, 7, "pruned", "rung 5", 5, 0.1, None, None, 1.25),
    RungsChanged(6.0, {5: 10, 15: 3}),
    CheckpointSaved(7.0, 7, 5, "/c", {"val_mse": 0.1}),
    FinalistScored(8.0, 7, (5, 6), (0.1, 0.2)),
    StoppedFinished(8.5, 7, "complete", 0.1, 9, 5),
    StoppedFinished(8.5, 8, "diverged", None, None, 5),
    ChampionChosen(9.0, 7, 5, "/c", {"v": 0.1}, {"t": 0.2}, "f.png", "hello -> elloh\nü"),
    ChampionChosen(
        9.0,
        7,
        5,
        "/c",
        {"v": 0.1},
        {"t": 0.2},
        seeds=(5, 6),
        by_seed={"v": (0.1, 0.3)},
        mean={"v": 0.2},
        std={"v": 0.1},
        left_out=("seed 8: diverged",),
    ),
    StudyEnded(10.0, "complete", "", 9.5),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_round_trip_is_exact(event: Event) -> None:
    line = encode(event, 17)
    assert line.count(b"\n") == 1
    assert decode(line) == (17, event)


@given(st.floats(allow_nan=False), st.text(), st.integers())
def test_round_trip_of_any_value(value: float, text: str, number: int) -> None:
    event = TrialStarted(1.0, 1, text, {text: value, "n": number}, {}, number, text)
    assert decode(encode(event, 1))[1] == event


def test_values_that_are_not_finite() -> None:
    event = EpochsReported(1.0, 1, (1,), ({"a": math.nan, "b": math.inf, "c": -math.inf},), 1)
    back = decode(encode(event, 1))[1]
    assert isinstance(back, EpochsReported)
    assert math.isnan(back.metrics[0]["a"])
    assert (back.metrics[0]["b"], back.metrics[0]["c"]) == (math.inf, -math.inf)


def test_numpy_numbers_become_plain_ones() -> None:
    metrics = {"loss": np.float32(0.5)}
    event = BaselineScored(1.0, "ar", metrics)  # type: ignore[arg-type]
    assert decode(encode(event, 1))[1] == BaselineScored(1.0, "ar", {"loss": 0.5})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe\n",
        encode(EVENTS[0], 1)[:-20],
        b'{"sequence":1,"event":"Nonsense","time":1}\n',
        b'{"sequence":1,"event":"PackStarted","time":1}\n',
    ],
)
def test_lines_that_are_no_event(line: bytes) -> None:
    with pytest.raises(UndecodableLineError):
        decode(line)


def test_fields_of_a_later_version_are_left_out() -> None:
    line = encode(EVENTS[-1], 3).replace(b'"time"', b'"colour":"red","time"')
    line = re.sub(rb',"crc":"\w+"', b"", line)
    assert decode(line) == (3, EVENTS[-1])
