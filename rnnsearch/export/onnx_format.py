"""The format `onnx`: a model for whole sequences, and one for a time step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from rnnsearch.disk import replace_file
from rnnsearch.errors import ModelError
from rnnsearch.export.checking import check
from rnnsearch.export.formats import Written
from rnnsearch.export.onnx_graph.graph import OPSET
from rnnsearch.export.onnx_graph.model import how_to_run, network_piece, onnx_model
from rnnsearch.export.subject import Subject
from rnnsearch.export.tracing import first_line


def write(subject: Subject, folder: Path, tolerance: float) -> Written:
    """Write `forward.onnx`, and `step.onnx` where the network can stream; see `formats.Write`.

    Raises:
        ModelError: The network cannot be exported, or the files do not answer as it does.
    """
    models = onnx_models(subject)
    for name, model in models.items():
        replace_file(folder / f"{name}.onnx", model.SerializeToString())
    runner = OnnxRunner({name: folder / f"{name}.onnx" for name in models})
    findings = check(subject, runner, tolerance)
    usage = how_to_run(subject, single="step" in models)
    return Written(findings, usage, [f"ONNX operators of version {OPSET}; computed in float32."])


def onnx_models(subject: Subject) -> dict[str, onnx.ModelProto]:
    """The models by their names."""
    subject.say("writing the network in operators of ONNX")
    piece = network_piece(subject)
    models = {"forward": onnx_model(subject, piece, single=False)}
    if not subject.no_stream:
        models["step"] = onnx_model(subject, piece, single=True)
    return models


class OnnxRunner:
    """Computes with files, or with their contents, by onnxruntime on the CPU; see `Runner`."""

    def __init__(self, files: dict[str, Path | bytes]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._sessions = {
            name: onnxruntime.InferenceSession(
                file if isinstance(file, bytes) else str(file),
                options,
                providers=["CPUExecutionProvider"],
            )
            for name, file in files.items()
        }

    def forward(
        self, x: NDArray[Any], lengths: NDArray[Any] | None, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """See `Runner`."""
        answers = self._run("forward", {"x": x, "lengths": lengths, "series": series})
        return answers["y"], answers.get("state_after")

    def step(
        self, x: NDArray[Any], state: Any, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """See `Runner`."""
        if state is None:
            *_, last = self._sessions["step"].get_inputs()
            state = np.zeros((len(x), last.shape[1]), np.float32)
        answers = self._run("step", {"x": x, "state": state, "series": series})
        return answers["y"], answers["state_after"]

    def _run(self, name: str, given: dict[str, Any]) -> dict[str, NDArray[Any]]:
        session = self._sessions[name]
        asked = [one.name for one in session.get_outputs() if one.name != "label"]
        feeds = {name: one for name, one in given.items() if one is not None}
        try:
            answers = session.run(asked, feeds)
        except Exception as error:  # onnxruntime's errors have no class in common
            raise ModelError(
                f"what was written is removed: onnxruntime cannot compute {name}.onnx: "
                f"{first_line(error)}. --format torch may go."
            ) from error
        return dict(zip(asked, answers, strict=True))
