"""Every cell of the table in ONNX, one layer over another, in one direction and in both."""

from __future__ import annotations

from typing import ClassVar

import pytest

from rnnsearch.export.checking import check
from rnnsearch.export.onnx_format import OnnxRunner, onnx_models
from rnnsearch.export.subject import Subject
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import ModelConfig
from rnnsearch.testing.exports import TASKS, ExportContract, with_drawn_weights

KINDS = [
    (cell, nonlinearity)
    for cell, one in CELLS.items()
    for nonlinearity in one.nonlinearities or ("tanh",)
]


class OfEveryCell(ExportContract):
    options: ClassVar[dict[str, object]]

    @pytest.fixture(autouse=True, params=KINDS, ids="-".join)
    def _model(self, request: pytest.FixtureRequest) -> None:
        cell, nonlinearity = request.param
        options = {"hidden_size": 6, **self.options}
        self.model = ModelConfig(cell=cell, nonlinearity=nonlinearity, **options)


class TestOfOneLayer(OfEveryCell):
    options: ClassVar = {"bias": False}


class TestOfTwoLayersWithALearnedState(OfEveryCell):
    options: ClassVar = {
        "hidden_sizes": (6, 7),
        "initial_state": "learned",
        "input": "embedding",
        "embedding_size": 3,
    }
    asked: ClassVar = ("symbols",)


class TestOfBothDirections(OfEveryCell):
    options: ClassVar = {"bidirectional": True, "num_layers": 2, "residual": True}
    asked: ClassVar = ("sequences",)


class TestWithLayerNorm(ExportContract):
    model = ModelConfig(cell="gru", hidden_sizes=(9, 7), layer_norm=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@pytest.mark.parametrize("task", ["numbers", "symbols", "sequences"])
def test_ten_thousand_time_steps_of_every_cell(kind: tuple[str, str], task: str) -> None:
    model = ModelConfig(cell=kind[0], nonlinearity=kind[1], hidden_size=32, num_layers=2)
    subject = Subject(with_drawn_weights(TASKS[task], model), task)
    files = {name: one.SerializeToString() for name, one in onnx_models(subject).items()}
    findings = check(subject, OnnxRunner(files))
    assert [(one.batch, one.steps) for one in findings if one.what == "step"] == [
        (batch, 10_000) for batch in (1, 7, 64)
    ]
