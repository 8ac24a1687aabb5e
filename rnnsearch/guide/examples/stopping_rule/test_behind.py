from behind import Behind

from rnnsearch.testing.stopping_rules import StoppingContract


class TestBehind(StoppingContract):
    config = Behind(interval=3, margin=0.5)
