"""What is said of a study that has no champion yet."""

from __future__ import annotations

from rnnsearch.commands import command
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import is_running


def no_champion(directory: StudyDirectory) -> str:
    """That a study has no champion yet, and what there is to do about it."""
    text, storage = f"the study {directory.name!r} has no champion yet", directory.storage
    if is_running(directory):
        watch = command("watch", directory.name, storage=storage)
        return f"{text}: the search is at work, and chooses it at its end. Wait for that: {watch}"
    return f"{text}. Go on with it: {command('resume', directory.name, storage=storage)}"
