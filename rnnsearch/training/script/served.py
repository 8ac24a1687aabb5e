"""A script in the process of its own: yields when the pack asks, and leaves when it is told to."""

from __future__ import annotations

import faulthandler
import io
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import numpy as np
import torch

from rnnsearch.errors import PackError
from rnnsearch.training.codec import config_from_json
from rnnsearch.training.script import wire
from rnnsearch.training.script.run import ScriptRun


def serve(descriptor: int) -> None:
    """Run a script in this process, as it is asked for its next yield.

    SIGTERM ends it by an exception, so that the script's `finally` blocks run, unless the script
    has a handler of its own.

    Args:
        descriptor: The pipe to the pack. What comes first says which script; see `ProcessRun`.
    """
    ending = False

    def end(number: int, frame: object) -> NoReturn:
        nonlocal ending
        ending = True
        raise SystemExit

    signal.signal(signal.SIGTERM, end)
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(line_buffering=True)
    with Connection(descriptor) as pipe:
        given, arrays = wire.from_bytes(pipe.recv_bytes())
        torch.set_num_threads(given["threads"])
        config = config_from_json(given["config"])
        run = ScriptRun(config, given["device"], given["objective"], given["epoch"], arrays)
        try:
            while not ending:
                pipe.recv_bytes()
                answer = _advance(run)
                if not ending:
                    pipe.send_bytes(wire.to_bytes(*answer))
        except EOFError:  # the pack is gone
            pass
        finally:
            run.close()


def _advance(run: ScriptRun) -> tuple[dict[str, Any], Mapping[str, np.ndarray[Any, Any]]]:
    try:
        yielded = run.advance()
    except PackError as error:
        return {"error": str(error)}, {}
    values = {"metrics": dict(yielded.metrics), "left_out": list(yielded.left_out)}
    return values, yielded.arrays
