from latch import LatchConfig

from rnnsearch.tasks.base import Window
from rnnsearch.testing.tasks import TaskContract


class TestLatch(TaskContract):
    config = LatchConfig(length=9, sequences=40)
    windows = (Window(batch_size=4), Window(batch_size=5, steps_per_epoch=3))
