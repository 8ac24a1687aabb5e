"""Every sampler by the `type` under `search.sampler`."""

from __future__ import annotations

from rnnsearch.plugins import Configs
from rnnsearch.sampling.qmc import QmcConfig
from rnnsearch.sampling.random import RandomConfig
from rnnsearch.sampling.tpe import TpeConfig

SAMPLERS = Configs(
    section="search.sampler",
    noun="sampler",
    group="rnnsearch.samplers",
    method="make",
    built_in={"tpe": TpeConfig, "random": RandomConfig, "qmc": QmcConfig},
)
