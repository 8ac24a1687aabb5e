"""Constraints of a space file: how they are written, and what cannot be one."""

from __future__ import annotations

from pathlib import Path

import pytest
from mistake_case import SINE

from rnnsearch.errors import SpaceFileError
from rnnsearch.space.constraints import Constraint, constraint
from rnnsearch.space.describe import parameter_counts
from rnnsearch.space.load import loads
from rnnsearch.space.measures import broken_before
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import first_task
from rnnsearch.tasks.load import load_data

SIZES = SINE + "model: {cell: lstm, hidden_size: {logint: [8, 64]}}\n"


def loaded(constraints: str, space: str = SIZES) -> StudySpec:
    return loads(f"{space}search: {{constraints: {constraints}}}", name="a", directory=Path())


def mistaken(constraints: str, space: str = SIZES) -> str:
    with pytest.raises(SpaceFileError) as caught:
        loaded(constraints, space)
    (mistake,) = (one for one in caught.value.mistakes if one.key == "search.constraints")
    assert mistake.line == space.count("\n") + 1
    return str(mistake)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("parameters <= 50000", Constraint("parameters", True, 50000.0)),
        (" val_mae>=-1.5e-3 ", Constraint("val_mae", False, -0.0015)),
        ("memory_mb <= 1_000", Constraint("memory_mb", True, 1000.0)),
        ("parameters < 50000", None),
        ("parameters <= many", None),
        ("parameters <= 1-1", None),
        ("parameters 50000", None),
        ("", None),
    ],
)
def test_a_constraint_is_a_name_a_side_and_a_number(text: str, meaning: Constraint | None) -> None:
    assert constraint(text) == meaning


def test_a_violation_is_a_part_of_the_bound() -> None:
    most, least = Constraint("parameters", True, 50000.0), Constraint("val_r2", False, 0.5)
    assert most.violation(75000) == 0.5
    assert most.violation(50000) == 0.0
    assert least.violation(0.25) == 0.5
    assert Constraint("val_bias", True, 0.0).violation(3.0) == 3.0
    assert most.broken_by(61249) == "parameters 61,249 > 50,000"
    assert least.broken_by(0.25) == "val_r2 0.25 < 0.5"


def test_what_is_no_constraint_is_told_with_what_is() -> None:
    assert "a name, `<=` or `>=`, and a number" in mistaken("[parameters < 5000]")
    words = mistaken("[parametres <= 5000]")
    assert "there is parameters, memory_mb, latency, val_mse, " in words
    assert loaded("[val_mse <= 0.1, training_seconds <= 60]").search.constraints
    assert "a script's models are its own" in mistaken(
        "[parameters <= 5000]", "task: {type: script, function: 'os.path:join'}\n"
    )


def test_bounds_that_no_model_keeps_are_told_with_the_nearest() -> None:
    spec = loaded("[]")
    smallest, largest = parameter_counts(spec, load_data(first_task(spec)))
    words = mistaken(f"[parameters <= {smallest - 1}]")
    assert f"the smallest has parameters {smallest:,} > {smallest - 1:,}" in words
    assert f"parameters <= {smallest}" in words
    assert "the largest has" in mistaken(f"[parameters >= {largest + 1}]")
    assert "memory_mb" in mistaken("[memory_mb <= 0.001]")
    assert loaded(f"[parameters <= {smallest}]").search.constraints == (
        f"parameters <= {smallest}",
    )


def test_a_study_with_constraints_is_written_and_read_again() -> None:
    spec = loaded("[parameters <= 5000, 'memory_mb<=1000']")
    assert loads(spec.yaml, name="a", directory=Path()) == spec


def test_a_configuration_is_measured_before_it_trains() -> None:
    spec = loaded("[parameters <= 1000, memory_mb <= 0.4]")
    data = {first_task(spec): load_data(first_task(spec))}
    fewest, most = parameter_counts(spec, load_data(first_task(spec)))
    assert fewest <= 1000
    assert not broken_before(spec, {"model.hidden_size": 8}, 0, data)
    both = broken_before(spec, {"model.hidden_size": 64}, 0, data)
    assert both[0].words == f"parameters {most:,} > 1,000"
    assert [one.constraint.name for one in both] == ["parameters", "memory_mb"]


def test_a_time_step_is_measured_where_it_is_bounded_and_only_there() -> None:
    from rnnsearch.training.step_time import step_milliseconds

    task = first_task(loaded("[]"))
    data = {task: load_data(task)}
    step_milliseconds.cache_clear()
    assert not broken_before(loaded("[parameters <= 50000]"), {"model.hidden_size": 8}, 0, data)
    assert step_milliseconds.cache_info().currsize == 0
    slow = loaded("[latency <= 1e-6]")  # no refusal by `check`: another machine may be faster
    (broken,) = broken_before(slow, {"model.hidden_size": 8}, 0, data)
    assert broken.words.startswith("latency 0.")
    assert broken.words.endswith(" > 1e-06")
    assert not broken_before(loaded("[latency <= 5000]"), {"model.hidden_size": 8}, 0, data)
    assert "a script's models are its own" in mistaken(
        "[latency <= 1]", "task: {type: script, function: 'os.path:join'}\n"
    )
