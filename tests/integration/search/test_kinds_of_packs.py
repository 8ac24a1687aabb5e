"""Where Ray places packs of two kinds: two nodes on this machine, one of which claims a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.exceptions import GetTimeoutError
from ray.util import placement_group_table

from rnnsearch.goal import Goal
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.tune.nodes import nodes
from rnnsearch.search.tune.requests import pack_config, placed
from rnnsearch.space.spec import ResourcesConfig

pytestmark = pytest.mark.slow
MIXED = ResourcesConfig(gpus_per_pack=0.5, cpus_per_pack=0.5, cpus_without_gpu=1.0)
SETTINGS = PackSettings("val_mse", Goal.MINIMIZE, 2.0, 30.0, "", "", threads=1, gpus=0.5)


@pytest.fixture
def _two_nodes() -> Iterator[None]:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        cluster.add_node(num_cpus=4, num_gpus=1)
        ray.init(address=cluster.address, logging_level="ERROR")
        yield
    finally:
        ray.shutdown()
        cluster.shutdown()


def node_of(*, plain: bool, seconds: float = 120.0) -> str:
    """The node on which Ray places one more pack of a kind."""
    group: Any = placed(pack_config(MIXED, SETTINGS, plain=plain)).to_placement_group()
    ray.get(group.ready(), timeout=seconds)
    (node_id,) = placement_group_table(group)["bundles_to_node_id"].values()
    return str(node_id)


@pytest.mark.usefixtures("_two_nodes")
def test_packs_share_a_gpu_and_others_keep_away_from_its_node() -> None:
    has_gpu = {one.node_id: one.resources.get("GPU", 0.0) for one in nodes()}
    assert sorted(has_gpu.values()) == [0.0, 1.0]
    assert has_gpu[node_of(plain=False)] == has_gpu[node_of(plain=False)] == 1.0
    assert has_gpu[node_of(plain=True)] == 0.0
    with pytest.raises(GetTimeoutError):  # three cores are free where the GPU is
        node_of(plain=True, seconds=5.0)
