"""Asks Ray what the cluster has for packs, and its autoscaler what is coming."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ray
from ray.exceptions import RayError

from rnnsearch.search.supply import Supply
from rnnsearch.search.tune.nodes import nodes, staying

ANSWER_SECONDS = 2
"""How long the head may take to tell what is coming; the driver's loop waits for it."""
STATUS_KEY = b"__autoscaling_status"
"""Where the first autoscaler keeps what it does (`ray_constants.DEBUG_AUTOSCALING_STATUS`)."""


def supply() -> Supply:
    """What the cluster has now; without an autoscaler no node is coming."""
    starting, refused = asked_what_is_coming(_second_autoscaler, _first_autoscaler)
    return Supply(
        nodes=staying(nodes()),
        free=ray.available_resources(),
        starting=starting,
        refused=refused,
    )


def asked_what_is_coming(
    second: Callable[[], Any], first: Callable[[], bytes | None]
) -> tuple[int, str]:
    """What both autoscalers say; nothing where the head gives no answer now.

    That trials wait for a silent head is told by what watches it.
    """
    try:
        return coming(second(), first())
    except RayError:
        return 0, ""


def coming(second: Any, first: bytes | None) -> tuple[int, str]:
    """How many nodes are starting, and why the last one could not be had.

    Args:
        second: The status that the second autoscaler gives (`ClusterStatus`), Ray's default; it is
            empty where the first one or none is at work.
        first: What the first autoscaler keeps, as JSON; `ray up` with `RAY_enable_autoscaler_v2=0`.
    """
    starting = sum(one.count for one in second.pending_launches) + len(second.pending_nodes)
    failed = sorted(second.failed_launches, key=lambda one: one.failed_ts_s or 0)
    refused = str(failed[-1].details or "").strip().partition("\n")[0] if failed else ""
    report = (json.loads(first) if first else {}).get("autoscaler_report") or {}
    starting += sum((report.get("pending_launches") or {}).values())
    starting += len(report.get("pending_nodes") or [])
    return starting, refused


def _second_autoscaler() -> Any:
    from ray.autoscaler.v2.sdk import get_cluster_status

    return get_cluster_status(ray.get_runtime_context().gcs_address, timeout=ANSWER_SECONDS)


def _first_autoscaler() -> bytes | None:
    from ray.experimental.internal_kv import _internal_kv_get

    kept: bytes | None = _internal_kv_get(STATUS_KEY)
    return kept
