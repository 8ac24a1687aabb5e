"""One Ray for all tests below that do not start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rnnsearch.search.tune.cluster import set_switches


@pytest.fixture(scope="session")
def two_cpus() -> Iterator[None]:
    """A local Ray with two CPUs, whatever the machine has."""
    set_switches()
    import ray

    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        namespace="rnnsearch",
    )
    yield
    ray.shutdown()
