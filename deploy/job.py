"""Run a study on the Ray cluster that this script was sent to.

It takes the arguments of `rnnsearch run`, or a command that goes on with a study (`resume`,
`extend`, `retrain`), shows how it goes (`watch`) or whether the cluster is fit for one (`doctor`).
Two ways in, from the project's folder:

    ray job submit --working-dir . -- python deploy/job.py search_spaces/sine.yaml --storage DIR
    ray submit deploy/cluster.yaml deploy/job.py search_spaces/sine.yaml --storage DIR
    ray submit deploy/cluster.yaml deploy/job.py resume sine --storage DIR
    ray job submit --working-dir . -- python deploy/job.py watch sine --storage DIR

`rnnsearch submit` sends this script too, and calls it with the word `submitted` before the others.

The driver runs on the cluster's head, so paths are paths there. DIR must be absolute under
`ray job submit`, since Ray deletes a job's working directory when it ends.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS = "RAY_ADDRESS"
"""Ray tells the driver of a job the address of its cluster so."""
PROJECT = "RNNSEARCH_PROJECT"
"""Where `deploy/cluster.yaml` has put the project on the head."""
COMMANDS = ("run", "resume", "extend", "retrain", "doctor")
"""What works on a cluster. Any other first argument is a space file to run."""
WATCH = "watch"
"""Reads the storage, which is enough to say how a study goes, and has no use for the cluster."""
SUBMITTED = "submitted"
"""What `rnnsearch submit` has sent: `sent/` beside the package holds data and modules."""
COPIES = "working_dir_files"
"""Ray unpacks the working directories of jobs below a folder of this name."""


@contextmanager
def project_folder(script: Path) -> Iterator[Path | None]:
    """The project to run, for as long as it is needed.

    Under `ray job submit` it is what was sent, of which this takes a second copy made of hard
    links: where two nodes share a machine they share Ray's copy too, and each unpacks it anew,
    under the feet of a driver that runs already (ray 2.60, `download_and_unpack_package`).

    Under `ray submit` the script lies alone in the home folder, and the cluster file says where
    the project is. None where there is nothing but an installed package.
    """
    project = script.resolve().parent.parent
    if not (project / "rnnsearch" / "__init__.py").is_file():
        named = os.environ.get(PROJECT)
        yield Path(named) if named else None
    elif project.parent.name == COPIES:
        # beside Ray's copy, so that a relative --storage is seen to be one that Ray deletes
        with tempfile.TemporaryDirectory(prefix="rnnsearch-job-", dir=project.parent) as folder:
            yield Path(shutil.copytree(project, Path(folder) / "project", copy_function=os.link))
    else:
        yield project


def command(arguments: list[str]) -> list[str]:
    """What the command line is to do, on this cluster unless another one is named."""
    if arguments[:1] == [WATCH]:
        return arguments
    words = arguments if arguments[:1] and arguments[0] in COMMANDS else ["run", *arguments]
    if any(argument.split("=")[0] == "--address" for argument in words):
        return words
    return [*words, "--address", os.environ.get(ADDRESS) or "auto"]


def main() -> None:
    with project_folder(Path(__file__)) as project:
        if project is not None:
            os.chdir(project)
            sys.path.insert(0, str(project))
        arguments = sys.argv[1:]
        if project is not None and arguments[:1] == [SUBMITTED]:
            from rnnsearch.study.arriving import arrive

            del arguments[0]
            arrive(project / "sent", arguments)
        from rnnsearch.cli.app import main as rnnsearch

        rnnsearch(command(arguments))


if __name__ == "__main__":
    main()
