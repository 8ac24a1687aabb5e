"""A script in a process of its own, as its pack sees it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np
import torch

from rnnsearch.errors import PackError
from rnnsearch.training.codec import config_to_json
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.script import wire
from rnnsearch.training.script.keeper import BOOT
from rnnsearch.training.script.run import Yielded

NEXT = b"next"
"""What asks a script for its next yield."""

KILL_SECONDS = 5.0
"""How long a process that was killed may take to be gone, before the pack goes on without it."""


class ProcessRun:
    """A `Run` in a process of its own, which starts with the first `advance`.

    Memory that the script leaks and whatever it sets in its process go with it.

    Args:
        device, objective, epoch, arrays: As for `ScriptRun`.
        grace: Seconds that the script has to end, once it is told to, before it is killed.
    """

    def __init__(
        self,
        config: TrialConfig,
        device: str,
        objective: str,
        epoch: int,
        arrays: Mapping[str, np.ndarray[Any, Any]],
        grace: float,
    ) -> None:
        values = {
            "config": config_to_json(config),
            "device": device,
            "objective": objective,
            "epoch": epoch,
            "threads": torch.get_num_threads(),
        }
        self._beginning = wire.to_bytes(values, arrays)
        self._grace = grace
        self._pipe: Connection | None = None
        self._alive = self._status = -1
        self._ended = False
        self._lock = threading.Lock()
        """Held while the process is started or told to end, which two threads do."""

    def advance(self) -> Yielded:
        """Let the script run to its next yield; it is started where it does not run yet.

        Raises:
            PackError: As for `ScriptRun.advance`, or the process has ended.
        """
        pipe = self._started()
        try:
            if self._beginning:
                beginning, self._beginning = self._beginning, b""
                pipe.send_bytes(beginning)
            pipe.send_bytes(NEXT)
            if pipe not in wait([pipe, self._status]):
                raise EOFError
            answer, arrays = wire.from_bytes(pipe.recv_bytes())
        except (EOFError, OSError):
            raise PackError(self._how_it_ended()) from None
        if "error" in answer:
            raise PackError(answer["error"])
        return Yielded(answer["metrics"], tuple(answer["left_out"]), arrays)

    def end(self) -> None:
        """Tell the script to end, at once and from any thread."""
        with self._lock:
            if self._pipe is not None and not self._ended:
                os.close(self._alive)
            self._ended = True

    def close(self) -> None:
        """Wait until the script has ended, which takes its grace at most."""
        self.end()
        if self._pipe is None:
            return
        if not select.select([self._status], [], [], self._grace + KILL_SECONDS)[0]:
            print("a script's process was killed and is still there", file=sys.stderr, flush=True)
        self._pipe.close()
        os.close(self._status)

    def _started(self) -> Connection:
        """The pipe to the process, which is started where there is none."""
        with self._lock:
            if self._ended:
                raise PackError("the script was told to end")
            if self._pipe is None:
                self._pipe = self._start()
            return self._pipe

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        alive, self._alive = os.pipe()
        self._status, status = os.pipe()
        passed = {"pipe": theirs.fileno(), "alive": alive, "status": status}
        given = {"path": sys.path, "grace": self._grace, **passed}
        try:
            # `-P`, so that no file of the working directory hides a module of Python's.
            subprocess.run(
                [sys.executable, "-P", "-c", BOOT, json.dumps(given)],
                stdin=subprocess.DEVNULL,
                pass_fds=list(passed.values()),
                start_new_session=True,  # so that Ctrl-C reaches the driver alone
                check=True,
            )
        finally:
            theirs.close()
            os.close(alive)
            os.close(status)
        return ours

    def _how_it_ended(self) -> str:
        if self._ended:
            return "the script was told to end"
        status = os.read(self._status, 32)
        if not status:
            return "the process that keeps the script's process was killed"
        code = os.waitstatus_to_exitcode(int(status))
        if code < 0:
            named = (one.name for one in signal.Signals if one == -code)
            name = next(named, f"signal {-code}")
            hint = ", as the system does where memory runs out" if name == "SIGKILL" else ""
            return f"the script's process was ended by {name}{hint}; see the log of its pack"
        return f"the script ended its process, with status {code}; see the log of its pack"
