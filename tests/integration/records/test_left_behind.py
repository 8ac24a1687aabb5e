"""A driver that dies leaves a writer behind that cannot reach its server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from record_store import WAIT_SECONDS, Store, wait_until
from unit.records import record_stream as stream

DRIVER = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from record_store import Store
from unit.records import record_stream as stream
recorder = Store(Path(sys.argv[1])).recorder("http://127.0.0.1:9")
recorder.start()
recorder.on_event(stream.started())
for event in stream.trial(0):
    recorder.on_event(event)
print(recorder.writer_pid, flush=True)
os._exit(9)
"""


@pytest.mark.slow
def test_a_writer_left_behind_gives_way_to_the_next(store: Store) -> None:
    """Alone it would try for ten minutes more, and the next run's records would wait for it."""
    here = Path(__file__).parent
    driver = subprocess.run(
        [sys.executable, "-c", DRIVER, str(store.root), str(here), str(here.parents[1])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert driver.returncode == 9, driver.stderr
    orphan = int(driver.stdout)
    assert Path(f"/proc/{orphan}").exists()

    recorder = store.recorder()
    recorder.on_event(stream.started(resumed=True))
    for event in stream.trial(1):
        recorder.on_event(event)
    recorder.on_event(stream.ended())
    state = recorder.close(WAIT_SECONDS)

    assert (state.pending, state.problem) == (0, None)
    assert store.rows.curve_rows() == 2 * stream.EPOCHS * 2
    wait_until(lambda: not os.path.exists(f"/proc/{orphan}"), WAIT_SECONDS)
