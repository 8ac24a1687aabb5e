"""A training that goes on as a copy of another, by a real pack: its rows, and its curve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnsearch.search.messages import Boarding, Departure, PackReport, PackSettings, Update
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.testing.waves import alone, trial, wave_pack
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.pack import Pack

EPOCHS, AT = 4, 2
MODEL = {"num_layers": 2, "dropout": 0.3}
PARENT = trial(3, model=MODEL, weight_decay=0.01, max_epochs=EPOCHS, carry_state=True)
COPY = replace(
    PARENT,
    training=replace(PARENT.training, changes=(("learning_rate@2", 0.03), ("dropout@2", 0.1))),
)
OTHER = replace(PARENT, seed=4)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


class Hand:
    """A worker around a real pack, and the updates that it is sent."""

    def __init__(self, folder: Path, name: str = "p") -> None:
        self.pack: Pack = wave_pack()
        settings = PackSettings(
            "train_loss", "minimize", 60.0, 1e9, str(folder), "", threads=1, gpus=0.0
        )
        self.worker = PackWorker(name, settings, lambda data: self.pack, lambda ref: ref)
        self.worker.train_slice()
        self.seq = 0

    def send(self, *boardings: Boarding, limits: dict[str, int], **more: object) -> PackReport:
        self.seq += 1
        self.worker.apply(Update(self.seq, boardings=boardings, limits=limits, **more))  # type: ignore[arg-type]
        return self.worker.train_slice()


def losses(report: PackReport, name: str) -> list[dict[str, float]]:
    return [dict(one.metrics) for one in report.reports if one.trial_id == name]


def at_the_rung(folder: Path) -> tuple[Hand, PackReport]:
    """A pack in which two have come to the rung, and that has kept the state of the one."""
    hand = Hand(folder)
    hand.send(Boarding("3", PARENT), Boarding("4", OTHER), limits={"3": AT, "4": AT})
    return hand, hand.send(limits={"3": AT, "4": AT}, saves=("3",))


def copy(snapshot: str | None) -> Boarding:
    return Boarding("7", COPY, snapshot, known_epoch=AT, parent="3")


def test_a_copy_has_the_rows_of_its_parent_bit_for_bit(tmp_path: Path) -> None:
    hand, report = at_the_rung(tmp_path)
    assert report.saved == {"3": "trial-3.snap"}
    report = hand.send(
        copy("trial-3.snap"), limits={"3": AT, "7": AT}, departures=(Departure("4"),)
    )
    assert report.roster == {"3": AT, "7": AT}
    parent, own = hand.pack.state()["3"], hand.pack.state()["7"]
    assert own.config == COPY
    assert parent.arrays.keys() >= {"parameters", "first", "second", "powers", "state0", "best"}
    assert own.arrays.keys() == parent.arrays.keys()
    for name, rows in parent.arrays.items():
        assert own.arrays[name].dtype == rows.dtype
        assert np.array_equal(own.arrays[name], rows), name
    assert np.any(own.arrays["second"])
    assert {**own.figures(), "config": None} == {**parent.figures(), "config": None}


def goes_on(hand: Hand, boarding: Boarding) -> list[dict[str, float]]:
    return losses(hand.send(boarding, limits={"7": EPOCHS, "3": EPOCHS}), "7")


def from_the_seed(config: TrialConfig) -> list[dict[str, float]]:
    return alone(config, EPOCHS)


def test_its_curve_is_that_of_its_schedule_from_the_seed(tmp_path: Path) -> None:
    expected = from_the_seed(COPY)
    assert expected[AT:] != from_the_seed(PARENT)[AT:]
    hand, _ = at_the_rung(tmp_path)
    assert goes_on(hand, copy("trial-3.snap")) == expected[AT:], "in the same pack"
    assert losses(hand.send(limits={}), "3") == [], "its parent went on beside it"
    elsewhere = Hand(tmp_path, "q")
    assert goes_on(elsewhere, copy("trial-3.snap")) == expected[AT:], "in another pack"
    nowhere = Hand(tmp_path, "r")
    assert goes_on(nowhere, copy(None)) == expected, "where its state is lost, from the seed"


def test_in_its_parents_pack_it_needs_no_disk(tmp_path: Path) -> None:
    hand, report = at_the_rung(tmp_path / "not there")
    assert report.saved == {"3": ""}
    assert goes_on(hand, copy(None)) == from_the_seed(COPY)[AT:]


def test_a_state_of_the_parent_beyond_the_copy_is_not_taken(tmp_path: Path) -> None:
    hand = Hand(tmp_path)
    hand.send(Boarding("3", PARENT), limits={"3": AT + 1})
    assert hand.send(limits={"3": AT + 1}, saves=("3",)).saved == {"3": "trial-3.snap"}
    late = replace(copy("trial-3.snap"), known_epoch=EPOCHS)
    assert goes_on(hand, late) == from_the_seed(COPY)
