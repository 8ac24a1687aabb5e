"""The kinds of pictures beside panels: what they show of tame data and of wild data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.figures.confusion import Confusion
from rnnsearch.figures.curves import Axis, Curves
from rnnsearch.figures.mistakes import Mistake, Mistakes, surest
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.figures.phase import PhasePortrait, portrait, uncorrelated_delay
from rnnsearch.figures.piano_roll import PianoRoll
from rnnsearch.figures.residuals import Errors, Residuals, by_step
from rnnsearch.figures.samples import STRONGEST, Samples, Shaded, strength
from rnnsearch.figures.scatter import MOST_POINTS, Scatter

NAN = float("nan")
TIME = np.arange(64) * 0.1


def rollout(truth: Any, prediction: Any, given: int = 1) -> Panels:
    steps = np.arange(given, given + len(prediction)) * 0.1
    panel = Panel(
        along="time",
        up="value",
        time=TIME[: len(truth)],
        truth=np.asarray(truth, float),
        warmup=np.arange(len(truth)) < given,
        prediction_time=steps,
        prediction=np.asarray(prediction, float),
    )
    return Panels([panel])


def test_a_wave_is_uncorrelated_after_a_quarter_of_its_period() -> None:
    assert uncorrelated_delay(np.sin(2 * np.pi * np.arange(400) / 40)) in (10, 11)
    assert uncorrelated_delay(np.full(50, 3.0)) is None
    assert uncorrelated_delay(np.arange(3.0)) is None
    assert uncorrelated_delay(np.arange(40.0)) in range(1, 11)


def test_a_portrait_sets_each_value_against_an_earlier_one() -> None:
    wave = np.sin(2 * np.pi * np.arange(60) / 20)
    states = portrait(rollout(wave, wave[1:41]))
    assert states is not None
    delay = uncorrelated_delay(wave)
    assert delay in (5, 6)
    assert f"{delay} points ({delay / 10:g}) earlier" in states.names[0]
    earlier = np.stack([wave[:-delay], wave[delay:]], axis=-1)
    np.testing.assert_array_equal(states.truth, earlier)
    np.testing.assert_array_equal(states.prediction, states.truth[: len(states.prediction)])


def test_there_is_no_portrait_of_what_has_no_states() -> None:
    assert portrait(rollout([0.5, 1.0], [0.1])) is None
    assert portrait(rollout(np.ones(30), np.ones(20))) is None


@pytest.mark.parametrize("features", [2, 3])
def test_a_portrait_of_a_rollout_that_runs_away_keeps_the_truth_in_sight(
    drawn: list[Any], tmp_path: Path, features: int
) -> None:
    truth = np.random.default_rng(0).normal(size=(50, features))
    far = np.full((20, features), 1e9)
    far[-1] = np.inf
    states = PhasePortrait([f"x{at}" for at in range(features)], truth, far)
    states.draw(tmp_path / "p.png", title="t")
    (figure,) = drawn
    assert len(figure.axes) == features * (features - 1) // 2
    low, high = figure.axes[0].get_xlim()
    assert -10 < low < truth[:, 0].min()
    assert truth[:, 0].max() < high < 10


def test_errors_by_step_leave_out_what_is_not_finite() -> None:
    errors = np.array([[0.0, NAN], [1.0, NAN], [2.0, NAN], [np.inf, NAN]])
    middle, low, high = by_step(errors)
    assert middle[0] == 1.0
    assert low is not None
    assert high is not None
    assert (low[0], high[0]) == pytest.approx((0.2, 1.8))
    assert np.isnan(middle[1])
    assert by_step(errors[:1])[1] is None


def test_residuals_have_a_panel_each_and_say_how_many_there_are(
    drawn: list[Any], tmp_path: Path
) -> None:
    at = np.arange(1, 4)
    shown = [
        Errors(name=f"store {n}", along="rows ahead", up="y" * 50, at=at, middle=at * 0.1)
        for n in range(5)
    ]
    Residuals(shown, "5 of 300 series").draw(tmp_path / "r.png", title="study x")
    (figure,) = drawn
    assert [axes.get_title("left") for axes in figure.axes] == [f"store {n}" for n in range(5)]
    assert figure.texts[0].get_text().endswith("shown: 5 of 300 series")


def test_the_surest_mistakes_come_first() -> None:
    wrong = np.array([True, False, True, True, True])
    assert surest(wrong, np.array([0.3, 1.0, 0.9, NAN, 0.5])).tolist() == [2, 4, 0]


def test_mistakes_about_texts_are_lines_with_visible_signs(
    drawn: list[Any], tmp_path: Path
) -> None:
    texts = ["a\tb\nc", "x" * 300, "שלום", "$a_{$"]
    some = [Mistake(truth="A" * 60, guess="$b$", chance=0.9, what=one) for one in texts]
    Mistakes(some, 1234).draw(tmp_path / "m.png", title="names")
    (figure,) = drawn
    (axes,) = figure.axes
    words = [text.get_text() for text in axes.texts]
    assert "a\u21e5b\u21b5c" in words
    assert max(map(len, words)) <= 46
    assert axes.get_title("left") == "names: the 4 surest of 1,234"


def test_mistakes_about_numbers_have_a_panel_each(drawn: list[Any], tmp_path: Path) -> None:
    curve = np.array([[1.0, NAN], [2.0, 5.0]])
    some = [
        Mistake(truth="up", guess="down", chance=0.7, what="w", curve=curve, step=1)
        for _ in range(11)
    ]
    Mistakes(some, 11, ["speed"]).draw(tmp_path / "m.png", title="t")
    (figure,) = drawn
    assert len(figure.axes) == 9
    labels = {line.get_label() for line in figure.axes[0].get_lines()}
    assert {"speed", "feature 1", "the time step"} <= labels


def test_a_symbol_is_shaded_by_how_unlikely_it_was() -> None:
    shades = [strength(one) for one in (NAN, 1.0, 0.5, 1 / 256, 1e-9, 0.0)]
    assert shades[:2] == [0.0, 0.0]
    assert shades[2] == pytest.approx(STRONGEST / 8)
    assert shades[3:] == [STRONGEST] * 3
    text = Shaded("t", "abc", [NAN, 0.5, 0.25])
    assert text.bits() == pytest.approx(1.5)
    assert np.isnan(Shaded("given", "ab", [NAN, NAN]).bits())


def test_rows_of_a_sample_end_where_lines_end_or_are_full(drawn: list[Any], tmp_path: Path) -> None:
    text = "ab\n" + "x" * 200 + "\n" * 30
    shaded = Shaded("temperature 1", text, [0.5] * len(text))
    rows = list(shaded.rows(84))
    assert [len(row) for row in rows[:4]] == [3, 84, 84, 33]
    assert "".join(symbol for row in rows for symbol, _ in row) == text
    Samples([shaded, Shaded("none", "", [])], "shade").draw(tmp_path / "s.png", title="t")
    words = [one.get_text() for one in drawn[0].axes[0].texts]
    assert "…" in words, "what does not fit is left out, and that shows"
    assert "temperature 1: 1.00 bits a symbol" in words


@pytest.mark.parametrize("steps", [1, 12, 500])
def test_a_piano_roll_shows_rows_that_were_played_or_likely(
    drawn: list[Any], tmp_path: Path, steps: int
) -> None:
    events, chances = np.zeros((steps, 88)), np.zeros((steps, 88))
    events[0, 40] = 1
    chances[0, 50] = 0.5
    roll = PianoRoll(events, chances)
    assert roll.rows() == (39, 52)
    roll.draw(tmp_path / "r.png", title="chorales")
    axes = drawn[0].axes[0]
    assert ("the first 160 of 500 steps" in axes.get_title("left")) is (steps == 500)
    assert PianoRoll(np.zeros((3, 5)), np.zeros((3, 5))).rows() == (0, 5)


@pytest.mark.parametrize(
    ("actual", "predicted", "words"),
    [
        ([1.0, 2.0], [2.0, 4.0], "off by 1.5 on average"),
        ([1.0, 2.0], [2.0, NAN], "off by 1 on average; 1 of 2 predictions are not finite"),
        ([1.0], [NAN], "1 of 1 predictions are not finite"),
        ([], [], "nothing was predicted"),
        (np.zeros(5000), np.ones(5000), "off by 1 on average; 4,000 of 5,000 are drawn"),
    ],
)
def test_a_scatter_says_what_it_does_not_draw(
    drawn: list[Any], tmp_path: Path, actual: Any, predicted: Any, words: str
) -> None:
    scatter = Scatter(np.array(actual), np.array(predicted), "life")
    assert scatter.words() == words
    assert len(scatter.points()[0]) <= MOST_POINTS
    scatter.draw(tmp_path / "s.png", title="t")
    over, beside = drawn[0].axes
    assert (over.get_xlabel(), beside.get_xlabel()) == ("true life", "true life")


@pytest.mark.parametrize("count", [1, 3, 41, 100])
def test_any_number_of_classes_is_drawn(drawn: list[Any], tmp_path: Path, count: int) -> None:
    names = [f"a class with a long name, number {at}" for at in range(count)]
    confusion = Confusion(np.zeros((count, count), int), names)
    confusion.draw(tmp_path / "c.png", title="t")
    (axes,) = drawn[0].axes
    assert len(axes.get_xticklabels()) == (count if count <= 40 else 0)
    assert ("100 classes" in axes.get_xlabel()) is (count == 100)
    assert confusion.right() == 0.0


def test_curves_share_an_axis_of_epochs_and_are_logarithmic_over_decades(
    drawn: list[Any], tmp_path: Path
) -> None:
    losses = {"training loss": {1: 1.0, 50: 1e-4}, "validation loss": {2: 2.0, 40: NAN}}
    curves = Curves([Axis("nats", losses), Axis("accuracy", {"accuracy": {1: 0.1, 2: 0.9}})], 40)
    curves.draw(tmp_path / "c.png", title="t")
    above, below = drawn[0].axes
    assert (above.get_yscale(), below.get_yscale()) == ("log", "linear")
    assert above.get_xlim() == below.get_xlim()
    assert "kept: epoch 40" in {line.get_label() for line in below.get_lines()}
    colors = [line.get_color() for axes in (above, below) for line in axes.get_lines()[:-1]]
    assert len(set(colors)) == 3
    Curves([Axis("empty", {"nothing": {}})]).draw(tmp_path / "e.png", title="t")


def test_predictions_about_a_constant_stay_in_sight(drawn: list[Any], tmp_path: Path) -> None:
    rollout(np.full(30, 21.0), np.full(20, 24.0)).draw(tmp_path / "c.png", title="t")
    low, high = drawn[0].axes[0].get_ylim()
    assert low < 21.0 < 24.0 < high


def test_scored_horizons_are_marked(drawn: list[Any], tmp_path: Path) -> None:
    panels = rollout(np.arange(60.0), np.arange(50.0))
    (one,) = panels.shown
    values = {name: getattr(one, name) for name in Panel.__slots__}
    Panels([Panel(**{**values, "scored": (10, 49, 400)})]).draw(tmp_path / "h.png", title="t")
    lines = drawn[0].axes[0].get_lines()
    assert "scored horizons: 10, 49 steps" in {line.get_label() for line in lines}
    places = {line.get_xdata()[0] for line in lines if len(line.get_xdata()) == 2}
    assert {one.prediction_time[9], one.prediction_time[48]} <= places
