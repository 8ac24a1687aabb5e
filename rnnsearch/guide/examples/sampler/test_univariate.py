from univariate import Univariate

from rnnsearch.testing.samplers import SamplerContract


class TestUnivariate(SamplerContract):
    config = Univariate(startup_trials=4)
