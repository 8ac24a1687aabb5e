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
    """Ours, those of installed packages, and anybody's as `package.module:Class`."""
    return Configs("search.sampler", "sampler", "rnnsearch.samplers", "make", BUILT_IN)
