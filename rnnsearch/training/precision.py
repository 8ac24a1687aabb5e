"""How products of float32 matrices are rounded on a GPU."""

from __future__ import annotations

import torch

from rnnsearch.training.config import MatmulPrecision


def set_matmul_precision(device: torch.device, precision: MatmulPrecision) -> None:
    """Multiply float32 matrices on this device so from now on, in the whole process.

    TF32 rounds what is multiplied to ten bits of mantissa, bfloat16 to seven. torch has TF32 off
    for matrix products and on for cuDNN, which a user's own cell may call; here both are as the
    trial says. A CPU multiplies with all bits, whatever was said.

    Args:
        precision: See `TrainingConfig.matmul_precision`.
    """
    if device.type != "cuda":
        return
    torch.set_float32_matmul_precision(precision)
    torch.backends.cudnn.allow_tf32 = precision != "highest"
