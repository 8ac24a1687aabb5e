"""The pictures that each family of tasks has of a model, of networks that learned nothing yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.small_studies import space, write_files

from rnnsearch.figures.figure import Kind
from rnnsearch.figures.mistakes import Mistakes
from rnnsearch.figures.panels import Panels
from rnnsearch.figures.residuals import Residuals
from rnnsearch.figures.samples import Samples
from rnnsearch.models.initial import initial_weights
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.tasks.load import load_data
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import History, Weights

HISTORY = History("metric", {1: 0.5, 2: 0.25}, {1: 0.75, 2: 0.375}, {1: "lllll", 2: "elloh"})
NAN = float("nan")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    write_files(folder)
    return folder


def model_of(name: str, folder: Path, scale: float = 1.0) -> tuple[TrainedModel, Any]:
    """A network of first weights, all of them times `scale`, and its data."""
    spec = loads(space(name), name=name, directory=folder)
    config = replace(trial_config(spec, spec.first_params(), 7), seed=7)
    data = load_data(config.task)
    sizes = data.input_size, data.output_size, data.symbolic
    drawn = initial_weights(config.model, *sizes, 7)
    arrays = {key: one.numpy() * np.float32(scale) for key, one in drawn.items()}
    return TrainedModel.from_weights(config, Weights(arrays, 2, {}, history=HISTORY), data), data


FIGURES = {
    "sine": ["Panels", "PhasePortrait phase"],
    "wave": ["Panels", "PhasePortrait phase"],
    "wave-ahead": ["Panels"],
    "lorenz": ["Panels", "PhasePortrait phase"],
    "adding": [],
    "copy": [],
    "hello": ["Letters"],
    "text": ["Samples", "Samples likelihood"],
    "bytes": ["Samples", "Samples likelihood"],
    "one-step": ["Panels", "Residuals residuals"],
    "recursive": ["Panels", "Residuals residuals"],
    "panel": ["Panels", "Residuals residuals"],
    "quantiles": ["Panels", "Residuals residuals"],
    "words": ["Confusion", "Mistakes mistakes"],
    "walks": ["Confusion", "Mistakes mistakes"],
    "events": ["PianoRoll"],
    "arrays": ["Confusion", "Mistakes mistakes"],
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_family_has_its_pictures_and_that_of_the_training(name: str, folder: Path) -> None:
    model, data = model_of(name, folder)
    figures = model.figures(data)
    kinds = [f"{type(one.drawing).__name__} {one.name}".strip() for one in figures]
    assert kinds == [*FIGURES[name], "Curves loss"]
    assert all(isinstance(one.drawing, Kind) for one in figures)


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("sine", 1e30),
        ("recursive", 1e30),
        ("sine", NAN),
        ("text", NAN),
        ("words", NAN),
        ("events", NAN),
        ("arrays", NAN),
    ],
)
def test_a_model_that_ran_away_has_pictures(
    name: str, scale: float, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figure.canvas.draw())
    model, data = model_of(name, folder, scale)
    for at, figure in enumerate(model.figures(data)[:-1]):
        figure.draw(tmp_path / f"{at}.png", name)


def test_samples_are_of_three_temperatures_and_the_real_text_is_read(folder: Path) -> None:
    model, data = model_of("text", folder)
    drawn, read = (one.drawing for one in model.figures(data)[:2])
    assert isinstance(drawn, Samples)
    assert isinstance(read, Samples)
    assert [text.name for text in drawn.texts] == [f"temperature {t}" for t in (0.4, 0.8, 1.2)]
    for text in drawn.texts:
        assert len(text.symbols) == len(text.chances) == 16 + 250
        assert np.isnan(text.chances[:16]).all()
        assert (np.array(text.chances[16:]) > 0).all()
    (text,) = read.texts
    part = "".join(map(chr, (data.vocabulary.symbols[one] for one in data.part("val"))))
    assert "".join(text.symbols) == part
    mean = -np.log(text.chances).mean()
    assert mean == pytest.approx(model.evaluate("val", data)["val_nats"], rel=1e-4)


def test_mistakes_are_those_of_the_model_and_in_the_units_of_the_data(folder: Path) -> None:
    model, data = model_of("walks", folder)
    mistakes = model.figures(data)[1].drawing
    assert isinstance(mistakes, Mistakes)
    wrong = (1 - model.evaluate("val", data)["val_accuracy"]) * data.rows()["val"]
    assert mistakes.count == round(wrong)
    chances = [one.chance for one in mistakes.shown]
    assert chances == sorted(chances, reverse=True)
    assert all(one.truth != one.guess for one in mistakes.shown)
    first = mistakes.shown[0]
    number = int(first.what.split()[1])
    given = data.encoder.scaler.undo(data.sequences["val"][number])
    np.testing.assert_allclose(first.curve, given)


def test_of_many_series_an_interactive_picture_has_more(folder: Path) -> None:
    lines = ["date,shop,y"]
    draw = np.random.default_rng(0)
    for shop in range(30):
        lines += [f"2024-01-{day:02d},{shop:02d},{draw.normal():.3f}" for day in range(1, 31)]
    (folder / "shops.csv").write_text("\n".join(lines) + "\n")
    text = space("panel").replace("panel.csv", "shops.csv").replace("time: time", "time: date")
    spec = loads(text, name="shops", directory=folder)
    config = trial_config(spec, spec.first_params(), 7)
    data = load_data(config.task)
    drawn = initial_weights(config.model, data.input_size, data.output_size, False, 7)
    weights = Weights({key: one.numpy() for key, one in drawn.items()}, 2, {})
    model = TrainedModel.from_weights(config, weights, data)
    figure, errors = model.figures(data)[:2]
    assert errors.detail is not None
    more = errors.detail()
    assert isinstance(more, Residuals)
    assert [len(one.shown) for one in (errors.drawing, more)] == [12, 30]  # type: ignore[union-attr]
    assert isinstance(figure.drawing, Panels)
    assert (len(figure.drawing.shown), figure.drawing.more) == (12, "12 of 30 series")
    assert figure.detail is not None
    detail = figure.detail()
    assert isinstance(detail, Panels)
    assert (len(detail.shown), detail.more) == (30, "")
    np.testing.assert_array_equal(detail.shown[3].prediction, figure.drawing.shown[3].prediction)
