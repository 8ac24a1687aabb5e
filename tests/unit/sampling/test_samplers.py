"""Every sampler keeps the contract."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from rnnsearch.sampling.auto import AutoConfig
from rnnsearch.sampling.cma_sampler import share_of
from rnnsearch.sampling.cmaes import CmaesConfig
from rnnsearch.sampling.gp import GpConfig
from rnnsearch.sampling.nsga2 import Nsga2Config
from rnnsearch.sampling.nsga3 import Nsga3Config
from rnnsearch.sampling.qmc import QmcConfig
from rnnsearch.sampling.random import RandomConfig
from rnnsearch.sampling.sobol import value_at
from rnnsearch.sampling.table import samplers
from rnnsearch.sampling.tpe import TpeConfig
from rnnsearch.testing.samplers import SamplerContract


class TestRandom(SamplerContract):
    config = RandomConfig()


class TestTpe(SamplerContract):
    config = TpeConfig(startup_trials=2)


@pytest.mark.slow
class TestGp(SamplerContract):
    config = GpConfig()


class TestCmaes(SamplerContract):
    config = CmaesConfig(population=4)


class TestNsga2(SamplerContract):
    config = Nsga2Config(population=4)


class TestNsga3(SamplerContract):
    config = Nsga3Config(population=4)


class TestAuto(SamplerContract):
    config = AutoConfig()


class TestOptunasOwn(SamplerContract):
    config = samplers()["optuna.samplers:TPESampler"](n_startup_trials=3)


class TestQmc(SamplerContract):
    config = QmcConfig()

    def test_the_space_is_filled_evenly(self) -> None:
        """Of 64 points each sixteenth of a range holds four, and each of a choice about as many."""
        params = self.history(self.spec(), 64)
        logs = [math.log(each["training.learning_rate"] / 1e-4, 1e3) for each in params]
        assert Counter(int(16 * share) for share in logs) == Counter(dict.fromkeys(range(16), 4))
        cells = Counter(each["model.cell"] for each in params)
        assert max(cells.values()) - min(cells.values()) <= 2
        layers = [each["model.num_layers"] for each in params]
        pairs = Counter(zip((share < 0.5 for share in logs), layers, strict=True))
        assert set(pairs.values()) == {16}

    def test_a_second_run_goes_on_with_the_next_points(self) -> None:
        assert self.resumed(self.spec(), 20, 60) == self.history(self.spec(), 80)


ENDS = 0.0, math.nextafter(1.0, 0.0)


@pytest.mark.parametrize(
    ("distribution", "values"),
    [
        (FloatDistribution(-1, 3), (-1.0, 3.0)),
        (FloatDistribution(1e-4, 1e-1, log=True), (1e-4, 1e-1)),
        (FloatDistribution(0, 1, step=0.25), (0.0, 1.0)),
        (IntDistribution(2, 9), (2, 9)),
        (IntDistribution(2, 10, step=4), (2, 10)),
        (IntDistribution(4, 64, log=True), (4, 64)),
        (CategoricalDistribution(["a", "b", "c"]), ("a", "c")),
        (FloatDistribution(2, 2), (2.0, 2.0)),
    ],
)
def test_the_ends_of_a_distribution_are_drawn_and_nothing_beyond(distribution, values) -> None:
    found = tuple(value_at(distribution, share) for share in ENDS)
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values
    for share in (*ENDS, 0.1, 0.3, 0.5, 0.77):
        value = value_at(distribution, share)
        assert distribution._contains(distribution.to_internal_repr(value))


@pytest.mark.parametrize(
    "distribution",
    [
        FloatDistribution(-1, 3),
        FloatDistribution(1e-4, 1e-1, log=True),
        FloatDistribution(0, 1, step=0.25),
        IntDistribution(2, 9),
        IntDistribution(4, 64, log=True),
    ],
)
def test_the_share_of_a_value_leads_back_to_it(distribution) -> None:
    for share in (0.01, 0.3, 0.77, 0.99):
        value = value_at(distribution, share)
        assert value_at(distribution, share_of(distribution, value)) == pytest.approx(value)


def test_whole_numbers_are_drawn_alike() -> None:
    drawn = Counter(value_at(IntDistribution(0, 4), share / 1000) for share in range(1000))
    assert drawn == dict.fromkeys(range(5), 200)
