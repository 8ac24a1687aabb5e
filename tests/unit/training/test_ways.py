"""Every way of training: torch's curve, the same in any company and after a stop."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from contracts.packs import plain_losses, relative, step_losses
from contracts.ways import WAYS, Way

from rnnsearch.testing.waves import add_all, curve, drain
from rnnsearch.training.snapshot import snapshots_from_bytes, snapshots_to_bytes

each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


STEPS = 10
"""All of a training's, so that schedules come to their ends."""


def losses(way: Way, dtype: str = "float32") -> list[float]:
    return step_losses(way.trial(dtype=dtype, max_epochs=STEPS), STEPS, pack=way.pack())


def torch_losses(way: Way, dtype: str) -> list[float]:
    task = way.task(getattr(torch, dtype))
    return plain_losses(way.trial(dtype=dtype, max_epochs=STEPS), STEPS, task=task)


@cache
def losses_without(cell: str, layers: int, symbolic: bool) -> list[float]:
    """Those of a training that has nothing special."""
    return losses(Way(cell=cell, layers=layers, symbolic=symbolic))


@each_way
def test_the_curve_is_a_plain_torch_loops_and_not_that_of_another_way(way):
    ours, exact = losses(way, "float64"), torch_losses(way, "float64")
    assert len(ours) == STEPS
    assert relative(ours, exact) < 1e-9
    single, theirs = losses(way), torch_losses(way, "float32")
    assert relative(single[:1], theirs[:1]) < 1e-6
    # Where torch's own float32 has parted from float64 by more, that is the limit.
    assert relative(single, theirs) < max(1e-5, 3 * relative(theirs, exact))
    assert relative(single, losses_without(way.cell, way.layers, way.symbolic)) > 1e-4


SHORT = {"batch_size": 3, "steps_per_epoch": 8}


@each_way
def test_the_same_bits_in_company_and_after_a_stop(way):
    config = way.trial(**SHORT)
    alone = way.pack()
    alone.add("trial", config)
    expected = curve(drain(alone, {"trial": 2}))
    pack = way.pack()
    others = {
        "seed": way.trial(7, **SHORT),
        "wild": way.trial(8, **SHORT, learning_rate=1e6),
        "constant": way.trial(9, **SHORT, schedule="constant", warmup=None),
        "teacher": way.trial(10, **SHORT, feeding="teacher", input_noise=0.0),
    }
    for name in ("seed", "wild"):
        pack.add(name, others[name])
    pack.add("trial", config)
    for name in ("constant", "teacher"):
        pack.add(name, others[name])
    limits = dict.fromkeys(pack.roster, 2)
    reports = []
    while not pack.state()["trial"].total:  # stacks take turns; then it is amid an epoch, or near
        reports += pack.train(limits, 0.0).reports
    state = snapshots_from_bytes(snapshots_to_bytes(pack.state()))
    again = way.pack()
    add_all(again, {name: state[name] for name in ("teacher", "trial", "seed") if name in state})
    found = drain(again, limits)
    assert not found.refusals
    mine = [dict(r.metrics) for r in reports if r.trial_id == "trial"]
    assert mine + curve(found) == expected


@pytest.mark.parametrize("way", [way for way in WAYS.values() if way.ragged and not way.symbolic])
def test_what_padding_holds_changes_no_bit(way):
    curves = []
    for padding in (0.0, torch.nan, torch.inf):
        pack = way.pack(padding)
        pack.add("trial", way.trial())
        curves.append(curve(drain(pack, {"trial": 1})))
    assert curves[0] == curves[1] == curves[2]


def test_padded_sequences_and_a_carried_state_are_refused():
    way = WAYS["ragged"]
    pack = way.pack()
    pack.add("trial", way.trial(carry_state=True))
    step = drain(pack, {"trial": 1})
    assert "carry_state cannot be true" in step.refusals[0].reason


def test_own_predictions_need_a_task_that_gives_them():
    way = WAYS["last"]
    pack = way.pack()
    pack.add("trial", way.trial(feeding="own"))
    assert "do not predict" in pack.train({"trial": 1}, 1.0).refusals[0].reason
