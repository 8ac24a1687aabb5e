"""Scores a task's baselines while the search is at work."""

from __future__ import annotations

import os
import threading
import time

from threadpoolctl import threadpool_limits

from rnnsearch.events import BaselineScored, Listener
from rnnsearch.tasks.base import TaskData


class Scoring(threading.Thread):
    """A thread that scores the baselines, since an n-gram model of a long text takes seconds.

    BLAS gets a single thread. OpenBLAS ends its threads whenever the process forks, which happens
    as Ray starts, and a matrix product that waits for one of them would wait for ever.
    """

    def __init__(self, data: TaskData, listener: Listener) -> None:
        super().__init__(name="baselines", daemon=True)
        self._data = data
        self._listener = listener
        self._error: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether all baselines are scored, or an error ended that."""
        return self.ident is not None and not self.is_alive()

    def run(self) -> None:
        # The variable limits libraries that are loaded later: scipy brings an OpenBLAS of its own.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        try:
            with threadpool_limits(limits=1, user_api="blas"):
                scores = self._data.baselines()
            for one in scores:
                event = BaselineScored(time.time(), one.name, one.metrics, one.note)
                self._listener.on_event(event)
        except Exception as error:  # raised again where the study waits for it
            self._error = error

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        if self._error is not None:
            raise self._error
