"""One cluster of two nodes for all tests of this folder that want one."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from two_nodes import Cluster, two_nodes


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    if sys.platform != "linux":
        pytest.skip("needs the loopback addresses that Linux has")
    with two_nodes() as running:
        yield running
