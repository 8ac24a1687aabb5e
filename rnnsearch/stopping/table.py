"""Every stopping rule by the `type` under `search.scheduler`."""

from __future__ import annotations

from functools import cache

from rnnsearch.plugins import Configs
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.extrapolate import ExtrapolateConfig
from rnnsearch.stopping.hyperband import HyperbandConfig
from rnnsearch.stopping.median import MedianConfig
from rnnsearch.stopping.none import NoneConfig
from rnnsearch.stopping.pasha import PashaConfig
from rnnsearch.stopping.patience import PatienceConfig
from rnnsearch.stopping.pbt import PbtConfig
from rnnsearch.stopping.taper import TaperConfig

BUILT_IN = {
    "asha": AshaConfig,
    "none": NoneConfig,
    "median": MedianConfig,
    "hyperband": HyperbandConfig,
    "pasha": PashaConfig,
    "patience": PatienceConfig,
    "extrapolate": ExtrapolateConfig,
    "taper": TaperConfig,
    "pbt": PbtConfig,
}


@cache
def stopping_rules() -> Configs:
    """The built-in rules, those of installed packages, and any other by its dotted path."""
    return Configs(
        "search.scheduler", "stopping rule", "rnnsearch.stopping_rules", "rule", BUILT_IN
    )
