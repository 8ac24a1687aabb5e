"""What is said where onnxruntime cannot compute what was written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import ModelError
from rnnsearch.export.onnx_format import OnnxRunner


class Broken:
    """A session of a model that cannot be computed."""

    def get_outputs(self) -> list[Any]:
        return []

    def run(self, asked: list[str], feeds: dict[str, Any]) -> list[Any]:
        raise RuntimeError("Non-zero status code\nand more lines")


def test_the_reason_of_onnxruntime_is_told_and_what_may_go_instead() -> None:
    runner = object.__new__(OnnxRunner)
    runner._sessions = {"forward": Broken()}  # type: ignore[dict-item]
    with pytest.raises(ModelError, match=r"compute forward\.onnx: Non-zero status code\. --format"):
        runner.forward(np.zeros((1, 2, 1), np.float32), None, None)
