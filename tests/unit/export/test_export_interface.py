"""What is said of a network's inputs and answers is what its model's own methods take and give."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from contracts.untrained import EVERY_TASK, untrained, write_every_file

from rnnsearch.export.drawing import drawn
from rnnsearch.tasks.interface import Classes, Forecast, Symbols, Table
from rnnsearch.training.trained import TrainedModel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("every-task")
    write_every_file(folder)
    return folder


@pytest.fixture(scope="module")
def model(folder: Path):
    return cache(lambda name: untrained(name, folder))


def answer(model: TrainedModel, x: np.ndarray, series: np.ndarray | None = None) -> np.ndarray:
    y, _ = model.use.answered(model.predictor(), x, None, None, series)
    return y


PLAIN = ("sine", "wave", "wave-ahead", "wave-last", "lorenz", "adding", "copy", "text", "events")
OWN = ("own", "own-classes", "own-whole", "arrays", "amounts", "symbols")


@pytest.mark.parametrize("name", [*PLAIN, *OWN])
def test_what_predict_gives(model, name: str) -> None:
    one = model(name)
    interface = one.use.interface()
    x = drawn(interface.reads, np.random.default_rng(0), 3, 7, None)
    given = one.predict(x)
    if isinstance(interface.answers, Classes):
        given = np.exp(given)
    assert answer(one, x) == pytest.approx(given, rel=1e-5, abs=1e-6)
    assert given.shape[-1] == len(interface.answers.names)


@pytest.mark.parametrize("name", ["words", "walks", "sign", "walk-steps"])
def test_what_classify_gives(model, name: str) -> None:
    one = model(name)
    interface = one.use.interface()
    x = drawn(interface.reads, np.random.default_rng(0), 3, 7, None)
    sequences = list(x)
    if isinstance(interface.reads, Symbols):
        x = np.maximum(x, 1)  # 0 stands for what training did not have
        sequences = ["".join(interface.reads.names[at] for at in row) for row in x]
    given = np.stack(one.classify(sequences).probabilities).reshape(
        3, -1, len(one.manifest["classes"])
    )
    assert answer(one, x) == pytest.approx(given, abs=1e-6)
    assert interface.lengths
    assert interface.answers.names == tuple(one.manifest["classes"])


@pytest.mark.parametrize("name", ["walk-value", "word-value"])
def test_what_a_model_of_values_gives(model, name: str) -> None:
    one = model(name)
    reads = one.use.interface().reads
    x = drawn(reads, np.random.default_rng(0), 3, 7, None)
    sequences = list(x)
    if isinstance(reads, Symbols):
        x = np.maximum(x, 1)
        sequences = ["".join(reads.names[at] for at in row) for row in x]
    assert answer(one, x)[:, 0, 0] == pytest.approx(one.predict(sequences), rel=1e-5)


def test_the_symbols_of_a_text_are_those_of_its_vocabulary(model) -> None:
    for name, spelled in (("text", list("cat")), ("bytes", list(b"cat"))):
        one = model(name)
        names = one.use.interface().reads.names
        numbers = one.vocabulary().encode("cat")
        assert [names[number] for number in numbers] == spelled


def features(table: Table, rows: pd.DataFrame, lead: int) -> np.ndarray:
    """What a person makes of rows, by the names of the features alone."""
    time = pd.to_datetime(rows["time"])
    known: dict[str, np.ndarray] = {
        "sine of the hour": np.sin(2 * np.pi * time.dt.hour / 24),
        "cosine of the hour": np.cos(2 * np.pi * time.dt.hour / 24),
        "sine of the weekday": np.sin(2 * np.pi * time.dt.day_of_week / 7),
        "cosine of the weekday": np.cos(2 * np.pi * time.dt.day_of_week / 7),
        "log(1 + step since the row before / usual step)": np.log([2.0] * len(rows)),
    }
    for name in ("y", "z"):
        last = pd.Series(np.where(rows[name].isna(), np.nan, np.arange(len(rows)))).ffill()
        known[f"log(1 + time since {name} was measured / usual step)"] = np.log1p(
            np.arange(len(rows)) - last.fillna(0)
        )
    columns = []
    for name in table.names:
        what, _, later = name.partition(", ")
        column, _, wanted = what.partition(" is ")
        values = known.get(what)
        if values is None and wanted:
            values = (rows[column] == wanted.strip("'")).astype(float)
        elif values is None:
            values = rows[column]
        values = np.asarray(values, np.float64)
        columns.append(np.append(values[lead:], [np.nan] * lead) if later else values)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    "name",
    [
        *("one-step", "recursive", "direct", "each", "quantiles", "roots", "panel"),
        *("all-inputs", "all-inputs-direct", "anchored-each", "anchored-direct"),
    ],
)
def test_what_forecast_gives(model, folder: Path, name: str) -> None:
    one = model(name)
    interface = one.use.interface()
    table, answers = interface.reads, interface.answers
    assert isinstance(table, Table)
    assert isinstance(answers, Forecast)
    config = one.config.task
    rows = pd.read_csv(config.path)
    if config.id is not None:
        shop = list(table.series)[1]
        rows = rows[rows[config.id].astype(str) == shop].reset_index(drop=True)
    now = 60
    rows = rows[now - config.context : now + config.horizon].reset_index(drop=True)
    if config.missing == "ffill":
        rows["y"] = rows["y"].ffill()
    x = features(table, rows, answers.rows)[None, : config.context]
    assert np.isfinite(x[0, :, table.measured :]).all()
    series = np.array([1]) if table.series else None
    y = answer(one, x, series)[:, -1]
    y = y[:, : answers.rows] if answers.whole else y[:, None]  # a row a step
    given = rows.copy()
    given.loc[config.context :, [*config.targets, *config.past]] = np.nan
    wanted = one.served(given, {"all_columns": True, "steps": 0 if answers.whole else 1})
    middle = y[..., answers.quantiles.index(0.5)] if answers.quantiles else y
    for at, target in enumerate(config.targets):
        assert middle[0, :, at] == pytest.approx(wanted[target].to_numpy(), rel=2e-5)
        if answers.quantiles:
            low = wanted[f"{target}_q0.1"].to_numpy()
            assert y[0, :, at, 0] == pytest.approx(low, rel=2e-5)


def test_every_task_is_looked_at() -> None:
    forecasts = {name for name, task in EVERY_TASK.items() if "series" in task}
    looked = {*PLAIN, *OWN, "words", "walks", "sign", "walk-steps", "walk-value", "word-value"}
    assert {*EVERY_TASK} - forecasts - looked == {"carried", "hello", "bytes"}
