from echo import Echo

from rnnsearch.tasks.base import Window
from rnnsearch.testing.tasks import TaskContract


class TestEcho(TaskContract):
    config = Echo(delay=2)
    windows = (Window(batch_size=4, steps_per_epoch=3),)
