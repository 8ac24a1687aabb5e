"""The cluster file for AWS: Ray's schema takes it, and Ray plans spot machines before others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.autoscaler.v2.instance_manager.config import AutoscalingConfig
from ray.autoscaler.v2.scheduler import ResourceDemandScheduler, SchedulingRequest
from ray.autoscaler.v2.utils import ResourceRequestUtil

FILE = Path(__file__).parents[3] / "deploy" / "aws.yaml"


@pytest.fixture
def config() -> dict[str, Any]:
    # by the reader that Ray uses
    read: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return read


def test_the_schema_of_ray_takes_it(config: dict[str, Any]) -> None:
    filled = prepare_config(config)
    validate_config(filled)
    assert filled["head_node_type"] == "head"


def launched(config: dict[str, Any], packs: int, **availability: float) -> dict[str, int]:
    """Which machines Ray asks AWS for, where there are none and packs of 4 CPU are wanted."""
    types = AutoscalingConfig(config, skip_content_hash=True).get_node_type_configs()
    wanted = [ResourceRequestUtil.make({"CPU": 4})] * packs
    request = SchedulingRequest(
        disable_launch_config_check=True,
        node_type_configs=types,
        max_num_nodes=config["max_workers"],
        resource_requests=ResourceRequestUtil.group_by_count(wanted),
        recoverable_resource_availabilities=availability,
    )
    reply = ResourceDemandScheduler(_Silent()).schedule(request)
    return {one.instance_type: one.count for one in reply.to_launch}


class _Silent:
    """An event logger that logs nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: None


def test_spot_comes_first_and_ordinary_machines_where_there_is_none(
    config: dict[str, Any],
) -> None:
    filled = prepare_config(config)
    assert launched(filled, 8) == {"spot": 4}
    assert launched(filled, 8, spot=0.0) == {"ordinary": 4}
    types = config["available_node_types"]
    spot, ordinary = types["spot"]["node_config"], dict(types["ordinary"]["node_config"])
    assert {**ordinary, "InstanceMarketOptions": {"MarketType": "spot"}} == spot


def test_nobody_gets_in_from_outside(config: dict[str, Any]) -> None:
    assert config["provider"]["use_internal_ips"] is True
    [rule] = config["provider"]["security_group"]["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"]) == (22, 22)
    assert [one["CidrIp"] for one in rule["IpRanges"]] == ["10.0.0.0/8"]
    head = " ".join(config["head_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in head
    setup = "\n".join(config["setup_commands"])
    assert "chmod 600 ~/.ray/auth_token" in setup
    assert "RAY_AUTH_MODE=token" in setup
    assert "~/.ray/auth_token" in config["file_mounts"]


def test_what_is_sent_is_there(config: dict[str, Any]) -> None:
    for place in config["file_mounts"].values():
        assert place.startswith("~") or (FILE.parents[1] / place).exists()
