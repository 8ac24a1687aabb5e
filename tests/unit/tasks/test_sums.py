"""A trial's sums do not hang on its neighbours."""

from __future__ import annotations

import pytest
import torch

from rnnsearch.tasks.sums import row_sums

torch.set_num_threads(1)


@pytest.mark.parametrize("shape", [(8, 49, 2, 1), (64, 10, 16), (3, 5000), (2, 128, 64)])
@pytest.mark.parametrize("layout", ["contiguous", "transposed"])
def test_one_row_sums_as_among_many(shape: tuple[int, ...], layout: str) -> None:
    generator = torch.Generator().manual_seed(0)
    # full-length mantissas: sums of float32 numbers are nearly exact in any order
    values = torch.randn(*shape, generator=generator, dtype=torch.float64)
    if layout == "transposed":
        values = values.transpose(0, 1).contiguous().transpose(0, 1)
    together = row_sums(values)
    assert together.dtype == torch.float64
    torch.testing.assert_close(together, values.double().flatten(1).sum(dim=1))
    for k in range(len(values)):
        alone = row_sums(values[k : k + 1].clone(memory_format=torch.contiguous_format))
        assert float(alone) == float(together[k])
