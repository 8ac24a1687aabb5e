"""How products of float32 matrices are rounded on a GPU."""

from __future__ import annotations

import torch

from rnnsearch.training.config import MatmulPrecision


def set_matmul_precision(device: torch.device, precision: MatmulPrecision) -> None:
    """Set with how many bits this process multiplies float32 matrices on a device from now on.

    TF32 rounds what is multiplied to ten bits of mantissa, bfloat16 to seven. By default torch has
    TF32 off for matrix products and on for cuDNN, which a person's own cell may call; here both
    follow the trial's config. A CPU multiplies with all bits in any case.

    Args:
        precision: See `TrainingConfig.matmul_precision`.
    """
    if device.type != "cuda":
        return
    torch.set_float32_matmul_precision(precision)
    torch.backends.cudnn.allow_tf32 = precision != "highest"
