"""The random generators of a process, which each script in it finds as it left them.

Scripts draw from torch's, numpy's and Python's own generators, of which a process has one each. So
that a trial's numbers depend on its seed and not on the trials beside it, these are exchanged
whenever another script has its turn, and are part of a trial's snapshot.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

MOST_NUMPY_SEED = 2**32


def seeded(seed: int) -> None:
    """Set all generators from a trial's seed."""
    random.seed(seed)
    np.random.seed(seed % MOST_NUMPY_SEED)
    torch.manual_seed(seed)


def kept() -> dict[str, Any]:
    """The state of all generators, as a tree that `tree.to_arrays` takes."""
    kind, keys, *rest = np.random.get_state()
    version, numbers, gauss = random.getstate()
    state = {
        "torch": torch.get_rng_state(),
        "numpy": [str(kind), torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "python": [version, torch.tensor(numbers, dtype=torch.int64), gauss],
    }
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def put_back(state: dict[str, Any]) -> None:
    """Set all generators to what `kept` gave."""
    torch.set_rng_state(state["torch"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers.tolist()), gauss))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
