"""What a pack is started with, by its kind, and what that asks Ray for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from ray.tune import PlacementGroupFactory

from rnnsearch.search.messages import PackSettings
from rnnsearch.search.tune.nodes import Node, nodes
from rnnsearch.search.tune.places import needs
from rnnsearch.space.spec import ResourcesConfig

NODE_ID = "ray.io/node-id"
"""The label that Ray gives each node."""


def pack_config(
    resources: ResourcesConfig,
    settings: PackSettings,
    *,
    plain: bool,
    ask: Callable[[], list[Node]] = nodes,
) -> dict[str, Any]:
    """The Tune config of a pack, as plain values.

    Args:
        settings: Those of packs that ask for a GPU, where some do.
        plain: Whether it is one that asks for no GPU, where the others do. It keeps away from nodes
            that have one, whose cores the others need.
        ask: Asks Ray for the nodes.
    """
    asks = needs(resources, plain=plain)
    if not plain:
        return {"settings": asdict(settings), "asks": asks, "avoids": []}
    plainly = replace(settings, threads=max(1, int(asks["CPU"])), gpus=0.0)
    avoids = sorted(one.node_id for one in ask() if one.resources.get("GPU", 0.0) > 0)
    return {"settings": asdict(plainly), "asks": asks, "avoids": avoids}


def placed(config: Mapping[str, Any]) -> PlacementGroupFactory:
    """Where Ray shall start a pack with a config."""
    if not config["avoids"]:
        return PlacementGroupFactory([config["asks"]])
    elsewhere = {NODE_ID: f"!in({','.join(config['avoids'])})"}
    return PlacementGroupFactory([config["asks"]], bundle_label_selector=[elsewhere])
