"""A plan of a small study, with a real calibration of a fraction of a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from small_space import small_spec

from rnnsearch.errors import ClusterError
from rnnsearch.search.planning import calibration
from rnnsearch.search.planning import plan as planning
from rnnsearch.search.planning.calibration import Cost, steps_of
from rnnsearch.search.planning.plan import plan_study
from rnnsearch.search.planning.room import room
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.tasks.load import load_data
from rnnsearch.training.config import TrialConfig

TWO = {"CPU": 2.0}

SCRIPT = """
task: {type: script, function: "unit.training.test_script_trials:walk"}
params: {width: {uniform: [1, 9]}}
training: {max_epochs: 3}
search: {metric: val_loss, num_trials: 4, finalists: {top: 1, seeds: 1}}
"""


def test_a_small_study_is_planned() -> None:
    spec = small_spec("search.num_trials=20", "search.finalists={top: 2, seeds: 3}")
    plan = plan_study(spec, TWO, seconds=0.5)
    assert plan is not None
    assert (plan.places.packs, plan.places.slots) == (2, 4)
    assert plan.calibrated == 8
    assert plan.measured == 8
    assert plan.reruns == 4
    assert sum(plan.kernels.values()) == pytest.approx(1)
    assert plan.rungs[1].expected == 20
    assert 0 < plan.epoch_seconds.low <= plan.epoch_seconds.expected <= plan.epoch_seconds.high
    whole = plan.epochs.expected + 4 * 9
    assert plan.device_seconds.expected == pytest.approx(
        whole * plan.epoch_seconds.expected, rel=0.1
    )
    assert plan.wall_seconds.expected > plan.device_seconds.expected / 2
    assert not plan.cut


def test_what_the_constraints_forbid_is_not_calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated: list[TrialConfig] = []

    def listen(
        spec: StudySpec, data: object, configs: Sequence[TrialConfig], seconds: float
    ) -> list[Cost]:
        calibrated.extend(configs)
        return []

    monkeypatch.setattr(planning, "calibrate", listen)
    spec = small_spec("search.num_trials=20", "search.constraints=[parameters <= 400]")
    assert plan_study(spec, TWO, seconds=0.1) is None
    assert len(calibrated) == 8
    # An LSTM of h units has 4h(h + 3) + h + 1 weights and biases, an RNN h(h + 3) + h + 1.
    widest = {"lstm": 8, "rnn": 17}
    assert all(one.model.hidden_size <= widest[one.model.cell] for one in calibrated)


def test_an_epoch_takes_its_steps_and_one_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_one_step(
        spec: StudySpec, data: object, configs: Mapping[str, TrialConfig], seconds: float
    ) -> tuple[dict[str, float], dict[str, str]]:
        return dict.fromkeys(configs, 0.5), {}

    def a_step(
        spec: StudySpec, data: object, configs: Mapping[str, TrialConfig], seconds: float
    ) -> tuple[dict[str, float], dict[str, str]]:
        return dict.fromkeys(configs, 0.125), dict.fromkeys(configs, "a kernel")

    monkeypatch.setattr(calibration, "_epochs", of_one_step)
    monkeypatch.setattr(calibration, "_steps", a_step)
    spec = small_spec("training.steps_per_epoch=400", "search.num_trials=4")
    plan = plan_study(spec, TWO, seconds=0.5)
    assert plan is not None
    assert plan.epoch_seconds.expected == pytest.approx(400 * 0.125 + (0.5 - 0.125))
    assert set(plan.kernels) == {"a kernel"}


def test_steps_that_end_their_epoch_keep_their_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "LONG", 4)  # every trial is through with it in no time
    spec = small_spec("training.steps_per_epoch=400", "search.num_trials=4")
    spent: dict[str, float] = {}
    measure = calibration._steps

    def listen(*given: Any) -> tuple[dict[str, float], dict[str, str]]:
        seconds, kernels = measure(*given)
        spent.update(seconds)
        return seconds, kernels

    monkeypatch.setattr(calibration, "_steps", listen)
    assert plan_study(spec, TWO, seconds=0.5) is not None
    assert len(spent) == 4
    assert all(seconds > 0 for seconds in spent.values())


def test_a_time_budget_cuts_it() -> None:
    spec = small_spec("search.time_budget=0.001s", "search.num_trials=20")
    plan = plan_study(spec, TWO, seconds=0.3)
    assert plan is not None
    assert plan.cut
    assert plan.device_seconds.expected <= 0.004


def test_a_script_is_measured_by_its_epochs() -> None:
    spec = loads(SCRIPT, name="script", directory=Path())
    plan = plan_study(spec, TWO, seconds=2.0)
    assert plan is not None
    assert set(plan.kernels) == {"script"}
    assert plan.measured >= 1
    assert plan.trial_bytes == 0


def test_natural_epochs_are_counted_by_the_task() -> None:
    text = 'task: {type: text, text: "hello world, hello", split: {train: 1, val: 0, test: 0}}'
    spec = loads(f"{text}\ntraining: {{seq_len: 4, max_epochs: 2}}", name="t", directory=Path())
    config = trial_config(spec, {}, 0)
    steps = steps_of(config, load_data(config.task))
    assert steps > 1
    longer = loads(f"{text}\ntraining: {{max_epochs: 2}}", name="t", directory=Path())
    config = trial_config(longer, {}, 0)
    assert steps_of(config, load_data(config.task)) <= steps


def test_no_room_for_a_pack_is_refused() -> None:
    with pytest.raises(ClusterError, match="cpus_per_pack"):
        plan_study(small_spec("resources.cpus_per_pack=8"), TWO, seconds=0.1)


def test_this_machine_has_cores_and_memory() -> None:
    have = room()
    assert have["CPU"] >= 1
    assert have.get("memory", 1e9) > 1e6
    assert room(12.0) == {"CPU": 12.0}
