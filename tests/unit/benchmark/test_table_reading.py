"""The table of recurrent trainings is read, and finds the row that stands for a configuration."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest


def test_a_row_stands_for_its_own_configuration(small: Any) -> None:
    assert [small.row(params) for params in small.params] == list(range(40))


def test_a_choice_must_be_equal_however_near_another_row_is(small: Any) -> None:
    other = {**small.params[6], "model.cell": "lstm"}
    found = small.row(other)
    assert small.params[found]["model.cell"] == "lstm"


def test_ranges_with_a_logarithm_are_compared_on_it(small: Any) -> None:
    def place(params: Any) -> tuple[float, float]:
        rate, units = params["training.learning_rate"], params["model.hidden_size"]
        return math.log(rate / 1e-4) / math.log(1e3), math.log(units / 4) / math.log(8)

    rows = range(1, 40, 2)  # those with an lstm
    for units in (5, 9, 20, 31):
        for rate in (1.3e-4, 5e-4, 3e-3, 5e-2):
            asked = {"model.cell": "lstm", "model.hidden_size": units}
            asked["training.learning_rate"] = rate
            nearest = min(rows, key=lambda row: math.dist(place(asked), place(small.params[row])))
            assert small.row(asked) == nearest


def test_a_rank_is_the_share_of_rows_that_are_truly_better(small: Any) -> None:
    values = sorted(one.value(small.goal) for one in small.first)
    assert small.rank(values[0]) == 0
    assert small.rank(values[10]) == pytest.approx(10 / 40)
    assert small.rank(values[-1] + 1) == 1


def test_the_shipped_table_has_whole_curves_of_every_space_in_it() -> None:
    from table.reading import HERE, SPACES, Table

    shipped = sorted(path.stem for path in HERE.glob("*.parquet"))
    assert shipped
    assert {path.stem for path in SPACES.glob("*.yaml")} >= set(shipped)
    table = Table.read(shipped[0])
    assert len(table.seeds) == len(table.first) // 10
    for one in table.first:
        assert one.diverged or len(one.objective) == table.max_epochs
        assert len(one.objective) == len(one.test) == len(one.seconds)
        assert all(seconds > 0 for seconds in one.seconds)
    assert table.row(table.params[17]) == 17


def test_without_the_surrogate_no_task_of_lcbench_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from table.lcbench import spaces

    monkeypatch.setenv("RNNSEARCH_DATA", str(tmp_path))
    assert spaces() == []


@pytest.mark.skipif(
    not (Path(os.environ.get("RNNSEARCH_DATA", "")) / "lcbench" / "model.onnx").is_file(),
    reason="RNNSEARCH_DATA names no folder with lcbench/model.onnx",
)
def test_the_surrogate_answers_for_any_configuration() -> None:
    from table.lcbench import DRAWN, Surrogate, spaces

    table = Surrogate(spaces()[0])
    known = table.row(table.params[3])
    new = {**table.params[3], "params.batch_size": 17}
    row = table.row(new)
    assert row == table.row(new) >= DRAWN
    assert table.first[known].objective == pytest.approx(table.first[3].objective)
    assert table.first[row].objective != table.first[known].objective
    assert len(table.costs) == DRAWN
    assert all(seconds >= 0 for seconds in table.first[row].seconds)
