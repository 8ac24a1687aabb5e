"""Samplers of Optuna and OptunaHub by name."""

from __future__ import annotations

import sys

import planted
import pytest
from optuna.samplers import NSGAIISampler

from rnnsearch.errors import InputError
from rnnsearch.sampling import optuna_class
from rnnsearch.sampling.table import samplers


def test_a_class_of_optuna_has_its_arguments_as_keys_and_the_seed_of_the_run() -> None:
    config = samplers()["optuna.samplers:NSGAIISampler"]
    made = config(population_size=7)
    assert made.type == "optuna.samplers:NSGAIISampler"
    assert made.crossover_prob == 0.9
    sampler = made.make(planted.start(1, 10))._made
    assert type(sampler) is NSGAIISampler
    assert sampler.population_size == 7
    assert sampler._rng._rng is None or sampler._rng.rng is not None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "optuna.samplers:PartialFixedSampler",
            "`fixed_params` has a type that a space file cannot set.*make.start",
        ),
        ("optuna.samplers:Nobody", "has no Nobody"),
        ("optuna.pruners:NopPruner", "must be a dataclass"),
        ("hub:samplers/auto_sampler", "written hub:PACKAGE:CLASS"),
        ("hub:samplers/auto_sampler:AutoSampler", "pip install optunahub"),
    ],
)
def test_what_is_no_sampler_is_refused_with_what_to_do(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optuna_class, "find_spec", lambda module: None)
    optuna_class.optuna_config.cache_clear()
    with pytest.raises(InputError, match=words):
        samplers()[name]


class NoHub:
    """OptunaHub without a network."""

    @staticmethod
    def load_module(package: str) -> object:
        raise OSError(f"cannot reach GitHub for {package}")


def test_why_the_hub_gives_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optuna_class, "find_spec", lambda module: True)
    monkeypatch.setitem(sys.modules, "optunahub", NoHub)
    optuna_class.optuna_config.cache_clear()
    with pytest.raises(InputError, match=r"gives no samplers/x: OSError: cannot reach GitHub"):
        samplers()["hub:samplers/x:Sampler"]
