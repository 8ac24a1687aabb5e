"""Every sampler by the `type` under `search.sampler`."""

from __future__ import annotations

from functools import cache

from rnnsearch.plugins import Configs
from rnnsearch.sampling.qmc import QmcConfig
from rnnsearch.sampling.random import RandomConfig
from rnnsearch.sampling.tpe import TpeConfig

BUILT_IN = {
    "tpe": TpeConfig,
    "random": RandomConfig,
    "qmc": QmcConfig,
}


@cache
def samplers() -> Configs:
    """The built-in samplers, those of installed packages, and any other by its dotted path."""
    return Configs("search.sampler", "sampler", "rnnsearch.samplers", "make", BUILT_IN)
