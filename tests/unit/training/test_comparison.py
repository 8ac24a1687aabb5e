"""A model of earlier data, scored on that of a later one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnsearch.errors import ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.space.load import loads
from rnnsearch.space.trial import trial_config
from rnnsearch.testing.exports import with_drawn_weights
from rnnsearch.training.comparison import scored_on
from rnnsearch.training.trained import TrainedModel

TABLE = "type: series, path: {path}, time: t, targets: [y, z], context: 6, horizon: 2"


def trained(task: str, folder: Path, cell: str = "gru") -> TrainedModel:
    text = f"task: {{{task}}}\nmodel: {{cell: rnn}}\nsearch: {{num_trials: 1}}\n"
    config = trial_config(loads(text, name="any", directory=folder), {}, 1)
    return with_drawn_weights(config.task, ModelConfig(cell=cell, hidden_size=5))


def write_table(path: Path, rows: int, shops: str = "") -> Path:
    """A table whose later rows lie ever higher, so that a longer one is scaled otherwise."""
    lines = ["t,y,z,shop"] + [
        f"{at},{level + at * 0.1 + np.sin(at):.4f},{np.cos(at / 3) * level:.4f},{shop}"
        for shop, level in zip(shops or " ", (10.0, 300.0, 5.0), strict=False)
        for at in range(rows)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def by_hand(old: TrainedModel, new: TrainedModel, series: str = "") -> float:
    """The mean absolute error of one-by-one forecasts in the units of the table."""
    data = new.read_again()
    errors = []
    for number, (first, end) in enumerate(data.bounds["test"]):
        name = data.names[number] or None
        for origin in range(first, end - 1):
            rows = data.values[None, origin - 6 : origin, :2]
            forecast = old.forecast(rows, 2, **({"series": name} if name else {}))
            errors.append(np.abs(np.asarray(forecast) - data.values[origin : origin + 2, :2]))
    return float(np.mean(errors))


@pytest.mark.parametrize(
    ("more", "shops"), [("", ""), (", id: shop", "abc"), (", id: shop, scaler: robust", "ab")]
)
def test_a_table_is_read_in_the_scale_that_the_old_model_learned(
    tmp_path: Path, more: str, shops: str
) -> None:
    before = write_table(tmp_path / "before.csv", 60, shops)
    after = write_table(tmp_path / "after.csv", 90, shops)
    old = trained(TABLE.format(path=before) + more, tmp_path)
    new = trained(TABLE.format(path=after) + more.partition(", scaler")[0], tmp_path, "lstm")
    assert scored_on(new, new) == new.evaluate("test")
    metrics = scored_on(old, new)
    assert metrics.keys() == new.evaluate("test").keys()
    assert metrics["test_mae"] == pytest.approx(by_hand(old, new), rel=1e-4)


def test_a_signal_is_read_in_the_scale_that_the_old_model_learned(tmp_path: Path) -> None:
    task = "type: wave, window: 10, num_points: 600, noise: 0.1, amplitudes: "
    old, new = (trained(f"{task}[{one}]", tmp_path) for one in ("1", "40"))
    assert scored_on(new, new) == new.evaluate("test")
    windows, truth = new.read_again().windows("test")
    errors = old.predict(windows)[:, -1] - truth
    assert scored_on(old, new)["test_mse"] == pytest.approx(np.square(errors).mean(), rel=1e-4)


REFUSED = {
    "series": (
        (", id: shop", "ab"),
        (", id: shop", "abc"),
        "it never saw the series 'c'",
    ),
    "columns": (
        ("", ""),
        (", transform: log1p", ""),
        'it has task.transform "none", not "log1p"',
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_an_old_model_cannot_read_is_told(tmp_path: Path, what: str) -> None:
    (before, some), (after, others), why = REFUSED[what]
    one = write_table(tmp_path / "before.csv", 60, some)
    other = write_table(tmp_path / "after.csv", 60, others)
    old = trained(TABLE.format(path=one).replace("[y, z]", "[y]") + before, tmp_path)
    new = trained(TABLE.format(path=other).replace("[y, z]", "[y]") + after, tmp_path)
    with pytest.raises(ModelError, match=why):
        scored_on(old, new)


def test_another_vocabulary_and_other_sizes_are_told(tmp_path: Path) -> None:
    texts = ["type: text, text: '" + word * 20 + "'" for word in ("abcd", "abce", "abc")]
    old, new, short = (trained(one, tmp_path) for one in texts)
    with pytest.raises(ModelError, match="it reads 'a', 'b', 'c' and 1 more, and the new one"):
        scored_on(old, new)
    with pytest.raises(ModelError, match="it reads 4 and answers 4 numbers at a time step"):
        scored_on(old, short)
