"""What goes along with a study that is submitted: its space file, and what that file names."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import rnnsearch
from rnnsearch.cached_store import address_of
from rnnsearch.commands import shown
from rnnsearch.disk import copy_file
from rnnsearch.errors import InputError, StorageError
from rnnsearch.object_store.address import is_object_store
from rnnsearch.search.directory import StudyDirectory, local_storage
from rnnsearch.space.load import load
from rnnsearch.space.resolve import renamed
from rnnsearch.space.spec import StudySpec
from rnnsearch.study.sources import sources
from rnnsearch.version import __version__

SENT = "sent"
"""The folder of the space file and of what it names, in what is sent."""
SPACE = "space.yaml"
SUBMITTED = "submitted"
"""By this word `deploy/job.py` knows what `rnnsearch submit` has sent."""
MOST_BYTES = 256 * 2**20
"""Ray keeps what is sent in the memory of its head; it refuses 500 MB itself."""
ENVIRONMENT = {
    # Ray kills a job 3 seconds after SIGTERM, unless it is told otherwise. A study needs more:
    # its packs finish their slice, and the records reach MLflow.
    "RAY_JOB_STOP_WAIT_TIME_S": "120",
    # Each job runs from a new copy of the package; kernels compiled by one serve the next.
    "NUMBA_CACHE_DIR": "${HOME}/.cache/numba",
}
"""Variables of a job, as `deploy/runtime_env.yaml` has them for `ray job submit`. No secret goes
among them: whoever sees Ray's dashboard reads them."""


@dataclass(frozen=True)
class Parcel:
    """A study as it is sent.

    Attributes:
        name: Of the study.
        storage: Its storage folder on the cluster.
        folder: What is sent: the package, the script that runs it, and `sent/`.
        words: What the script is called with.
        notes: What a person should know of it.
    """

    name: str
    storage: str
    folder: Path
    words: Sequence[str]
    notes: Sequence[str] = ()

    @property
    def entrypoint(self) -> str:
        return shlex.join(["python", "deploy/job.py", *self.words])

    @property
    def labels(self) -> dict[str, str]:
        """By what the job is found again; nothing where it is no study."""
        if self.words[0] != SUBMITTED:
            return {}
        return {"study": self.name, "storage": self.storage, "rnnsearch": __version__}

    @property
    def runtime_env(self) -> dict[str, object]:
        """What Ray has to do before the job's driver and before each pack."""
        # Packs import a person's modules from where the driver has put them, now and later. With
        # an object store that is a folder of its machine alone, so they come with the job.
        directory = StudyDirectory(Path(self.storage), self.name)
        modules = str(directory.sent) if directory.mirror is None else SENT
        return {
            "working_dir": str(self.folder),
            "env_vars": {**ENVIRONMENT, "PYTHONPATH": modules},
        }


def new_study(
    file: Path,
    folder: Path,
    *,
    storage: Path,
    name: str | None,
    overrides: Sequence[str],
    options: Sequence[str],
) -> Parcel:
    """Put a new study into an empty folder, with the data and the modules that it names.

    Args:
        overrides: `KEY=YAML` entries; relative paths in them start in the working directory.
        options: Further words for `rnnsearch run`.

    Raises:
        SpaceFileError: The file has mistakes.
        InputError: The data is too large to be sent.
        StorageError: The storage is no absolute path.
    """
    place = cluster_storage(storage)
    spec, notes = _read(file, overrides)
    spec = renamed(spec, name or spec.name)
    StudyDirectory(Path(place), spec.name)  # checks the name
    _lay_package(folder)
    sent = folder / SENT
    sent.mkdir()
    copy_file(file, sent / SPACE)
    for relative, source in _modules(spec).items():
        (sent / relative).parent.mkdir(parents=True, exist_ok=True)
        copy_file(source, sent / relative)
    moved = _send_data(spec, sent, place)
    kept = [one for one in overrides if one.partition("=")[0].strip() not in moved]
    sets = [*kept, *(f"{key}={json.dumps(to)}" for key, to in moved.items())]
    words = [SUBMITTED, "run", SPACE, "--name", spec.name, "--storage", place, *options]
    words += [word for one in sets for word in ("--set", one)]
    return Parcel(spec.name, place, folder, words, notes)


def old_study(folder: Path, *, name: str, storage: Path, words: Sequence[str]) -> Parcel:
    """Send what goes on with a study: the package alone, since the rest lies in its storage.

    Args:
        words: What to do, such as `resume` and its options, without the name and the storage.
    """
    place = cluster_storage(storage)
    _lay_package(folder)
    verb, *rest = words
    return Parcel(name, place, folder, [SUBMITTED, verb, name, "--storage", place, *rest])


def examination(folder: Path, *, storage: Path, words: Sequence[str]) -> Parcel:
    """Send what looks at a cluster, as `rnnsearch doctor` does there.

    Args:
        words: Its options, without the storage.
    """
    place = cluster_storage(storage)
    _lay_package(folder)
    return Parcel("doctor", place, folder, ["doctor", "--storage", place, *words])


def cluster_storage(storage: Path) -> str:
    """A storage folder as the cluster is told it.

    Raises:
        StorageError: It would mean another folder there than here.
    """
    if (address := address_of(local_storage(storage))) is not None:
        return address
    if not storage.is_absolute():
        raise StorageError(
            f"{storage} is no absolute path, and the study runs on the cluster, in a folder that "
            "Ray deletes. Name one on a file system that all nodes share, such as "
            "--storage /shared/studies."
        )
    return str(local_storage(storage))


def _read(file: Path, overrides: Sequence[str]) -> tuple[StudySpec, list[str]]:
    """The study of a file, whose data is read where it is on this machine."""
    spec = load(file, overrides, check_data=False)
    here = (Path.cwd(), file.resolve().parent)
    absent = [
        (key, path)
        for key, path in _paths(spec)
        if not path.exists() and not any(path.is_relative_to(folder) for folder in here)
    ]
    if not absent:
        return load(file, overrides), []
    return spec, [
        f"{key}: {path} is not on this machine; that of the cluster is taken, and its content is "
        "checked there"
        for key, path in absent
    ]


def _paths(spec: StudySpec) -> list[tuple[str, Path]]:
    """The keys that name a file or folder, and these; paths in a spec are absolute."""
    values = [(key, value) for key, value in spec.values.items() if key.startswith("task.")]
    return [
        (key, Path(value))
        for key, value in values
        if isinstance(value, str)
        and Path(value).is_absolute()
        and (key.endswith("path") or Path(value).exists())
    ]


def _send_data(spec: StudySpec, sent: Path, storage: str) -> dict[str, str]:
    """Copy the data of a study; where each key finds it then, from the folder of what was sent.

    What lies in the storage stays there, since the cluster sees it too.
    """
    moved: dict[str, str] = {}
    total = 0
    for key, path in _paths(spec):
        if not path.exists() or path.is_relative_to(storage):
            continue
        total += sum(one.stat().st_size for one in _files(path))
        if total > MOST_BYTES:
            shared = "/shared" if is_object_store(storage) else storage
            raise InputError(
                f"{key}: {shown(path)} makes {total / 1e6:,.0f} MB to be sent, and at most "
                f"{MOST_BYTES / 1e6:,.0f} MB go along with a job. Put it on a disk that the head "
                f"of the cluster sees, and name it there: --set {key}={shared}/{path.name}"
            )
        to = Path("data") / key.removeprefix("task.") / path.name
        if path.is_dir():
            shutil.copytree(path, sent / to)
        else:
            (sent / to).parent.mkdir(parents=True, exist_ok=True)
            copy_file(path, sent / to)
        moved[key] = str(to)
    return moved


def _files(path: Path) -> list[Path]:
    return [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]


def _modules(spec: StudySpec) -> dict[Path, Path]:
    """The files of the modules that a person brought, by where Python finds them from a folder."""
    modules: dict[Path, Path] = {}
    for name in sources(spec):
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            file = getattr(sys.modules.get(".".join(parts[:end])), "__file__", None)
            if file is None:
                continue  # a folder of modules without an __init__.py
            folder = Path(*parts[:end]) if Path(file).name == "__init__.py" else None
            modules[(folder or Path(*parts[: end - 1])) / Path(file).name] = Path(file)
    return modules


def _lay_package(folder: Path) -> None:
    """Copy this package and the script that runs it, as a checkout has them."""
    package = Path(rnnsearch.__file__).parent
    # of deploy/, where secrets may lie, the script alone
    ignored = shutil.ignore_patterns("__pycache__", "pictures", "deploy")
    shutil.copytree(package, folder / "rnnsearch", ignore=ignored)
    (folder / "deploy").mkdir()
    copy_file(package / "deploy" / "job.py", folder / "deploy" / "job.py")
