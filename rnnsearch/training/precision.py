"""Float32 that is float32, on GPUs too."""

from __future__ import annotations

import torch


def full_precision(device: torch.device) -> None:
    """Multiply float32 with all its bits on this device, in the whole process.

    TF32 rounds what is multiplied to ten bits of mantissa. torch has it off for matrix products
    and on for cuDNN, which a user's own cell may call; a trial says `float32` and gets it.
    """
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
