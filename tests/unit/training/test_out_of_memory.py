"""Trials that do not all fit into memory are trained with fewer at once, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnsearch.testing.waves import WaveTask, add_all, alone, curve, drain, trial, wave_pack
from rnnsearch.training.memory import Room, most_at_once, out_of_memory

OUT = "DefaultCPUAllocator: can't allocate memory: you tried (test)"


class Tight(WaveTask):
    """Memory for training, or for the evaluation, of so many trials of one stack, however few
    step at once."""

    pack: Any = None
    most = 2
    where = "gather"

    def check(self, where: str) -> None:
        if where == self.where and len(self.pack.kernels) > self.most:
            raise RuntimeError(OUT)

    def gather(self, index: Any, window: Any) -> Any:
        self.check("gather")
        return super().gather(index, window)

    def evaluate(self, predictor: Any, part: Any, carried: Any) -> Any:
        self.check("evaluate")
        return super().evaluate(predictor, part, carried)


def tight_pack(where: str = "gather", most: int = 2) -> Any:
    def build(config: Any, data: Any, device: Any, dtype: Any) -> WaveTask:
        task = Tight(data, dtype)
        task.pack, task.where, task.most = pack, where, most
        return task

    pack = wave_pack(tasks=build)
    return pack


@pytest.mark.parametrize("where", ["gather", "evaluate"])
def test_trials_wait_where_not_all_fit_and_their_curves_are_the_same(where: str) -> None:
    pack = tight_pack(where)
    names = [str(seed) for seed in range(5)]
    for seed in range(5):
        pack.add(str(seed), trial(seed, carry_state=True))
    curves: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    notes: list[str] = []
    left = list(names)
    for _ in range(50):
        step = pack.train(dict.fromkeys(left, 2), 60.0)
        assert not step.refusals
        assert sorted(step.roster) == sorted(left)  # those that wait are aboard
        notes += step.notes
        for name in list(left):
            curves[name] += curve(step, name)
            if pack.roster[name] == 2:
                pack.remove(name)
                left.remove(name)
        if not left:
            break
    assert "wait until a trial leaves" in notes[0]
    for seed in range(5):
        assert curves[str(seed)] == alone(trial(seed, carry_state=True))


def test_a_trial_that_does_not_fit_alone_is_refused_and_says_why() -> None:
    pack = tight_pack(most=0)
    pack.add("trial", trial(1))
    (refusal,) = pack.train({"trial": 1}, 5.0).refusals
    assert refusal.reason == f"out of memory: {OUT}"


def test_those_that_wait_are_in_a_snapshot() -> None:
    pack = tight_pack()
    for seed in range(4):
        pack.add(str(seed), trial(seed))
    pack.train(dict.fromkeys(pack.roster, 1), 60.0)
    state = pack.state()
    assert sorted(state) == ["0", "1", "2", "3"]
    other = wave_pack()
    add_all(other, state)
    step = drain(other, dict.fromkeys(state, 1))
    epochs = {report.trial_id: dict(report.metrics) for report in step.reports}
    assert len(epochs) >= 2
    for name, metrics in epochs.items():
        assert metrics == alone(trial(int(name)), 1)[0]


def test_steps_that_other_chunks_took_before_memory_ran_out_stand() -> None:
    class Once(WaveTask):
        """The third batch that is asked for does not fit, once."""

        asked = 0

        def gather(self, index: Any, window: Any) -> Any:
            self.asked += 1
            if self.asked == 3:
                raise RuntimeError(OUT)
            return super().gather(index, window)

    def build(config: Any, data: Any, device: Any, dtype: Any) -> WaveTask:
        return Once(data, dtype)

    # Each trial is a chunk, and plans one step at a time.
    model = {"cell": "rnn", "hidden_size": 16}
    how = {"batch_size": 2048, "steps_per_epoch": 2, "model": model, "dtype": "float64"}
    pack = wave_pack(tasks=build)
    for seed in range(3):
        pack.add(str(seed), trial(seed, **how))
    curves: dict[str, list[dict[str, float]]] = {str(seed): [] for seed in range(3)}
    noted = False
    for _ in range(20):
        step = pack.train(dict.fromkeys(pack.roster, 1), 60.0)
        assert not step.refusals
        noted = noted or bool(step.notes)
        for name in list(pack.roster):
            curves[name] += curve(step, name)
            if pack.roster[name] == 1:
                pack.remove(name)
        if not pack.roster:
            break
    assert noted
    for seed in range(3):
        assert curves[str(seed)] == alone(trial(seed, **how), 1)


def test_room_halves_and_grows() -> None:
    room = Room()
    assert room.has(1000)
    assert room.halve(9) == 5
    assert room.has(4)
    assert not room.has(5)
    room.left()
    assert room.has(9)
    assert not room.has(10)


def test_a_room_keeps_its_bound_however_it_grows() -> None:
    room = Room(6)
    assert room.has(5)
    assert not room.has(6)
    assert room.halve(4) == 2
    assert not room.has(3)
    for _ in range(3):
        room.left()
    assert room.has(5)
    assert not room.has(6)


def test_a_pack_that_is_given_more_than_fit_starts_smaller_and_says_so() -> None:
    pack = wave_pack(most=2)
    configs = {str(seed): trial(seed) for seed in range(5)}
    for name, config in configs.items():
        pack.add(name, config)
    notes: list[str] = []
    curves: dict[str, list[dict[str, float]]] = {name: [] for name in configs}
    while pack.roster:
        step = pack.train(dict.fromkeys(pack.roster, 1), 60.0)
        notes += step.notes
        ended = [name for name, epoch in pack.roster.items() if epoch == 1]
        assert len(ended) <= 2
        for name in ended:
            curves[name] += curve(step, name)
            pack.remove(name)
    assert len(notes) == 1
    assert "memory for 2 trials" in notes[0]
    assert curves == {name: alone(config, 1) for name, config in configs.items()}


def test_a_gpus_free_memory_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 4000))
    gpu = torch.device("cuda")
    assert most_at_once(gpu, 1.0, 100) == 8
    assert most_at_once(gpu, 0.5, 100) == 4
    assert most_at_once(gpu, 2.0, 5000) == 1
    assert most_at_once(gpu, 1.0, 0) is None
    assert most_at_once(torch.device("cpu"), 1.0, 100) is None


def test_what_counts_as_out_of_memory() -> None:
    broken_off = RuntimeError("operation failed due to a previous error during capture")
    assert not out_of_memory(broken_off)
    broken_off.__context__ = torch.OutOfMemoryError("CUDA out of memory")
    assert out_of_memory(broken_off)
    assert out_of_memory(MemoryError())
    assert not out_of_memory(ValueError("the seventh column is missing"))
