"""The commands about one study: stop, delete and best."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import FormatOption, Storage, StudyName
from rnnsearch.cli.text import print_json
from rnnsearch.commands import DEFAULT_STORAGE, command

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory


def stop(name: StudyName, storage: Storage = DEFAULT_STORAGE) -> None:
    """Ask a running study to stop. Nothing is lost, and `resume` goes on with it."""
    from rnnsearch.disk import replace_file
    from rnnsearch.errors import StudyNotFoundError
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.lock import is_running

    directory = StudyDirectory.find(storage, name)
    if not is_running(directory):
        raise StudyNotFoundError(
            f"no driver is at work on {name!r}, so there is nothing to stop. "
            f"To go on with it: {command('resume', name, storage=storage)}"
        )
    if (mirror := directory.mirror) is not None:
        mirror.ask_to_stop()
    else:
        replace_file(directory.stop, f"{time.time()}\n")
    typer.echo(
        f"asked {name} to stop; its packs finish their slice. Later:\n"
        f"  {command('resume', name, storage=storage)}"
    )


def delete(
    name: StudyName,
    storage: Storage = DEFAULT_STORAGE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Delete the folder of a study. Its runs and its registered model stay in MLflow."""
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.study.array_files import delete_with_arrays

    directory = StudyDirectory.find(storage, name)
    _refuse_running(directory)
    size = directory.size_bytes() / 1e6
    if not yes and not _agrees(
        f"delete {directory.place} for good? It frees {size:.1f} MB; what is in MLflow stays there"
    ):
        typer.echo("nothing was deleted")
        return
    _refuse_running(directory)  # a person may think for minutes
    delete_with_arrays(directory)
    typer.echo(f"deleted {name}; {size:.1f} MB are free again")


def _refuse_running(directory: StudyDirectory) -> None:
    """Refuse to delete a study while a driver is at work on it."""
    from rnnsearch.errors import StudyLockedError
    from rnnsearch.search.lock import is_running

    if is_running(directory):
        raise StudyLockedError(
            f"a driver is at work on {directory.name!r}; stop it first: "
            f"{command('stop', directory.name, storage=directory.storage)}"
        )


def _agrees(question: str) -> bool:
    """Ask on the terminal; where nobody can answer, an error names the option that need not ask."""
    from rnnsearch.errors import InputError

    try:
        return typer.confirm(question)
    except typer.Abort:
        raise InputError("nobody answered, so nothing was deleted. Without asking: --yes") from None


def best(
    name: StudyName, storage: Storage = DEFAULT_STORAGE, format_: FormatOption = "text"
) -> None:
    """Show the winner of a study beside the baselines, where its weights lie, and how to use it."""
    from rnnsearch.cli.result import print_result
    from rnnsearch.cli.usage import print_usage
    from rnnsearch.study import Study

    result = Study.open(name, storage=storage).result()
    if format_ == "json":
        print_json(result.summary())
    else:
        print_result(result)
        print_usage(result)
