"""A step that is recorded once and replayed trains as one that is taken operator by operator.

On a CPU the recording is a tape of operators, replayed on the same tensors; on a GPU, where there
is one, a CUDA graph. The trials are in float64: there the pure torch kernel computes them, which a
GPU takes as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from contracts.packs import plain_losses, step_losses
from contracts.recorders import DEVICES, Again, Counted, TapeRecorder

from rnnsearch.testing.cells import OWN
from rnnsearch.testing.tasks import Fetched
from rnnsearch.testing.waves import (
    POISONED,
    SYMBOLS,
    WAVE,
    WaveData,
    WaveTask,
    add_all,
    alone,
    curve,
    drain,
    trial,
    wave_pack,
)
from rnnsearch.training import draws
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.stepping.capture import CudaRecorder, recorder_of
from rnnsearch.training.stepping.recorded import RECORDED

WAYS: dict[str, dict[str, Any]] = {
    "lstm": {"model": {"cell": "lstm"}},
    "gru, carried": {"model": {"cell": "gru"}, "carry_state": True},
    "rnn, two layers": {"model": {"cell": "rnn", "num_layers": 2}, "clip_norm": 0.1},
    "dropout": {"model": {"num_layers": 2, "dropout": 0.3, "head_dropout": 0.2}},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.1, "schedule": "cosine", "warmup": 0.2},
    "sgd": {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01, "clip_value": 0.05},
    "rmsprop": {"optimizer": "rmsprop", "momentum": 0.5, "loss": "huber"},
    "noise": {"input_noise": 0.1, "loss": "l1"},
    "own predictions": {"feeding": "own", "own_steps": 3},
    "scheduled": {"feeding": "scheduled", "max_epochs": 2},
    "symbols": {"task": SYMBOLS},
    "embedding": {"task": SYMBOLS, "model": {"input": "embedding", "embedding_size": 4}},
    "layer norm": {"model": {"num_layers": 2, "layer_norm": True, "residual": True}},
    "learned state": {"model": {"cell": "gru", "initial_state": "learned"}},
    "lru": {"model": {"cell": "lru"}, "carry_state": True},
    "mingru": {"model": {"cell": "mingru"}},
    "grud": {"model": {"cell": "grud", "bias": False}},
}


def double(seed: int = 0, **how: Any) -> TrialConfig:
    model = {"cell": "gru", **how.pop("model", {})}
    return trial(seed, model=model, dtype="float64", **{"steps_per_epoch": 6, **how})


def recorder_for(device: str) -> Any:
    return TapeRecorder() if device == "cpu" else Counted(CudaRecorder(torch.device(device)))


def unrecorded(config: TrialConfig, device: str, epochs: int = 2) -> list[dict[str, float]]:
    """The curve of a trial alone, operator by operator."""
    recorder = None if device == "cpu" else Again()
    return alone(config, epochs, device=device, recorder=recorder)


def assert_same(ours: Any, theirs: Any, device: str) -> None:
    """Bit for bit on a CPU; on a GPU products of other widths are summed in another order."""
    if device == "cpu":
        assert ours == theirs
        return
    assert [list(one) for one in ours] == [list(one) for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert list(one.values()) == pytest.approx(list(other.values()), rel=1e-9)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("way", WAYS)
def test_a_recorded_trial_has_the_curve_of_an_unrecorded_one(way: str, device: str) -> None:
    config = double(1, **WAYS[way])
    beside = double(2, **WAYS[way], learning_rate=3e-2)
    third = double(3, **WAYS[way])
    recorder = recorder_for(device)
    pack = wave_pack(device=device, recorder=recorder)
    for name, one in {"trial": config, "beside": beside, "third": third}.items():
        pack.add(name, one)
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    assert not step.refusals
    assert all(words.endswith(RECORDED) for words in pack.kernels.values())
    assert recorder.count == 1  # one width: three trials and a row where nobody sits
    assert_same(curve(step), unrecorded(config, device), device)
    assert_same(curve(step, "beside"), unrecorded(beside, device), device)


@pytest.mark.parametrize("device", DEVICES)
def test_a_refill_takes_the_recording_and_not_its_settings(device: str) -> None:
    recorder = recorder_for(device)
    pack = wave_pack(device=device, recorder=recorder)
    for seed in range(3):
        pack.add(str(seed), double(seed, clip_norm=0.05, weight_decay=0.1))
    drain(pack, dict.fromkeys(pack.roster, 1))
    pack.remove("0")  # the last row moves into its place
    late = double(7, learning_rate=3e-2, beta1=0.8, carry_state=True, schedule="cosine")
    pack.add("late", late)
    step = drain(pack, {"1": 3, "2": 3, "late": 2})
    assert recorder.count == 1
    assert_same(curve(step, "late"), unrecorded(late, device), device)
    other = double(2, clip_norm=0.05, weight_decay=0.1)
    assert_same(curve(step, "2"), unrecorded(other, device, 3)[1:], device)


@pytest.mark.parametrize("device", DEVICES)
def test_it_is_recorded_again_for_other_shapes_alone(device: str) -> None:
    recorder = recorder_for(device)
    pack = wave_pack(device=device, recorder=recorder)
    for seed in range(4):
        pack.add(str(seed), double(seed))
    drain(pack, dict.fromkeys("0123", 1))
    assert recorder.count == 1
    drain(pack, {"0": 2, "1": 2})  # half of the rows
    assert recorder.count == 2
    drain(pack, dict.fromkeys("0123", 2))  # all, and then the other half in the first rows
    drain(pack, {"2": 3, "3": 3})
    drain(pack, {"0": 3, "1": 3})
    assert recorder.count == 2
    pack.add("4", double(4))  # a fifth row: the tensors grow, and their addresses are new
    drain(pack, dict.fromkeys("0123", 4))
    assert recorder.count == 3
    step = drain(pack, {**dict.fromkeys("0123", 5), "4": 1})
    assert recorder.count == 4
    assert_same(curve(step, "4"), unrecorded(double(4), device, 1), device)
    assert_same(curve(step, "2"), unrecorded(double(2), device, 5)[-1:], device)


@pytest.mark.parametrize("device", DEVICES)
def test_rows_that_only_wait_keep_every_bit(device: str) -> None:
    pack = wave_pack(device=device, recorder=recorder_for(device))
    for seed in range(4):
        pack.add(str(seed), double(seed, carry_state=True))
    drain(pack, dict.fromkeys("0123", 1))
    before = pack.state()
    drain(pack, dict.fromkeys("012", 2))  # three of a width of four
    after = pack.state()
    assert sorted(before["3"].arrays) == sorted(after["3"].arrays)
    for name, array in before["3"].arrays.items():
        assert np.array_equal(array, after["3"].arrays[name]), name
    assert not np.array_equal(before["0"].arrays["parameters"], after["0"].arrays["parameters"])


@pytest.mark.parametrize("device", DEVICES)
def test_a_neighbour_that_reads_nan_changes_nothing(device: str) -> None:
    recorder = recorder_for(device)
    pack = wave_pack(device=device, recorder=recorder)
    for seed in range(3):
        pack.add(str(seed), double(seed, task=POISONED))  # that of seed 1 reads NaN
    pack.add("wild", double(4, task=POISONED, learning_rate=1e6))
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    assert {d.trial_id: d.step for d in step.divergences if d.trial_id == "1"} == {"1": 3}
    for seed in (0, 2):
        want = unrecorded(double(seed, task=POISONED), device)
        assert_same(curve(step, str(seed)), want, device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_recorded_steps_equal_a_plain_torch_loop(cell: str, device: str) -> None:
    config = double(3, model={"cell": cell, "num_layers": 2}, clip_norm=0.5, carry_state=True)
    pack = wave_pack(device=device, recorder=recorder_for(device))
    ours = step_losses(config, 8, pack=pack)
    assert ours == pytest.approx(plain_losses(config, 8), rel=1e-10)


@pytest.mark.parametrize("device", DEVICES)
def test_dropout_masks_are_those_of_the_cpu(device: str) -> None:
    where = torch.device(device)
    seeds, steps = torch.tensor([3, 2**31 - 1], dtype=torch.int32), torch.tensor([0, 12345])
    limits = draws.thresholds(torch.tensor([0.25, 0.5], dtype=torch.float64))
    scales = torch.tensor([1 / 0.75, 2.0])

    def drawn(device: torch.device) -> torch.Tensor:
        keys = draws.layer_keys(seeds.to(device), steps.to(device), 1)
        elements = draws.element_bits(1000, device)
        return draws.mask(keys, limits.to(device), scales.to(device), elements).cpu()

    there = drawn(where)
    assert torch.equal(there, drawn(torch.device("cpu")))
    # Of a thousand each; a quarter and a half are to be dropped.
    assert [int((row > 0).sum()) for row in there] == [726, 514]


class Narrow:
    """A recorder on which memory runs out above some rows; `error` makes what is raised."""

    def __init__(self, most: int, error: Callable[[], BaseException]) -> None:
        self.inner = TapeRecorder()
        self.most = most
        self.error = error

    def record(self, body: Any, fixed: Any) -> Any:
        body()
        if len(fixed[0]) > self.most:
            raise self.error()
        return self.inner.record(body, fixed)


def broken_off() -> BaseException:
    """What torch raises where memory ran out in the middle of a capture."""
    error = RuntimeError("operation failed due to a previous error during capture")
    error.__context__ = torch.OutOfMemoryError("CUDA out of memory")
    return error


@pytest.mark.parametrize("error", [lambda: torch.OutOfMemoryError("out"), broken_off])
def test_a_recording_that_does_not_fit_is_made_for_fewer_rows(error: Any) -> None:
    recorder = Narrow(2, error)
    pack = wave_pack(recorder=recorder)
    for seed in range(5):
        pack.add(str(seed), double(seed))
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    assert not step.refusals
    assert recorder.inner.count
    for seed in range(5):
        assert curve(step, str(seed)) == unrecorded(double(seed), "cpu")


def test_a_step_that_torch_cannot_record_is_taken_operator_by_operator_and_says_so() -> None:
    pack = wave_pack(recorder=Narrow(0, lambda: RuntimeError("not permitted\nwhen capturing")))
    pack.add("trial", double(1))
    step = drain(pack, {"trial": 2})
    assert pack.kernels["trial"].endswith("not recorded: not permitted")
    assert curve(step) == unrecorded(double(1), "cpu")


def test_a_users_own_cell_is_never_recorded() -> None:
    recorder = TapeRecorder()
    pack = wave_pack(recorder=recorder)
    pack.add("trial", double(1, model={"cell": OWN}))
    assert not drain(pack, {"trial": 1}).refusals
    assert recorder.count == 0
    assert RECORDED not in pack.kernels["trial"]


def test_nothing_is_recorded_on_a_cpu_by_itself() -> None:
    assert recorder_of(torch.device("cpu")) is None


def test_a_task_may_change_the_shape_of_its_batches() -> None:
    class Growing(WaveTask):
        """Sequences of nine points, and of eight in the batches of odd first points."""

        def gather(self, index: Any, window: Any) -> Any:
            batch = super().gather(index, window)
            if int(index[0, 0]) % 2 == 0:
                return batch
            return type(batch)(batch.inputs[:, 1:].contiguous(), batch.targets[:, 1:].contiguous())

    def build(config: Any, data: WaveData, device: Any, dtype: Any) -> WaveTask:
        return Growing(data, dtype)

    recorder = TapeRecorder()
    big = {"batch_size": 2048, "task": WAVE, "steps_per_epoch": 6}  # one step a plan
    pack = wave_pack(tasks=build, recorder=recorder)
    pack.add("trial", double(1, **big))
    step = drain(pack, {"trial": 2})
    assert not step.refusals
    assert recorder.count == 2
    assert curve(step) == alone(double(1, **big), tasks=build)


@pytest.mark.parametrize("way", WAYS)
def test_a_pack_off_the_cpu_meets_nothing_of_the_hosts(way: str) -> None:
    """A pack on the device `meta` runs from the plan to the metrics and the snapshots. Its tensors
    have no contents and take the branches of a GPU: code that looks at a value raises, and so does
    what a CUDA stream cannot capture.
    """
    config = double(1, **WAYS[way], steps_per_epoch=2)
    with Fetched():
        recorder = TapeRecorder()
        pack = wave_pack(device="meta", recorder=recorder)
        for name in ("one", "two", "three"):
            pack.add(name, config)
        first = drain(pack, dict.fromkeys(pack.roster, 1))
        kept = pack.state()
        assert pack.remove("two") is not None
        later = wave_pack(device="meta", recorder=recorder)
        add_all(later, kept)
        second = drain(later, dict.fromkeys(later.roster, 2))
    assert not first.refusals + second.refusals + first.divergences + second.divergences
    assert [len(step.reports) for step in (first, second)] == [3, 3]
    assert recorder.count == 2
    assert all(words.endswith(RECORDED) for words in later.kernels.values())
