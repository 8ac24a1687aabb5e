"""Trials come, wait, go, fail and move; nothing of that shows in their curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from rnnsearch.errors import PackError
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.tasks.base import Metric
from rnnsearch.tasks.sine.config import SineConfig
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
    neighbours,
    trial,
    wave_pack,
)
from rnnsearch.training.report import BestEpoch
from rnnsearch.training.snapshot import (
    read_snapshots,
    snapshots_from_bytes,
    snapshots_to_bytes,
    write_snapshots,
)
from rnnsearch.training.stack import Stack


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def test_a_trial_waits_at_its_limit():
    pack = wave_pack()
    pack.add("a", trial(1))
    pack.add("b", trial(2))
    step = drain(pack, {"a": 1, "b": 3})
    assert [report.epoch for report in step.reports if report.trial_id == "b"] == [1, 2, 3]
    assert pack.roster == {"a": 1, "b": 3}
    assert pack.train({"a": 1}, 5.0).reports == []
    assert curve(step, "a") + curve(drain(pack, {"a": 2}), "a") == alone(trial(1))


def test_a_call_without_time_still_gets_somewhere():
    config = trial(1)
    pack = wave_pack()
    pack.add("trial", config)
    reports = []
    for _ in range(1000):
        reports += pack.train({"trial": 2}, 0.0).reports
        if pack.roster["trial"] == 2:
            break
    assert [dict(report.metrics) for report in reports] == alone(config)


def test_a_stack_whose_kernels_are_being_compiled_has_its_turn_later(
    monkeypatch: pytest.MonkeyPatch,
):
    here, later = trial(1), trial(2, model={"cell": "gru"})
    coming = {"gru"}
    is_awaited = property(lambda stack: stack.key.network.cell in coming)
    monkeypatch.setattr(Stack, "awaited", is_awaited)
    pack = wave_pack()
    pack.add("later", later)
    pack.add("here", here)
    limits = {"here": 2, "later": 2}
    step = pack.train(limits, 60.0)
    assert curve(step, "here") == alone(here)
    assert step.roster == {"here": 2, "later": 0}
    # With nothing else to do it waits, and comes back when the time is up.
    assert pack.train(limits, 0.1).roster == {"here": 2, "later": 0}
    coming.clear()
    assert curve(drain(pack, limits), "later") == alone(later)


def test_trials_of_a_stack_fall_into_step():
    pack = wave_pack()
    pack.add("a", trial(1))
    pack.train({"a": 1}, 0.0)
    pack.add("b", trial(2))
    step = drain(pack, {"a": 2, "b": 2})
    order = [report.trial_id for report in step.reports]
    assert [sorted(order[:2]), sorted(order[2:])] == [["a", "b"]] * 2


def test_unknown_and_double_ids():
    pack = wave_pack()
    pack.add("a", trial(1))
    with pytest.raises(PackError, match="aboard already"):
        pack.add("a", trial(1))
    with pytest.raises(PackError, match="no trial b"):
        pack.remove("b")
    assert pack.remove("a") is None
    assert pack.roster == {}


def test_what_cannot_be_trained_is_refused_and_the_others_train():
    pack = wave_pack()
    pack.add("trial", trial(1))
    pack.add("no-data", trial(1, task=SineConfig(num_points=77)))
    pack.add("too-long", trial(1, seq_len=1000))
    step = drain(pack, {"trial": 2, "no-data": 2, "too-long": 2})
    reasons = {refusal.trial_id: refusal.reason for refusal in step.refusals}
    assert set(reasons) == {"no-data", "too-long"}
    assert "no data" in reasons["no-data"]
    assert "longer than" in reasons["too-long"]
    assert curve(step) == alone(trial(1))


def test_an_unknown_objective_is_a_refusal():
    pack = wave_pack(objective="val_mape")
    pack.add("trial", trial(1))
    step = pack.train({"trial": 1}, 1.0)
    assert "val_mape" in step.refusals[0].reason
    assert "val_mse" in step.refusals[0].reason


class Greedy(WaveTask):
    """Raises as torch does when memory runs out, above two trials at once."""

    def gather(self, index, window):
        if len(index) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried (test)")
        return super().gather(index, window)


class Broken(WaveTask):
    def gather(self, index, window):
        raise ValueError("the seventh column is missing")


def test_a_stack_that_runs_out_of_memory_steps_in_smaller_chunks():
    pack = wave_pack(tasks=lambda c, data, device, dtype: Greedy(data, dtype))
    for seed in range(5):
        pack.add(str(seed), trial(seed))
    step = drain(pack, dict.fromkeys(pack.roster, 2))
    assert not step.refusals
    assert all(curve(step, str(seed)) == alone(trial(seed)) for seed in range(5))


def test_a_broken_task_refuses_its_own_trials_alone():
    def build(config, data, device, dtype):
        return (Broken if config == POISONED else WaveTask)(data, dtype)

    pack = wave_pack(tasks=build)
    pack.add("broken", trial(1, task=POISONED))
    pack.add("trial", trial(1))
    step = drain(pack, {"broken": 1, "trial": 2})
    (refused,) = step.refusals
    assert refused.trial_id == "broken"
    assert refused.reason.startswith("ValueError: the seventh column is missing (")
    assert refused.reason.endswith("in gather)")
    assert curve(step) == alone(trial(1))


class Misshapen(WaveTask):
    """Gives one input more than it says, which a kernel would read as the next row."""

    def gather(self, index, window):
        batch = super().gather(index, window)
        return replace(batch, inputs=batch.inputs.expand(-1, -1, -1, 2))


def test_inputs_of_another_shape_than_the_tasks_are_refused():
    pack = wave_pack(tasks=lambda c, data, device, dtype: Misshapen(data, dtype))
    pack.add("trial", trial(1))
    (refusal,) = pack.train({"trial": 1}, 5.0).refusals
    assert "inputs of shape" in refusal.reason


class BadMetric(WaveTask):
    def evaluate(self, predictor, part, carried):
        return {"val_mse": torch.full((predictor.size,), torch.inf)}


def test_a_metric_that_is_not_finite_is_a_divergence():
    pack = wave_pack(tasks=lambda c, data, device, dtype: BadMetric(data, dtype))
    pack.add("trial", trial(1, steps_per_epoch=6))
    step = pack.train({"trial": 1}, 5.0)
    assert [(d.trial_id, d.epoch, d.step) for d in step.divergences] == [("trial", 1, 6)]
    assert np.isfinite(step.divergences[0].gradient_norm)
    assert pack.roster == {}


class Tied(WaveTask):
    """Every epoch has the accuracy that its number stands at, and the wave's own loss."""

    accuracies: Sequence[float] = ()

    def __init__(self, data, dtype):
        super().__init__(data, dtype)
        self.data = TiedData()
        self.left = iter(self.accuracies)

    def evaluate(self, predictor, part, carried):
        right = torch.full((predictor.size,), next(self.left), dtype=torch.float64)
        return {"val_accuracy": right, **super().evaluate(predictor, part, carried)}


class TiedData(WaveData):
    def metrics(self):
        return (Metric("val_accuracy", "", "maximize", ""), *super().metrics())


def test_of_equal_epochs_the_one_with_the_lowest_own_loss_keeps_its_weights():
    class Often(Tied):
        accuracies = (0.5, 1.0, 1.0, 1.0, 1.0, 0.9, 1.0)

    config = trial(3, learning_rate=0.3, model={"hidden_size": 11, "num_layers": 2})
    pack = wave_pack(
        objective="val_accuracy", goal="maximize", tasks=lambda c, d, _, dtype: Often(d, dtype)
    )
    pack.add("trial", config)
    reports = drain(pack, {"trial": 7}).reports
    losses = {r.epoch: r.metrics["val_mse"] for r in reports if r.metrics["val_accuracy"] == 1.0}
    best = min(losses, key=lambda epoch: losses[epoch])
    assert best not in (2, 7), "neither the first nor the last of them"
    assert reports[-1].best == BestEpoch(best, 1.0, losses[best])
    assert reports[0].best == BestEpoch(1, 0.5, reports[0].metrics["val_mse"])
    assert pack.remove("trial").epoch == best


def test_the_best_weights_are_those_of_the_best_epoch():
    config = trial(3, learning_rate=0.3, model={"hidden_size": 11, "num_layers": 2})
    pack = wave_pack(objective="val_mse")
    pack.add("trial", config)
    values = [metrics["val_mse"] for metrics in curve(drain(pack, {"trial": 6}))]
    weights = pack.remove("trial")
    assert weights.epoch == 1 + int(np.argmin(values))
    assert weights.metrics["val_mse"] == min(values)
    network = RecurrentNetwork(config.model, 1, 1, False)
    network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.tensors.items()})
    points = WaveTask(WaveData(), torch.float32).values
    with torch.no_grad():
        outputs, _ = network(points[:100].view(-1, 1, 1))
    error = float((outputs.flatten() - points[1:101]).square().mean())
    assert error == pytest.approx(min(values), rel=1e-4)


def test_maximizing_keeps_the_largest():
    pack = wave_pack(objective="val_mse", goal="maximize")
    pack.add("trial", trial(3))
    values = [metrics["val_mse"] for metrics in curve(drain(pack, {"trial": 4}))]
    assert pack.remove("trial").epoch == 1 + int(np.argmax(values))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_snapshot_goes_on_bit_for_bit(cell, optimizer, tmp_path):
    config = trial(1, model={"cell": cell}, carry_state=True, optimizer=optimizer, momentum=0.9)
    expected = alone(config, 3)
    pack = wave_pack()
    for name, other in neighbours(config).items():
        pack.add(name, other)
    pack.add("trial", config)
    got = curve(drain(pack, {"trial": 1}))
    got += curve(pack.train({"trial": 3}, 0.0))  # into the middle of the second epoch
    write_snapshots(tmp_path / "pack", pack.state())
    other = wave_pack()
    add_all(other, read_snapshots(tmp_path / "pack"))
    assert other.roster == pack.roster
    assert got + curve(drain(other, {"trial": 3})) == expected
    ours, theirs = other.remove("trial"), pack.remove("trial")
    assert ours.epoch >= theirs.epoch


def test_the_state_of_an_arriving_trial_can_be_taken():
    pack = wave_pack()
    pack.add("trial", trial(1))
    elsewhere = wave_pack()
    add_all(elsewhere, pack.state())
    with pytest.raises(PackError, match="aboard already"):
        add_all(elsewhere, pack.state())
    assert curve(drain(elsewhere, {"trial": 2})) == alone(trial(1))


def test_a_snapshot_of_another_config_is_refused_at_once():
    pack = wave_pack()
    pack.add("trial", trial(1))
    with pytest.raises(PackError, match="another config"):
        wave_pack().add("trial", trial(2), pack.state()["trial"])


def test_damaged_snapshots_are_told(tmp_path):
    pack = wave_pack()
    pack.add("trial", trial(1))
    whole = snapshots_to_bytes(pack.state())
    assert snapshots_from_bytes(whole)["trial"].config == trial(1)
    for cut in (0, 5, 40, len(whole) // 2, len(whole) - 1):
        with pytest.raises(PackError):
            snapshots_from_bytes(whole[:cut])
    for place in (0, 20, 60, len(whole) - 3):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(PackError):
            snapshots_from_bytes(bytes(changed))
    with pytest.raises(PackError, match="cannot read"):
        read_snapshots(tmp_path / "absent")


def test_a_crowd_that_comes_and_goes_leaves_every_curve_as_it_is():
    """Forty trials pass through six slots, with limits, removals and pauses drawn from a fixed
    seed, and each has the curve that it has when it is trained alone.
    """
    dice = np.random.default_rng(0)
    waiting = [
        (f"t{n}", trial(n, model={"hidden_size": int(dice.integers(3, 30))}, steps_per_epoch=5))
        for n in range(40)
    ]
    configs = dict(waiting)
    curves: dict[str, list[dict[str, float]]] = {name: [] for name in configs}
    pack = wave_pack()
    while waiting or pack.roster:
        while waiting and len(pack.roster) < 6:
            pack.add(*waiting.pop())
        limits = {name: epoch + int(dice.integers(0, 3)) for name, epoch in pack.roster.items()}
        step = pack.train(limits, float(dice.choice([0.0, 0.004, 5.0])))
        assert not step.refusals
        assert not step.divergences
        for report in step.reports:
            curves[report.trial_id].append(dict(report.metrics))
        for name, epoch in step.roster.items():
            if epoch >= 3 or dice.random() < 0.1:
                pack.remove(name)
    checked = [name for name, found in curves.items() if found][::4]
    assert len(checked) > 5
    for name in checked:
        assert curves[name] == alone(configs[name], len(curves[name]))


class Reset(WaveTask):
    """Counts an epoch as a pass over the data, and remembers the carried states it was shown."""

    def __init__(self, data, dtype):
        super().__init__(data, dtype, natural_epoch=True)
        self.shown = []

    def evaluate(self, predictor, part, carried):
        self.shown.append(None if carried is None else [x.clone() for x in carried])
        return super().evaluate(predictor, part, carried)


def test_a_natural_epoch_starts_from_the_zero_state():
    from contracts.plain_torch import PlainTorch

    made = []

    def build(config, data, device, dtype):
        made.append(Reset(data, dtype))
        return made[-1]

    config = trial(1, carry_state=True, dtype="float64", steps_per_epoch=4)
    pack = wave_pack(tasks=build)
    pack.add("trial", config)
    pack.add("plain", replace(config, training=replace(config.training, carry_state=False)))
    step = drain(pack, {"trial": 3, "plain": 3})
    plain = PlainTorch(config, Reset(WaveData(), torch.float64)).losses(3)
    means = [sum(plain[lo:hi]) / 4 for lo, hi in pairwise((0, 4, 8, 12))]
    got = [metrics["train_loss"] for metrics in curve(step)]
    assert got == pytest.approx(means, rel=1e-9)
    assert [shown is None for shown in made[0].shown] == [True, False] * 3
    assert all(bool(part.any()) for shown in made[0].shown if shown for part in shown)


def test_reports_share_the_time_and_name_the_metrics():
    pack = wave_pack()
    pack.add("wave", trial(1))
    pack.add("symbols", trial(1, task=SYMBOLS))
    step = drain(pack, {"wave": 2, "symbols": 2})
    names = {report.trial_id: set(report.metrics) for report in step.reports}
    assert names == {"wave": {"train_loss", "val_mse"}, "symbols": {"train_loss", "val_nats"}}
    assert all(report.seconds > 0 for report in step.reports)
    assert WAVE != SYMBOLS
