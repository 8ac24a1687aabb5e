"""Models of every task in ONNX, in a person's own units."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from contracts.untrained import EVERY_TASK, untrained, write_every_file

from rnnsearch.errors import ModelError
from rnnsearch.export.checking import check
from rnnsearch.export.drawing import drawn
from rnnsearch.export.onnx_format import OnnxRunner, onnx_models
from rnnsearch.export.subject import Subject
from rnnsearch.export.units import dtype_of

Made = tuple[Subject, dict[str, onnx.ModelProto]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    folder = tmp_path_factory.mktemp("every-task")
    write_every_file(folder)

    def make(name: str) -> Made:
        subject = Subject(untrained(name, folder), name)
        return subject, onnx_models(subject)

    return cache(make)


def files(models: dict[str, onnx.ModelProto]) -> dict[str, bytes]:
    return {name: one.SerializeToString() for name, one in models.items()}


@pytest.mark.parametrize("name", EVERY_TASK)
def test_a_model_answers_in_onnx_as_it_does(made: Callable[[str], Made], name: str) -> None:
    subject, models = made(name)
    runner = OnnxRunner(files(models))
    findings = check(subject, runner, streamed=20, batches=(3,))
    assert [one.what for one in findings] == list(models)
    deaf = ("direct", "each", "anchored-direct")
    assert list(models) == ["forward"] if name in deaf else ["forward", "step"]


def test_the_check_finds_what_is_wrong(made: Callable[[str], Made]) -> None:
    subject, models = made("panel")
    for at, one in enumerate(models["forward"].graph.initializer):
        array = onnx.numpy_helper.to_array(one)
        if array.dtype.kind != "f" or array.size < 2:
            continue
        wrong = onnx.ModelProto()
        wrong.CopyFrom(models["forward"])
        changed = array + (1e-3 * np.abs(array).max()).astype(array.dtype)
        wrong.graph.initializer[at].CopyFrom(onnx.numpy_helper.from_array(changed, one.name))
        runner = OnnxRunner(files({**models, "forward": wrong}))
        with pytest.raises(ModelError, match="differs from the model by"):
            check(subject, runner, streamed=5, batches=(3,))


def test_numbers_far_from_zero_are_taken_and_given_with_enough_digits(
    made: Callable[[str], Made],
) -> None:
    for name, dtype in (("amounts", np.float64), ("sine", np.float32), ("text", np.int64)):
        subject, models = made(name)
        assert dtype_of(subject.interface.reads) == dtype
        (x, *_) = models["forward"].graph.input
        assert x.type.tensor_type.elem_type == onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def test_classes_are_named(made: Callable[[str], Made]) -> None:
    subject, models = made("words")
    session = OnnxRunner(files(models))._sessions["forward"]
    x = drawn(subject.interface.reads, np.random.default_rng(0), 3, 5, None)
    given = {"x": x, "lengths": np.array([5, 1, 3])}
    y, label = session.run(["y", "label"], given)
    assert y.shape == (3, 3)
    assert y.sum(1) == pytest.approx(np.ones(3), abs=1e-6)
    names = subject.model.manifest["classes"]
    assert label.tolist() == [names[at] for at in y.argmax(1)]


def test_every_axis_that_may_vary_has_a_name(made: Callable[[str], Made]) -> None:
    for name in ("sine", "words", "panel", "text"):
        _, models = made(name)
        for kind, model in models.items():
            for one in model.graph.input:
                axes = [axis.dim_param or axis.dim_value for axis in one.type.tensor_type.shape.dim]
                assert axes[0] == "batch"
                if one.name == "x" and kind == "forward":
                    assert axes[1] == "time"


@pytest.mark.parametrize("name", ["sine", "text", "walks", "walk-steps", "panel", "direct"])
def test_the_lines_in_a_file_run_as_they_stand(
    made: Callable[[str], Made],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, models = made(name)
    monkeypatch.chdir(tmp_path)
    for kind, model in models.items():
        Path(f"{kind}.onnx").write_bytes(model.SerializeToString())
        told = {one.key: one.value for one in model.metadata_props}
        assert len(told["how_to_run"].splitlines()) <= 12
        exec(compile(told["how_to_run"], kind, "exec"), {})
        assert "[" in capsys.readouterr().out
        assert {"x", "y", "task", "network", "made_by", "opset", "notes"} <= set(told)
