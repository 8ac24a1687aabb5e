"""A process that leaves loses nothing of what it was about to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import atexit, sys, threading, time
from rnnsearch.leaving import leave

class Late:
    def __del__(self):
        print("taken apart")

late = Late()
late.itself = late
atexit.register(lambda: print("registered"))

def work():
    time.sleep(0.2)
    print("thread", flush=False)

threading.Thread(target=work).start()
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("last word", end="!", file=sys.stderr)
leave(int(sys.argv[1]))
"""


def test_threads_end_what_is_registered_runs_and_streams_are_flushed() -> None:
    for status in (0, 3, 130):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(status)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == status
        assert done.stdout == "thread\nregistered\n"
        assert done.stderr == "last word!"


POOLED = """
from concurrent.futures import ThreadPoolExecutor
from rnnsearch.leaving import leave

pool = ThreadPoolExecutor(2)  # never shut down, as MLflow leaves those that it loads files with
print(pool.submit(str, 1).result())
leave(0)
"""


def test_idle_workers_of_a_pool_are_not_waited_for() -> None:
    done = subprocess.run(
        [sys.executable, "-c", POOLED], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "1\n")


FULL = """
from rnnsearch.leaving import leave, name_output
name_output()
print("x" * int(__import__("sys").argv[1]))
leave(0)
"""


@pytest.mark.parametrize("size", [5, 10**6])
def test_an_output_that_takes_no_more_is_named(size: int) -> None:
    """What is short is written at the end, and what is long where it is printed."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", FULL, str(size)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode != 0
    assert "the standard output" in done.stderr
    assert "No space left on device" in done.stderr


UNBUFFERED = """
import os
from rnnsearch.leaving import name_output
name_output()
print("at once")
os._exit(0)
"""


def test_an_output_that_is_not_buffered_stays_so() -> None:
    done = subprocess.run(
        [sys.executable, "-u", "-c", UNBUFFERED],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "at once\n", "")
