"""The checked build runs clean over all shapes, and finds an address outside the buffers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rnnsearch.testing.kernels import layer_of
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

if CompiledKernel().refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)

EVERY_ACCESS = """
import itertools
import sys
import test_compiled_step
import torch
from rnnsearch.testing.kernels import CELLS, arguments_of, kernel_results, layer_of, run
from rnnsearch.training.kernels.compiled import call, checks
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

assert checks.CHECKED
torch.set_num_threads(1)
# hidden, inputs, batch, steps: see test_compiled.py; the last packs its transposed products.
shapes = [(16, 1, 1, 5), (32, 3, 7, 4), (48, 65, 5, 3), (80, 16, 9, 1), (96, 17, 4, 40)]
kernel = CompiledKernel()
CELLS = [one for one in CELLS if "_".join(one) in sys.argv[1:]]
for (cell, nonlinearity), shape, kept in itertools.product(CELLS, shapes, (0, 2**30)):
    call._KEPT_BYTES = kept
    layer = layer_of(cell, nonlinearity, shape, 2)
    kernel_results(kernel, layer, arguments_of(layer, torch.float32))
lengths = torch.tensor([[9, 7, 7, 6, 3, 0, 0], [1, 0, 9, 2, 0, 0, 4]])
for (cell, nonlinearity), inputs, kept in itertools.product(CELLS, (2, 33), (0, 2**30)):
    call._KEPT_BYTES = kept
    layer = layer_of(cell, nonlinearity, (48, inputs, 7, 9), 2)
    arguments = arguments_of(layer, torch.float32)
    outputs, _ = run(kernel, layer, arguments, lengths)
    torch.autograd.grad(outputs.sum(), arguments[:5])
for kind, settings, (cell, nonlinearity) in itertools.product(
    (
        (11, 2, 3, 2, 5, 4), (16, 1, 1, 1, 1, 5), (40, 3, 17, 70, 7, 3), (96, 1, 17, 20, 4, 40),
        (48, 1, 2, 4, 3, 4), (80, 1, 4, 1, 6, 7),
    ),
    ("adamw-carry", "sgd-momentum"),
    CELLS,
):
    for dropout in (0.0, 0.5) if kind[1] > 1 else (0.0,):
        test_compiled_step.STEPS = 2
        configs = test_compiled_step.configs_of(settings)
        members = test_compiled_step.Members(cell, nonlinearity, kind, configs, dropout=dropout)
        members.kernel.run(members.inputs, members.targets, members.masks, members.rows)
print("clean")
"""

ONE_STEP_TOO_MANY = """
import torch
from rnnsearch.training.kernels.compiled import checks
from rnnsearch.training.kernels.compiled.call import call
from rnnsearch.training.kernels.compiled.layout import Sizes

room = torch.zeros(4096)  # the same memory for all, with a tail that belongs to no tensor
names = ["inputs", "w_ih", "w_hh", "b_ih", "b_hh", "h_first", "h_last", "c_first", "c_last"]
shapes = [(1, 3, 2, 1), (1, 64, 1), (1, 64, 16), (1, 64), (1, 64), *[(1, 2, 16)] * 4]
tensors = {n: torch.zeros(s) for n, s in zip(names, shapes)}
tensors["outputs"] = room[: 3 * 2 * 16].view(1, 3, 2, 16)
sizes = Sizes(
    members=1, steps=3, batch=2, inputs=1, hidden=16, gates=64, apart=0, memory=1, gated=1,
    backward=0, kept=0,
)
call("lstm", sizes, tensors, {})
try:
    call("lstm", sizes._replace(steps=4), tensors, {})
except checks.KernelAddressError as error:
    print("found", error)
"""


def checked(script: str, *arguments: str) -> str:
    environment = {**os.environ, "RNNSEARCH_KERNEL_CHECKS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


OTHERS = pytest.param(["rnn_tanh", "rnn_relu", "gru_tanh"], marks=pytest.mark.slow)


@pytest.mark.parametrize("cells", [["lstm_tanh"], OTHERS], ids=["lstm", "others"])
def test_every_access_lies_in_the_buffers(cells: list[str]) -> None:
    assert checked(EVERY_ACCESS, *cells).strip() == "clean"


def test_a_step_too_many_is_found() -> None:
    assert "outside the buffers" in checked(ONE_STEP_TOO_MANY)
