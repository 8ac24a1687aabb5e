"""What a driver does first with a study that was submitted: it keeps what was sent with it."""

from __future__ import annotations

import importlib
import os
import shutil
import uuid
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from rnnsearch.search.directory import StudyDirectory, refuse_ephemeral
from rnnsearch.search.lock import is_taken


def arrive(sent: Path, words: Sequence[str]) -> None:
    """Go to the folder from which a submitted study runs.

    Data and modules must outlive the job, or `resume` would not find them. So those of a new study
    are put into its folder. The files of a study that is there already stay as they are.

    Args:
        sent: What came with the job; there is none where a study goes on.
        words: The command line, `VERB FILE-OR-NAME ... --storage DIR`, with `--name` of a new one.
    """
    storage = Path(words[words.index("--storage") + 1])
    name = words[words.index("--name") + 1] if sent.is_dir() else words[1]
    refuse_ephemeral(storage)
    directory = StudyDirectory(storage, name)
    directory.refresh()
    kept = directory.sent
    if sent.is_dir():
        if is_taken(directory):
            kept = sent  # the command says that the name is taken
        else:
            _put(sent, kept)
    if kept.is_dir():
        os.chdir(kept)
        # Ray has put the folder on Python's path before there was one, which Python remembers.
        importlib.invalidate_caches()


def _put(sent: Path, kept: Path) -> None:
    """Put what was sent where it stays.

    The same files stay as they are: they may be those of a job that was sent twice by mistake, of
    which the other one stands there already and has not taken the study's lock yet.
    """
    coming = kept.with_name(f"{kept.name}-{uuid.uuid4().hex[:8]}")
    shutil.copytree(sent, coming)
    if _contents(kept) == _contents(coming):
        shutil.rmtree(coming)
        return
    shutil.rmtree(kept, ignore_errors=True)
    coming.rename(kept)


def _contents(folder: Path) -> dict[Path, bytes]:
    """SHA-256 of the files of a folder by their places in it, but for what Python has compiled."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder): sha256(path.read_bytes()).digest() for path in files}
