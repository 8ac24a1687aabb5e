"""Who may write to a study: one driver at a time, and a new study where none has its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnsearch.cached_store import address_of
from rnnsearch.commands import command
from rnnsearch.errors import LedgerError, StudyExistsError, StudyLockedError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.study.mirroring import Mirroring, mirrored


@contextmanager
def alone(
    directory: StudyDirectory, say: Callable[[str], None] = lambda text: None
) -> Iterator[Mirroring]:
    """A context in which this driver holds the study's lock, and its copy in an object store.

    If another driver has taken it meanwhile, an error of the ledger is raised as that.

    Args:
        say: Called with a line for a person, from another thread too.
    """
    from rnnsearch.search.lock import StudyLock

    with StudyLock(directory) as lock:
        try:
            with mirrored(directory, say) as mirroring:
                yield mirroring
        except LedgerError as error:
            if not lock.lost:
                raise
            name, storage = directory.name, directory.storage
            raise StudyLockedError(
                f"another driver took over the study {name!r} while this one was suspended; this "
                "one ends, and what it had not yet written is trained again by the other. To "
                f"watch: {command('trials', name, storage=storage)}"
            ) from error


def new_directory(storage: Path, name: str) -> StudyDirectory:
    """Where a new study will leave its files; raises StudyExistsError if another one is there."""
    from rnnsearch.search.lock import is_taken

    directory = StudyDirectory(storage, name)
    directory.refresh()
    if is_taken(directory):
        raise exists(directory)
    return directory


def exists(directory: StudyDirectory) -> StudyExistsError:
    """The error for a new study whose name is taken, with what goes on with the one that has it."""
    name, storage = directory.name, directory.storage
    return StudyExistsError(
        f"the study {name!r} exists in {address_of(storage) or storage}. Go on with it, or add "
        "trials to it:\n"
        f"  {command('resume', name, storage=storage)}\n"
        f"  {command('extend', name, '--trials', 20, storage=storage)}\n"
        f"or from Python: {reopening(directory)}.run()"
    )


def reopening(directory: StudyDirectory) -> str:
    """The Python that opens a study again."""
    elsewhere = directory.storage != Path("studies").absolute()
    storage = address_of(directory.storage) or str(directory.storage)
    where = f", storage={storage!r}" if elsewhere else ""
    return f"Study.open({directory.name!r}{where})"
