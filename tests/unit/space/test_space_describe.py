"""What `check` prints: counts, rungs, rows, metrics, notes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnsearch.models.weights import parameter_count
from rnnsearch.space.describe import StudyDescription, describe
from rnnsearch.space.load import load, loads
from rnnsearch.space.trial import trial_config

SPACES = Path(__file__).parents[3] / "search_spaces"


def description(text: str) -> StudyDescription:
    return describe(loads(text, name="s", directory=Path()))


@pytest.mark.parametrize("file", sorted(SPACES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_shipped_file_holds_no_mistake(file: Path) -> None:
    spec = load(file, check_data=False)  # some take a user's data, by --set
    assert spec.name == file.stem
    assert file.read_text(encoding="utf-8").startswith("#"), "a comment says what it shows"


def test_sine() -> None:
    found = describe(load(SPACES / "sine.yaml"))
    assert found.spec.search.metric == "val_rollout_rmse_49"
    assert found.spec.search.metric in [metric.name for metric in found.metrics]
    assert all(metric.unit and metric.meaning for metric in found.metrics)
    assert found.rungs == (5, 10, 20, 40)
    assert found.configurations is None
    assert found.notes == ()
    assert found.rows["train"] == 150
    by_key = {one.key: one for one in found.parameters}
    assert by_key["model.hidden_size"].draws == "logint: [8, 32]"
    assert by_key["model.dropout"].when == "model.num_layers is at least 2"
    assert by_key["model.nonlinearity"].default == "tanh"
    assert "training.beta1" in found.defaults
    assert "training.max_epochs" not in found.defaults


@pytest.mark.parametrize("name", ["sine", "hello", "char"])
def test_parameter_counts_bound_every_model_of_the_space(name: str) -> None:
    from rnnsearch.space.conditions import in_order
    from rnnsearch.space.distributions import Choice

    spec = load(SPACES / f"{name}.yaml")
    found = describe(spec)
    random = np.random.default_rng(0)
    for _ in range(200):
        known, params = dict(spec.values), {}
        for key in in_order(spec.parameters):
            one = spec.parameters[key]
            if one.is_active(known):
                space = one.distribution
                if isinstance(space, Choice):
                    value = space.members[int(random.integers(len(space.members)))]
                else:
                    value = type(space.low)(random.uniform(space.low, space.high))
                known[key] = params[key] = value
        model = trial_config(spec, params, 0).model
        count = parameter_count(
            model,
            input_size=found.inputs,
            output_size=found.outputs,
            symbolic=spec.values["task.type"] == "text",
        )
        assert found.parameter_counts[0] <= count <= found.parameter_counts[1]


def test_hello_says_that_nothing_is_held_out() -> None:
    found = describe(load(SPACES / "hello.yaml"))
    assert found.rows == {"train": 5}
    assert found.inputs == 4
    assert any("held-out" in note for note in found.notes)
    assert found.rungs == ()


@pytest.mark.parametrize(
    ("last", "grace", "factor", "wanted"),
    [
        (60, 5, 3, (5, 15, 45)),
        (45, 5, 3, (5, 15)),
        (8, 1, 2, (1, 2, 4)),
        (5, 5, 3, ()),
        (20, 2, 1.5, (2, 3, 5, 7, 11, 16)),
    ],
)
def test_rungs(last: int, grace: int, factor: float, wanted: tuple[int, ...]) -> None:
    text = (
        f"task: {{type: sine}}\ntraining: {{max_epochs: {last}}}\n"
        f"search: {{scheduler: {{grace_period: {grace}, reduction_factor: {factor}}}}}"
    )
    assert describe(loads(text, name="s", directory=Path())).rungs == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing is sampled"),
        ("model: {cell: {choice: [rnn, gru]}}", "holds 2 configurations, fewer than the 60"),
        (
            "model: {cell: {choice: [rnn, gru]}, nonlinearity: {choice: [tanh, relu]}}",
            "`when: {model.cell: rnn}`",
        ),
        (
            "model: {num_layers: {int: [1, 2]}, dropout: {uniform: [0.0, 0.5]}}",
            "`when: {model.num_layers: {min: 2}}`",
        ),
        ("model: {dropout: 0.5}", "model.dropout does nothing while model.num_layers is 1"),
        ("model: {nonlinearity: relu}", "does nothing while model.cell is lstm"),
    ],
)
def test_notes_say_what_was_perhaps_not_meant(text: str, words: str) -> None:
    notes = description("task: {type: sine}\n" + text).notes
    assert any(words in note for note in notes), notes


def test_conditions_count_in_the_number_of_configurations() -> None:
    text = (
        "task: {type: sine}\nmodel: {cell: {choice: [rnn, gru]}, "
        "num_layers: {int: [1, 5], step: 2}, "
        "nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}}"
    )
    assert description(text).configurations == 3 * (2 + 1)


def test_a_sampled_task_is_named() -> None:
    text = "task: {type: sine, rollout: {steps: [1, 10], warmup_steps: {int: [1, 5]}}}"
    assert any("task.rollout.warmup_steps is sampled" in note for note in description(text).notes)


def test_a_model_beyond_this_machines_memory_is_noted() -> None:
    text = "task: {type: sine}\nmodel: {cell: lstm, num_layers: 64, hidden_size: {int: [8, 16384]}}"
    found = describe(loads(text, name="a", directory=Path()))
    (note,) = [one for one in found.notes if "GB" in one]
    assert note.startswith("the largest model takes 2,182 GB as it trains")
    small = describe(loads("task: {type: sine}", name="a", directory=Path()))
    assert not [one for one in small.notes if "GB" in one]
