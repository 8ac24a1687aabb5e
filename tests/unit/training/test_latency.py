"""One request is timed, whatever the model reads, and a class of somebody's own may refuse it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.latency import latency
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights


def untrained(task: TaskConfig) -> TrainedModel:
    data = load_data(task)
    trial = TrialConfig(task=task, model=ModelConfig(), training=TrainingConfig(), seed=0)
    drawn = initial_weights(ModelConfig(), data.input_size, data.output_size, data.symbolic, 0)
    weights = Weights({name: one.numpy() for name, one in drawn.items()}, 1, {})
    return TrainedModel.from_weights(trial, weights, data)


def test_the_time_of_a_request_comes_with_what_was_asked(tmp_path: Path) -> None:
    wave = latency(untrained(SineConfig()))
    assert wave is not None
    assert wave.seconds > 0
    assert wave.of.startswith("10 time steps, the median of ")
    path = tmp_path / "t.csv"
    path.write_text("t,v\n" + "".join(f"{t},{t % 7}\n" for t in range(60)))
    series = SeriesConfig(path=str(path), time="t", targets=("v",), context=8, horizon=3)
    table = latency(untrained(series))
    assert table is not None
    assert table.of.startswith("11 rows, ")


class Refusing(TrainedModel):
    def served(self, given: Any, parameters: Any = None) -> Any:
        raise ValueError("my network reads nine time steps")


class Own(Refusing):
    has_custom_code = True


def test_what_refuses_the_request_is_an_error_but_of_somebodys_own_code() -> None:
    model = untrained(SineConfig())
    fields = {name: getattr(model, name) for name in replace(model).__dataclass_fields__}
    with pytest.raises(ValueError, match="nine time steps"):
        latency(Refusing(**fields))
    asked = latency(Own(**fields))
    assert asked is not None
    assert asked.seconds is None
    assert asked.of.endswith("refuses its own example: my network reads nine time steps")
