"""A new winner takes the place of the champion where it is better on the same test data alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rnnsearch.records.contest import Contender, Outcome, contest

SERIES = {
    "type": "series",
    "path": "/here/load.csv",
    "targets": ["load"],
    "context": 24,
    "split": {"train": 0.7, "val": 0.15, "test": 0.15},
}
DATA = {"sha256": "ab", "path": "/here/load.csv", "facts": {"rows": 100}, "files": {}}


def model(mse: float, data: Any = DATA, **task: Any) -> Contender:
    checkpoint = {"config": {"task": {**SERIES, **task}}, "data": data}
    return Contender(checkpoint, {"val_mse": 1.0, "test_mse": mse}, "val_mse", "minimize")


def compared(new: Contender, old: Contender, who: str, scored: Any = None) -> Outcome:
    """The outcome; the champion is scored anew only where an answer is given for that."""

    def scoring() -> Any:
        assert scored is not None, "nothing is to be scored on equal data"
        return scored

    return contest(new, old, who, scoring)


def test_the_better_one_on_the_same_test_data_wins() -> None:
    won = compared(model(0.1), model(0.2), "version 3")
    assert won.won
    assert won.words == "test_mse 0.1 is better than the 0.2 of version 3 on the same data"
    lost = compared(model(0.3), model(0.2), "version 3")
    assert (lost.won, "worse than the 0.2" in lost.words) == (False, True)
    tie = compared(model(0.2), model(0.2), "version 3")
    assert (tie.won, "no better than the 0.2" in tie.words) == (False, True)
    high = [replace(model(mse), goal="maximize") for mse in (0.3, 0.2)]
    assert compared(*high, "version 3").won
    assert compared(model(0.2), model(float("nan")), "version 3").won
    assert not compared(model(float("nan")), model(0.2), "version 3").won


def test_the_place_of_a_file_and_what_changes_only_the_inputs_are_no_difference() -> None:
    moved = {**DATA, "path": "/there/load.csv"}
    assert compared(model(0.1, moved, path="/there/load.csv", context=48), model(0.2), "it").won


@pytest.mark.parametrize(
    ("old", "why"),
    [
        (model(0.2, type="sine"), "its task is series, and that one's sine"),
        (replace(model(0.2), metric="val_mae"), "val_mse, and that one's val_mae"),
        (replace(model(0.2), metrics={"val_mse": 0.2}), "version 3 has no test_mse"),
    ],
)
def test_what_cannot_be_compared_does_not_win(old: Contender, why: str) -> None:
    outcome = compared(model(0.1), old, "version 3")
    assert not outcome.won
    assert "it cannot be compared with version 3" in outcome.words
    assert why in outcome.words


@pytest.mark.parametrize(
    ("old", "difference"),
    [
        (model(0.2, {**DATA, "sha256": "cd", "facts": {"rows": 90}}), "rows 90, now 100"),
        (model(0.2, None), "not noted what data"),
        (model(0.2, split={"train": 0.8, "val": 0.1, "test": 0.1}), "task.split.test is 0.15"),
        (model(0.2, horizon=3), "task.horizon is None, and was 3"),
    ],
)
def test_on_other_data_the_champion_is_scored_anew(old: Contender, difference: str) -> None:
    worse = compared(model(0.1), old, "version 3", {"test_mse": 0.05})
    assert not worse.won
    assert worse.words.startswith("test_mse 0.1 is worse than the 0.05 of version 3, scored on")
    assert difference in worse.words
    assert compared(model(0.1), old, "version 3", {"test_mse": 0.15}).won
    unknown = compared(model(0.1), old, "version 3", "it never saw the series 'west'")
    assert not unknown.won
    assert unknown.words.startswith("it cannot be compared with version 3: ")
    assert difference in unknown.words
    assert "cannot be scored on the new test part, since it never saw the series" in unknown.words
    untested = replace(model(0.1), metrics={"val_mse": 0.1})
    assert "there is no test_mse of it" in compared(untested, old, "version 3").words


def test_without_a_test_part_the_metric_of_the_study_decides() -> None:
    one, other = (replace(model(0.0), metrics={"val_mse": value}) for value in (0.1, 0.2))
    assert compared(one, other, "it").words.startswith("val_mse 0.1 is better than the 0.2")


def test_data_that_is_other_at_every_call_is_never_the_same() -> None:
    unsteady = {**DATA, "sha256": ""}
    assert (
        "other data at every call" in compared(model(0.1, unsteady), model(0.2, unsteady), "").words
    )
