"""Cells and networks of a person's own in ONNX, or the operation that keeps them out of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import pytest

from rnnsearch.errors import ModelError
from rnnsearch.export.exporting import export
from rnnsearch.models.config import AnyModel, ModelConfig
from rnnsearch.models.network_config import network_config
from rnnsearch.testing.exports import TASKS, ExportContract, with_drawn_weights

OWN = "unit.export.own_modules"


def cell(name: str, **options: object) -> ModelConfig:
    return ModelConfig(cell=f"{OWN}:{name}", hidden_size=5, **options)


def network(name: str, **arguments: object) -> AnyModel:
    return network_config(f"{OWN}:{name}")(**arguments)


class TestCell(ExportContract):
    model = cell("Leaky", num_layers=2, initial_state="learned")


class TestCellOfBothDirections(ExportContract):
    model = cell("Leaky", bidirectional=True)
    asked: ClassVar = ("sequences",)


@pytest.mark.slow  # torch's own exporter takes its time
class TestNetworkWithAState(ExportContract):
    model = network("Reader")
    asked: ClassVar = ("numbers", "sequences")


@pytest.mark.slow
class TestNetworkThatLoopsFromALearnedState(ExportContract):
    model = network("Begun")
    asked: ClassVar = ("numbers", "sequences")


@pytest.mark.slow
class TestNetworkOfWholeSequences(ExportContract):
    model = network("Convolved")
    asked: ClassVar = ("sequences",)


@pytest.mark.slow
class TestNetworkOfTorchsLstm(ExportContract):
    model = network("Whole")
    asked: ClassVar = ("numbers", "sequences")


@pytest.mark.slow
class TestNetworkOfTorchsGruInBothDirections(ExportContract):
    model = network("Whole", kind="GRU", both=True)
    asked: ClassVar = ("numbers", "sequences")


@pytest.mark.slow
class TestNetworkOfTorchsRnn(ExportContract):
    model = network("Whole", kind="RNN")
    asked: ClassVar = ("numbers",)


@pytest.mark.slow
class TestNetworkOfTorchsRnnInBothDirections(ExportContract):
    model = network("Whole", kind="RNN", both=True)
    asked: ClassVar = ("sequences",)


def refusal(model: AnyModel, folder: Path) -> str:
    with pytest.raises(ModelError) as told:
        export(with_drawn_weights(TASKS["numbers"], model), "onnx", folder / "out")
    assert list(folder.iterdir()) == []
    return str(told.value)


def line(words: str) -> str:
    """A line of the own modules that holds some words, as an error names it."""
    path = Path(__file__).with_name("own_modules.py")
    number = next(at for at, text in enumerate(path.read_text().splitlines(), 1) if words in text)
    return re.escape(f"{path}:{number}, in forward")


@pytest.mark.slow
def test_an_operation_that_onnx_lacks_is_named_with_its_place(tmp_path: Path) -> None:
    text = refusal(cell("Bent"), tmp_path)
    assert re.search(rf"nothing for the operation \S*bessel_j0 \({line('bessel_j0')}\)", text)


def test_a_length_made_a_number_is_named_with_its_place(tmp_path: Path) -> None:
    text = refusal(network("Counting"), tmp_path)
    assert re.search(rf"one length of batch alone.*\({line('len(x)')}\).*x\.shape\[0\]", text)


def test_a_choice_by_numbers_is_named_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = refusal(network("Choosing"), tmp_path)
    assert re.search(rf"data-dependent.*\({line('> 0.5')}\)", text)
    assert capsys.readouterr() == ("", "")
