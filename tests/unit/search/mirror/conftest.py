"""An object store, and machines that share it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from contracts.remotes import MemoryRemote
from machines import Machine


@pytest.fixture
def remote() -> MemoryRemote:
    return MemoryRemote()


@pytest.fixture
def machine(tmp_path: Path, remote: MemoryRemote) -> Callable[[str], Machine]:
    return lambda name: Machine(tmp_path / name, remote)
