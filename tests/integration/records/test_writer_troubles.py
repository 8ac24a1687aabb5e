"""What a writer says of its own end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rnnsearch.records.tracking_uri import VARIABLE

ENDS_BADLY = """
import sys
from rnnsearch.records import writer

def work(arguments):
    raise OSError("the disk is gone, said hush!hush")

writer.work = work
sys.exit(writer.main())
"""


def test_what_ends_a_writer_is_in_its_log_and_in_its_status(tmp_path: Path) -> None:
    log = tmp_path / "records.log"
    words = {"outbox": tmp_path, "store": "none", "experiment": "e", "artifacts": tmp_path}
    options = [part for name, value in words.items() for part in (f"--{name}", str(value))]
    with log.open("wb") as stream_:
        done = subprocess.run(
            [sys.executable, "-c", ENDS_BADLY, *options],
            stdout=stream_,
            stderr=stream_,
            env={**os.environ, VARIABLE: "http://ann:hush!hush@host"},
            check=False,
        )
    assert done.returncode == 1
    said = log.read_text(encoding="utf-8")
    assert "the writer stops" in said
    assert "OSError: the disk is gone, said ***" in said
    assert "hush" not in said
