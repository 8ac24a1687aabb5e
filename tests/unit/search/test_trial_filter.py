"""Columns of trials by name, what fits a filter, and orders in which missing values come last."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contracts.hand_made import spec
from made_trials import TRIALS, record

from rnnsearch.errors import InputError
from rnnsearch.goal import Goal
from rnnsearch.search.leaderboard import leaderboard
from rnnsearch.search.ran_on import RanOn
from rnnsearch.search.trial_columns import Column, TrialColumns
from rnnsearch.search.trial_filter import comparisons, fitting, ordered, strange_values
from rnnsearch.tasks.base import Score

SPACE = """
task: {type: sine}
model: {cell: {choice: [rnn, lstm]}, hidden_size: {int: [4, 64]}, num_layers: 2}
training: {learning_rate: {loguniform: [1e-4, 0.1]}, max_epochs: 9}
search: {metric: val_mse, num_trials: 10}
"""


@pytest.fixture
def table() -> TrialColumns:
    some = [
        record(0, "complete", 0.5, {"model.cell": "lstm", "model.hidden_size": 16}),
        record(1, "pruned", 0.1, {"model.cell": "rnn", "model.hidden_size": 64}),
        record(2, "failed", None, {"model.cell": "rnn"}),
    ]
    rows = leaderboard(
        some, goal=Goal.MINIMIZE, metric="val_mse", baselines=[Score("zero", {"val_mse": 0.3})]
    )
    return TrialColumns(rows, some, spec(SPACE))


def numbers(table: TrialColumns, text: str) -> list[int | None]:
    """The numbers of the trials that fit a filter; None is the baseline."""
    fits = [True] * len(table.rows)
    for one in comparisons(text):
        now = fitting(one, table.column(one.column))
        fits = [before and each for before, each in zip(fits, now, strict=True)]
    return [row["number"] for row, fit in zip(table.rows, fits, strict=True) if fit]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("state=complete", [0]),
        ("state = complete , pruned", [1, 0]),
        ("state!=complete,baseline", [1, 2]),
        ("val_mse<0.4", [1, None]),
        ("value<=0.1", [1]),
        ("value>=0.3 and kind=trial", [0]),
        ("params.hidden_size>=32", [1]),
        ("hidden_size==16", [0]),
        ("model.hidden_size=null", [None, 2]),
        ("hidden_size!=16", [1, None, 2]),
        ("cell='rnn' and value=null", [2]),
        ("reason~BECAUSE and cell!=rnn", [0]),
        ("num_layers=2", [1, 0, 2]),
        ("reason!='this or that'", [1, None, 0, 2]),
        ("started>=1970-01-01", [1, 0, 2]),
        ("started>101.5", [2]),
        ("winner=true", []),
    ],
)
def test_what_fits(table: TrialColumns, text: str, expected: list[int | None]) -> None:
    assert numbers(table, text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("state=prunned", "no state 'prunned', but complete, pruned"),
        ("hidden_size>=big", "hidden_size has numbers, and 'big' is none"),
        ("hidden_size<nan", "'nan' is none"),
        ("cell<3", "of these there are =, != and ~. cell has lstm, rnn."),
        ("started>yesterday", "is no time. Write it as 2026-01-31"),
        ("state=complete or cell=rnn", "'or' in"),
        ("value<0.1 && cell=rnn", "'&&' in"),
        ("value", "is no comparison. A filter is COLUMN"),
        ("value<", "is no comparison"),
        ("value=1 and", "has numbers, and '1 and' is none"),
        ("", "is no comparison"),
        ("hiden_size=1", "Did you mean model.hidden_size?"),
        ("lr=1", "Did you mean training.learning_rate?"),
        ("val_rmse=1", "Other metrics are in MLflow alone"),
    ],
)
def test_what_is_refused_with_what_is_allowed(table: TrialColumns, text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        numbers(table, text)
    assert words in str(refused.value)


def test_a_name_that_two_keys_end_with_is_refused(table: TrialColumns) -> None:
    values = {**table.spec.values, "model.cell_args.size": 1, "task.args.size": 2}
    both = replace(table, spec=replace(table.spec, values=values))
    assert both.column("task.args.size").values == [2, None, 2, 2]
    with pytest.raises(InputError, match=r"size or task.args.size; write the whole"):
        both.column("size")


def test_a_text_that_no_trial_has_is_said(table: TrialColumns) -> None:
    (one,) = comparisons("cell=lsmt")
    assert strange_values(one, table.column("cell")) == "'cell=lsmt': cell has lstm, rnn."
    (one,) = comparisons("cell=lstm")
    assert strange_values(one, table.column("cell")) == ""


def test_a_list_is_one_value() -> None:
    (one,) = comparisons("hidden_sizes=[64, 32],[8]")
    assert one.values == ("[64, 32]", "[8]")


def test_missing_values_come_last_in_both_orders() -> None:
    column = Column("x", "number", [None, 2, float("nan"), 10, 1.5, float("inf")])
    assert ordered(column, range(6), falling=False) == [4, 1, 3, 5, 0, 2]
    assert ordered(column, range(6), falling=True) == [5, 3, 1, 4, 0, 2]


def test_equal_values_keep_the_order_of_the_leaderboard(table: TrialColumns) -> None:
    rows = leaderboard(TRIALS, goal=Goal.MINIMIZE, metric="val_mse")
    cells = TrialColumns(rows, TRIALS, spec()).column("cell")
    assert ordered(cells, range(len(rows)), falling=True) == list(range(len(rows)))


def test_the_training_loss_is_that_of_the_best_epoch(table: TrialColumns) -> None:
    assert table.column("train_loss").values == [None] * 4


def test_what_a_trial_was_trained_on_is_a_column_where_packs_ask_for_gpus(
    table: TrialColumns,
) -> None:
    assert not {"device", "node"} & set(table.every())
    with pytest.raises(InputError, match="no column 'device'"):
        table.column("device")
    mixed = spec(SPACE + "resources: {gpus_per_pack: 0.5, cpus_without_gpu: 1}")
    moved = replace(table.trials[1], ran_on=(RanOn("gpu", "a", 0), RanOn("cpu", "b", 1)))
    table = replace(table, spec=mixed, trials=[table.trials[0], moved, table.trials[2]])
    assert {"device", "node"} < set(table.every())
    assert table.column("device").values == ["gpu, cpu", None, None, None]
    assert numbers(table, "device=cpu") == []
    assert numbers(table, "device~cpu") == numbers(table, "node~b") == [1]
