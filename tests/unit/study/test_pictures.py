"""The champion's picture shows the training that won, not the search's own of its configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contracts.small_studies import space, write_files

from rnnsearch.events import ChampionChosen
from rnnsearch.models.initial import initial_weights
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.study.pictures import draw_champion, draw_trials
from rnnsearch.tasks.base import Score
from rnnsearch.tasks.load import load_data
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import History, Weights

SEARCHED = {1: 9.0, 2: 8.0}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    from matplotlib.figure import Figure

    found: list[Any] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: found.append(figure))
    return found


def champion_of(name: str, folder: Path, history: History | None) -> tuple[Any, ...]:
    """The arguments of `draw_champion` for a network of seed 77 that was trained so."""
    write_files(folder)
    spec = loads(space(name), name=name, directory=folder)
    config = replace(trial_config(spec, spec.first_params(), 77), seed=77)
    data = load_data(config.task)
    sizes = data.input_size, data.output_size, data.symbolic
    arrays = {key: one.numpy() for key, one in initial_weights(config.model, *sizes, 77).items()}
    weights = Weights(arrays, 2, {}, history=history)
    TrainedModel.from_weights(config, weights, data).save(folder / "best")
    figure = str(folder / "champion.png")
    event = ChampionChosen(1.0, 0, 77, str(folder / "best"), {}, {}, figure=figure)
    own = TrialRecord(0, "trial-0", "complete", {}, SEARCHED, 8.0, 8.0, 2, 2, seed=5)
    return event, [own], spec, data


def lines(axes: Any) -> dict[str, list[float]]:
    return {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()}


def test_a_curve_is_that_of_the_kept_seed(drawn: list[Any], tmp_path: Path) -> None:
    history = History("val_mse", {1: 0.5, 2: 0.25}, {1: 0.75, 2: 0.375}, {})
    draw_champion(*champion_of("adding", tmp_path, history))
    shown = lines(drawn[0].axes[0])
    assert shown["validation loss: val_mse"] == [0.5, 0.25]
    assert shown["training loss"] == [0.75, 0.375]
    assert "study adding: trial 0, seed 77" in drawn[0].texts[0].get_text()


def test_of_an_older_checkpoint_it_is_the_trials(drawn: list[Any], tmp_path: Path) -> None:
    draw_champion(*champion_of("adding", tmp_path, None))
    assert [9.0, 8.0] in lines(drawn[0].axes[0]).values()


def test_of_a_tiny_text_the_letters_by_epoch_are_drawn(drawn: list[Any], tmp_path: Path) -> None:
    history = History("train_nats", {1: 2.0, 2: 0.1}, {1: 2.1, 2: 0.2}, {1: "lllll", 2: "elloh"})
    draw_champion(*champion_of("hello", tmp_path, history))
    above, below = drawn[0].axes
    assert "".join(text.get_text() for text in above.texts) == "lllllelloh"
    assert lines(below)["train_nats"] == [2.0, 0.1]
    assert "seed 77" in above.get_title("left")


@pytest.mark.parametrize(
    ("name", "title"),
    [("words", "seed 77, on the validation part: "), ("events", "seed 77, one step ahead")],
)
def test_what_is_a_matrix_is_drawn_as_one(
    drawn: list[Any], tmp_path: Path, name: str, title: str
) -> None:
    draw_champion(*champion_of(name, tmp_path, None))
    figure = drawn[0]
    axes = figure.axes[0]
    assert axes.get_images()
    above = [axes.get_title("left"), *(text.get_text() for text in figure.texts)]
    assert any(title in one for one in above)


def test_a_forecast_names_its_series_and_its_date(drawn: list[Any], tmp_path: Path) -> None:
    draw_champion(*champion_of("direct", tmp_path, None))
    figure = drawn[0]
    assert figure.texts[0].get_text() == (
        "study direct: trial 0, seed 77, 4 rows ahead from 2024-03-08"
    )
    assert [axes.get_ylabel() for axes in figure.axes] == ["y", "z"]


@pytest.mark.parametrize(
    ("goal", "champion", "said"),
    [
        ("minimize", None, "best: trial 1"),
        ("maximize", None, "best: trial 0"),
        ("minimize", 0, "champion: trial 0"),
    ],
)
def test_the_curve_that_stands_out_is_the_winners_or_the_best_of_those_that_can_win(
    drawn: list[Any], tmp_path: Path, goal: str, champion: int | None, said: str
) -> None:
    write_files(tmp_path)
    spec = loads(space("adding"), name="adding", directory=tmp_path)
    spec = replace(spec, search=replace(spec.search, goal=goal))
    states = {"complete": 0.5, "pruned": 0.2, "diverged": 0.1, "running": float("nan")}
    trials = [
        TrialRecord(n, f"trial-{n}", state, {}, {1: value}, value, value, 1, 1, seed=1)
        for n, (state, value) in enumerate(states.items())
    ]
    baselines = [Score("none", {}), Score("ar", {"val_mse": 0.3})]
    draw_trials(trials, baselines, spec, tmp_path, champion)
    above, below = drawn[0].axes
    assert said in lines(below)
    assert (said in lines(above)) is (champion is not None)
    assert "ar: 0.3" in lines(above)


@pytest.mark.parametrize(("interval", "drawn_rungs"), [(10, 16), (9, 0)])
def test_rungs_are_drawn_where_they_are_few(
    drawn: list[Any], tmp_path: Path, interval: int, drawn_rungs: int
) -> None:
    write_files(tmp_path)
    how = f"search.scheduler={{type: median, grace_period: {interval}, interval: {interval}}}"
    overrides = [how, "training.max_epochs=161"]
    spec = loads(space("adding"), name="adding", directory=tmp_path, overrides=overrides)
    trial = TrialRecord(0, "trial-0", "complete", {}, {1: 0.5}, 0.5, 0.5, 1, 1, seed=1)
    draw_trials([trial], [], spec, tmp_path, None)
    below = drawn[0].axes[1]
    assert len([line for line in below.get_lines() if line.get_linewidth() == 0.9]) == drawn_rungs
    assert ("rung" in lines(below)) is bool(drawn_rungs)
