"""Every stopping rule by the `type` under `search.scheduler`."""

from __future__ import annotations

from rnnsearch.plugins import Configs
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.median import MedianConfig
from rnnsearch.stopping.none import NoneConfig

STOPPING_RULES = Configs(
    section="search.scheduler",
    noun="stopping rule",
    group="rnnsearch.stopping_rules",
    method="rule",
    built_in={"asha": AshaConfig, "median": MedianConfig, "none": NoneConfig},
)
