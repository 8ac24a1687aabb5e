"""Float32 is float32 on a GPU, unless somebody asks for less."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from rnnsearch.training.precision import full_precision


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def set_tf32(allowed: bool) -> None:
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def test_tf32_is_off_in_matrix_products_and_in_cudnn() -> None:
    set_tf32(True)
    full_precision(torch.device("cuda"))
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


def test_a_pack_on_a_cpu_leaves_the_setting_alone() -> None:
    set_tf32(True)
    full_precision(torch.device("cpu"))
    assert torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.allow_tf32
