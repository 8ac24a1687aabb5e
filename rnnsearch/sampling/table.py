"""Every sampler by the `type` under `search.sampler`."""

from __future__ import annotations

from functools import cache

from rnnsearch.plugins import Configs, named
from rnnsearch.sampling.auto import AutoConfig
from rnnsearch.sampling.bruteforce import BruteforceConfig
from rnnsearch.sampling.cmaes import CmaesConfig
from rnnsearch.sampling.gp import GpConfig
from rnnsearch.sampling.grid import GridConfig
from rnnsearch.sampling.nsga2 import Nsga2Config
from rnnsearch.sampling.nsga3 import Nsga3Config
from rnnsearch.sampling.optuna_class import optuna_config
from rnnsearch.sampling.qmc import QmcConfig
from rnnsearch.sampling.random import RandomConfig
from rnnsearch.sampling.tpe import TpeConfig

BUILT_IN = {
    "tpe": TpeConfig,
    "random": RandomConfig,
    "qmc": QmcConfig,
    "gp": GpConfig,
    "cmaes": CmaesConfig,
    "nsga2": Nsga2Config,
    "nsga3": Nsga3Config,
    "grid": GridConfig,
    "bruteforce": BruteforceConfig,
    "auto": AutoConfig,
}


class Samplers(Configs):
    """The configs of samplers, to which a class of Optuna's, or one below it, is one as well."""

    def __getitem__(self, name: str) -> type:
        """As in `Configs`."""
        if ":" in name and name not in self.brought and (config := optuna_config(name)) is not None:
            self.brought[name] = named(config, name, "make")
        return super().__getitem__(name)


@cache
def samplers() -> Samplers:
    """The built-in samplers, those of installed packages, and any other by its dotted path."""
    return Samplers("search.sampler", "sampler", "rnnsearch.samplers", "make", BUILT_IN)
