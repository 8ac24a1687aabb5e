"""What all tests share. Its folder goes on the import path, so `contracts` can be imported."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

# Workers that tests start inherit it: two packs on two cores, one thread each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Ray's own reports leave the machine otherwise.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it puts in the background so, and every child would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Packs train on one thread, and a second one only fights for the core."""
    import torch

    torch.set_num_threads(1)
