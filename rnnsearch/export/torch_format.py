"""The format `torch`: a file of plain Python with its weights, and programs of torch.export."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import nn

from rnnsearch.disk import replace_file
from rnnsearch.errors import ModelError
from rnnsearch.export.checking import check
from rnnsearch.export.formats import Written
from rnnsearch.export.programs import write_programs
from rnnsearch.export.subject import Subject
from rnnsearch.export.torch_source.module import WEIGHTS, example, module_source
from rnnsearch.export.torch_source.own import own_module
from rnnsearch.export.torch_source.weights import module_weights

SECONDS = 300.0
"""How long the example of a file may take."""

IMPORTED = "rnnsearch_exported_model"
"""The name that a file's module has while it is compared."""

APART = """
import runpy, sys

sys.modules["rnnsearch"] = None
sys.path.insert(0, "")
runpy.run_path(sys.argv[1], {}, "__main__")
"""
"""Runs a file as a program that cannot import rnnsearch."""


def write(subject: Subject, folder: Path, tolerance: float) -> Written:
    """Write `model.py`, its weights and the programs; see `formats.Write`.

    Raises:
        ModelError: The file does not run without rnnsearch, or answers otherwise than the model.
    """
    file = write_module(subject, folder)
    subject.say("running model.py where rnnsearch cannot be imported")
    _run_apart(file)
    with loaded(file) as model:
        findings = check(subject, TorchRunner(model, subject), tolerance)
        more, notes = write_programs(subject, model, folder, tolerance)
    if subject.custom and not subject.no_stream:
        notes.append("model.py takes and gives the state as your network does: None begins.")
    lines = example(subject, "exported.load()", "exported.CLASSES")
    usage = ["import torch", "", "import model as exported", "", *lines]
    return Written([*findings, *more], "\n".join(usage), notes)


def write_module(subject: Subject, folder: Path) -> Path:
    """Write `model.py` and its weights, and beside them the module of a person's own code.

    Raises:
        ModelError: That code has no file of its own.
    """
    own = own_module(subject)
    if own is not None:
        replace_file(folder / f"{own.module}.py", own.source)
    file = folder / "model.py"
    replace_file(file, module_source(subject, own))
    weights = safetensors.torch.save(module_weights(subject), metadata={"format": "pt"})
    replace_file(folder / WEIGHTS, weights)
    return file


def _run_apart(file: Path) -> None:
    """Run the example of a file in a process that cannot import rnnsearch.

    Raises:
        ModelError: It fails; with the last line of what it said.
    """
    environment = {name: one for name, one in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", APART, file.name],
        cwd=file.parent,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason"]
        raise ModelError(
            f"the file does not run where rnnsearch cannot be imported: {said[-1]}. Code of your "
            "own is copied beside it as the one module that holds the class: what it imports of "
            "your own, or of rnnsearch, must be in there."
        )


@contextmanager
def loaded(file: Path) -> Iterator[nn.Module]:
    """The model of a file, imported from there; own modules beside it are found."""
    before, kept = list(sys.path), sys.dont_write_bytecode
    sys.path.insert(0, str(file.parent))
    sys.dont_write_bytecode = True
    try:
        spec = importlib.util.spec_from_file_location(IMPORTED, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[IMPORTED] = module  # where a trace looks for what the code reads
        spec.loader.exec_module(module)
        yield module.load()
    finally:
        sys.modules.pop(IMPORTED, None)
        sys.path[:] = before
        sys.dont_write_bytecode = kept


class TorchRunner:
    """Computes with the model of a file; see `Runner`."""

    def __init__(self, model: Any, subject: Subject) -> None:
        self._model, self._subject = model, subject

    @torch.no_grad()
    def forward(
        self, x: NDArray[Any], lengths: NDArray[Any] | None, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """See `Runner`."""
        given = [torch.tensor(one) for one in (x, lengths, series) if one is not None]
        answered = self._model(*given)
        if self._subject.keeps_state:
            y, state = answered
            return y.numpy(), state
        return answered.numpy(), None

    @torch.no_grad()
    def step(
        self, x: NDArray[Any], state: Any, series: NDArray[Any] | None
    ) -> tuple[NDArray[Any], Any]:
        """See `Runner`."""
        if state is None and not self._subject.custom:
            state = self._model.zeros(len(x) * self._subject.each)
            state = state.reshape(len(x), -1)
        more = [] if series is None else [torch.tensor(series)]
        y, state = self._model.step(torch.tensor(x), state, *more)
        return y.numpy(), state
