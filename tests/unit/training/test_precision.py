"""Float32 is float32 on a GPU, unless the space asks for less."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from contracts.recorders import needs_gpu

from rnnsearch.tasks.base import Window
from rnnsearch.testing.waves import WaveData, alone, curve, drain, trial, wave_pack
from rnnsearch.training.config import MatmulPrecision
from rnnsearch.training.precision import set_matmul_precision
from rnnsearch.training.stack_key import stack_key

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    yield
    torch.set_float32_matmul_precision(before[0])
    torch.backends.cudnn.allow_tf32 = before[1]


def rounded() -> tuple[bool, bool]:
    """Whether matrix products, and cuDNN's, may be TF32."""
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("precision", "fewer_bits"), [("highest", False), ("high", True), ("medium", True)]
)
def test_matrix_products_and_cudnn_round_as_the_trial_says(
    precision: MatmulPrecision, fewer_bits: bool
) -> None:
    set_matmul_precision(CUDA, "highest" if fewer_bits else "high")
    set_matmul_precision(CUDA, precision)
    assert rounded() == (fewer_bits, fewer_bits)


def test_a_cpu_keeps_all_bits() -> None:
    set_matmul_precision(CUDA, "highest")
    set_matmul_precision(CPU, "medium")
    assert torch.get_float32_matmul_precision() == "highest"


def test_trials_of_another_precision_stand_in_another_stack() -> None:
    window = Window(batch_size=2, seq_len=9, steps_per_epoch=20)
    exact, rounded = trial(), trial(matmul_precision="high")
    assert stack_key(exact, WaveData(), window) != stack_key(rounded, WaveData(), window)


@needs_gpu
def test_a_neighbour_of_less_precision_changes_nothing() -> None:
    exact = trial(1)
    pack = wave_pack(device="cuda")
    pack.add("trial", exact)
    pack.add("rounded", trial(2, matmul_precision="high"))
    step = drain(pack, {"trial": 2, "rounded": 2})
    assert curve(step) == alone(exact, device="cuda")
