"""What packs are started with, and where Ray may start them."""

from __future__ import annotations

from rnnsearch.goal import Goal
from rnnsearch.search.messages import PackSettings
from rnnsearch.search.tune.nodes import Node
from rnnsearch.search.tune.requests import NODE_ID, pack_config, placed
from rnnsearch.space.spec import ResourcesConfig

MIXED = ResourcesConfig(gpus_per_pack=0.5, cpus_per_pack=4.0, cpus_without_gpu=2.0)
SETTINGS = PackSettings("val_mse", Goal.MINIMIZE, 2.0, 30.0, "", "", threads=4, gpus=0.5)
NODES = [Node("aa", {"CPU": 8.0, "GPU": 1.0}), Node("bb", {"CPU": 8.0}), Node("cc", {"GPU": 2.0})]


def test_a_pack_that_shares_a_gpu() -> None:
    config = pack_config(MIXED, SETTINGS, plain=False, ask=lambda: NODES)
    assert config["settings"]["gpus"] == 0.5
    assert config["settings"]["threads"] == 4
    assert placed(config).bundles == [{"CPU": 4.0, "GPU": 0.5}]
    assert "bundle_label_selector" not in repr(placed(config))


def test_a_pack_without_one_keeps_away_from_nodes_that_have_one() -> None:
    config = pack_config(MIXED, SETTINGS, plain=True, ask=lambda: NODES)
    assert config["settings"]["gpus"] == 0.0
    assert config["settings"]["threads"] == 2
    request = placed(config)
    assert request.bundles == [{"CPU": 2.0}]
    assert repr({NODE_ID: "!in(aa,cc)"}) in repr(request)
