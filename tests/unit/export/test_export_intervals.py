"""What a file says of a table's intervals and features is enough to make them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from math import cos, exp, log, pi, sin, sqrt
from pathlib import Path

import numpy as np
import pandas
import pytest
from contracts.untrained import write_every_file

from rnnsearch.export.onnx_format import OnnxRunner, onnx_models
from rnnsearch.export.subject import Subject
from rnnsearch.export.units import dtype_of
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.tasks.base import CALIBRATION
from rnnsearch.tasks.series.inputs.calendar import CYCLES, calendar_inputs
from rnnsearch.testing.exports import with_drawn_weights
from rnnsearch.training.trained import TrainedModel

CONTEXT = 8
SHOPS = f"type: series, path: shops.csv, time: time, id: shop, context: {CONTEXT}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("intervals")
    write_every_file(folder)
    return folder


def model(task: str, folder: Path) -> TrainedModel:
    text = f"task: {{{task}}}\nmodel: {{cell: gru, hidden_size: 6}}\nsearch: {{num_trials: 1}}\n"
    config = trial_config(loads(text, name="shops", directory=folder), {}, 1)
    return with_drawn_weights(config.task, config.model)


def exported(one: TrainedModel) -> tuple[OnnxRunner, dict[str, str]]:
    """The files of a model, and what the metadata of one of them says."""
    models = onnx_models(Subject(one, "shops"))
    metadata = {entry.key: entry.value for entry in models["forward"].metadata_props}
    return OnnxRunner({name: made.SerializeToString() for name, made in models.items()}), metadata


def ends(
    formula: str, y: np.ndarray, margin: float, quantiles: bool
) -> Iterator[tuple[str, float]]:
    """The ends of an interval by the words of a formula, evaluated as they stand."""
    held = {"y": y if quantiles else float(y), "margin": margin}
    for side in formula.split("; "):
        name, _, how = side.partition(" = ")
        yield name, eval(how, {"log": log, "exp": exp, "sqrt": sqrt, "max": max, **held})


@pytest.mark.parametrize(
    "more",
    [
        "targets: [z], past: [p], horizon: 3, strategy: direct",
        "targets: [z], horizon: 3, strategy: direct, transform: log1p, quantiles: [0.1, 0.5, 0.9]",
        "targets: [z], horizon: 1, transform: sqrt1p",
    ],
)
def test_intervals_are_made_of_an_answer_by_the_formula(folder: Path, more: str) -> None:
    one = model(f"{SHOPS}, {more}, interval: 0.8", folder)
    steps = 1 if "horizon: 1" in more else 3
    dice = np.random.default_rng(3)
    margins = dice.uniform(0.1, 0.5, (3, steps, 1))
    learned = {"interval": 0.8, "margins": margins.tolist()}
    one = replace(one, manifest={**one.manifest, CALIBRATION: learned})
    runner, metadata = exported(one)
    told, names = json.loads(metadata["intervals"]), json.loads(metadata["features"])
    assert told["level"] == 0.8
    rows = pandas.read_csv(folder / "shops.csv").groupby("shop").tail(CONTEXT)
    expected = one.predictions(rows, steps=steps)
    for shop in ("north", "south", "west"):
        at = json.loads(metadata["series"]).index(shop)
        x = (
            rows[rows["shop"] == shop][names]
            .to_numpy()[None]
            .astype(dtype_of(one.use.interface().reads))
        )
        y, _ = runner.forward(x, None, np.array([at]))
        ours = expected[expected["shop"] == shop]
        for ahead in range(steps):
            answer = y[0, ahead, 0] if "direct" in more else y[0, -1, 0]
            margin = told["margins"][at][ahead][0]
            for name, end in ends(told["formula"], answer, margin, "quantiles" in more):
                assert end == pytest.approx(ours[f"z_{name}"].iloc[ahead], rel=1e-4)


def test_without_intervals_the_metadata_has_none(folder: Path) -> None:
    assert "intervals" not in exported(model(f"{SHOPS}, targets: [z]", folder))[1]


def test_each_column_of_the_calendar_is_told_with_its_formula(folder: Path) -> None:
    cycles = list(CYCLES)
    task = f"{SHOPS}, targets: [z], known: [open], categories: [open], calendar: {cycles}"
    _, metadata = exported(model(task, folder))
    meanings = json.loads(metadata["feature_meanings"])
    assert "z" not in meanings
    assert meanings["open is 'yes', 1 row later"] == (
        "1 row later: 1 where the column 'open' is 'yes', else 0"
    )
    moment = datetime(2024, 10, 31, 17, 45, 30)
    inputs = calendar_inputs(cycles, np.array([moment], "datetime64[s]"))[0]
    read = {
        **{name: getattr(moment, name) for name in ("month", "day", "hour", "minute", "second")},
        "weekday": moment.weekday(),
        "yearday": moment.timetuple().tm_yday,
        "sin": sin,
        "cos": cos,
        "pi": pi,
    }
    for at, cycle in enumerate(cycles):
        for side, word in enumerate(("sine", "cosine")):
            text = meanings[f"{word} of the {cycle}, 1 row later"]
            assert text.startswith("1 row later: ")
            assert text.endswith(" of the moment in the column 'time'")
            formula = text.partition(": ")[2].partition(" of the moment")[0]
            assert eval(formula, dict(read)) == pytest.approx(inputs[2 * at + side], abs=1e-6)
