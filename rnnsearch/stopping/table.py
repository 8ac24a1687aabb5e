"""Every stopping rule by the `type` under `search.scheduler`."""

from __future__ import annotations

from functools import cache

from rnnsearch.plugins import Configs
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.median import MedianConfig
from rnnsearch.stopping.none import NoneConfig

BUILT_IN = {
    "asha": AshaConfig,
    "none": NoneConfig,
    "median": MedianConfig,
}


@cache
def stopping_rules() -> Configs:
    """Ours, those of installed packages, and anybody's as `package.module:Class`."""
    return Configs(
        "search.scheduler", "stopping rule", "rnnsearch.stopping_rules", "rule", BUILT_IN
    )
