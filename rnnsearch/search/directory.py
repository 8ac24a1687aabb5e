"""Where a study lies on disk: its name and paths, and how studies are listed and deleted."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rnnsearch.cached_store import address_of, folder_for, make_folder
from rnnsearch.commands import shown
from rnnsearch.errors import StorageError, StudyNotFoundError
from rnnsearch.object_store.address import StoreAddress, is_object_store
from rnnsearch.search.database.note import LedgerNote, read_note
from rnnsearch.search.ledger_place import DatabasePlace, JournalPlace, LedgerPlace
from rnnsearch.search.mirror.mirror import Mirror
from rnnsearch.search.mirror.places import Announced, mirror_of, names_in

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# Names of the default MLflow store, which lies beside the studies.
_TAKEN_BY_MLFLOW = frozenset({"mlflow.db", "mlartifacts", "mlruns"})
# Folders into which Ray unpacks a job's working directory, and which it deletes when the job has
# ended: ray/_private/runtime_env/working_dir.py (2.60).
_RAY_COPIES = frozenset({"working_dir_files", "py_modules_files"})


class _Inside:
    """Makes an attribute of a `StudyDirectory` that is a path inside the study's folder."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __get__(self, directory: StudyDirectory, kind: type[StudyDirectory]) -> Path:
        return directory.root / self._place


@dataclass(frozen=True)
class StudyDirectory:
    """The paths of one study.

    Attributes:
        storage: The folder that holds all studies, made absolute, since Ray Tune changes the
            working directory. Of an object store, the folder of this machine that stands for it.
        name: The study's name: letters, digits, `.`, `_` and `-`, at most 100.

    Raises:
        StorageError: The name cannot be a folder's name, or `storage` is a URL of another kind.
    """

    storage: Path
    name: str

    yaml = _Inside("study.yaml")
    """The resolved space file."""
    script = _Inside("script.py")
    """The source of a training script as the study began with it."""
    ledger = _Inside("ledger.journal")
    """The journal file of the Optuna study, which is the ledger, where no database holds it."""
    database = _Inside("ledger.json")
    """Says in which database the ledger lies, where one does."""
    lock = _Inside("lock")
    """The lock file, which a live driver keeps touching."""
    stop = _Inside("stop")
    """A file whose presence asks the driver to stop."""
    unmade = _Inside("unmade")
    """A file that is there while a fork is made, whose ledger begins with trials: a folder that has
    it is no study before the ledger has a record."""
    snapshots = _Inside("snapshots")
    checkpoints = _Inside("checkpoints")
    outbox = _Inside("outbox")
    logs = _Inside("logs")
    figures = _Inside("figures")
    code = _Inside("code")
    """The source of classes and functions that a script or a notebook gave."""
    modules = _Inside("code/modules")
    """The source of the modules that a person brought, as studies were run with them."""
    sent = _Inside("sent")
    """The space file, data and modules that were sent with a study; it runs from here."""
    champion_figure = _Inside("figures/champion.png")
    """A picture of the champion."""
    schedule = _Inside("champion.yaml")
    """The space file that trains the champion again, where its settings change on the way."""
    report = _Inside("figures/report.html")
    """The page that tells all of the study."""
    scratch = _Inside("scratch")
    """Ray Tune's folder during a search; nothing in it is worth keeping."""

    def __post_init__(self) -> None:
        if not _can_name(self.name):
            raise StorageError(
                f"{self.name!r} cannot name a study. Use letters, digits, '.', '_' and '-', "
                "at most 100, beginning with a letter or digit; mlflow.db, mlartifacts and mlruns "
                "are taken."
            )
        object.__setattr__(self, "storage", local_storage(self.storage))

    @property
    def root(self) -> Path:
        return self.storage / self.name

    @property
    def mirror(self) -> Mirror | None:
        """The study's folder in an object store; None where the storage is an ordinary folder."""
        return mirror_of(self.root)

    @property
    def place(self) -> str:
        """Where the study lies, for a person: its folder, or its address in an object store."""
        address = address_of(self.storage)
        return shown(self.root) if address is None else f"{address}/{self.name}"

    def refresh(self, *, light: bool = False) -> None:
        """Fetch what another machine has changed, of a study in an object store.

        Args:
            light: Leave out what is not needed to list the study.

        Raises:
            StorageError: The store does not answer, or refuses.
        """
        if (mirror := self.mirror) is not None:
            mirror.refresh(Announced.tell, light=light)

    def create(self) -> None:
        """Make the study's folders; those that exist stay as they are.

        Raises:
            StorageError: The folders cannot be made, or Ray would delete them.
        """
        refuse_ephemeral(self.storage)
        try:
            if address_of(self.storage) is not None:
                make_folder(self.storage)
            for folder in (
                self.snapshots,
                self.checkpoints,
                self.outbox,
                self.logs,
                self.figures,
            ):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"Cannot make the study's folders in {self.storage}: {error.strerror}. "
                "Choose another folder with --storage."
            ) from error

    @property
    def snapshot_place(self) -> str:
        """Where packs keep their snapshots: a folder, or an address in an object store."""
        address = address_of(self.storage)
        return str(self.snapshots) if address is None else f"{address}/{self.name}/snapshots"

    def modules_to_bring(self) -> list[Path]:
        """The files and folders of modules that were sent with the study, where other nodes do not
        see its folder.

        The job that began the study brought them along, and one that goes on with it does not.
        """
        if self.mirror is None or not self.sent.is_dir():
            return []
        there = sorted(self.sent.iterdir())
        return [one for one in there if one.suffix == ".py" or next(one.rglob("*.py"), None)]

    @property
    def ledger_note(self) -> LedgerNote | None:
        """Which database holds the ledger; None where it is a file."""
        return read_note(self.database)

    @property
    def ledger_place(self) -> LedgerPlace:
        """Knows whether there is a ledger, and whether it holds anything."""
        note = self.ledger_note
        return JournalPlace(self.ledger) if note is None else DatabasePlace(note)

    def exists(self) -> bool:
        """Whether a study lies here: its space file or its ledger.

        Raises:
            StorageError: Its making was cut short, and the database of its ledger is away.
        """
        if not (self.yaml.is_file() or self.ledger.is_file()):
            return False
        return not self.unmade.is_file() or self.ledger_place.has_records()

    def size_bytes(self) -> int:
        """The size of all files of the study; a file that vanishes meanwhile counts as nothing."""
        if (mirror := self.mirror) is not None:
            return mirror.size_bytes()
        return sum(_file_size(path) for path in self.root.rglob("*"))

    def delete(self) -> None:
        """Delete the study's folder and all that it holds, and its ledger in a database.

        The caller makes sure that no driver runs (`rnnsearch.search.lock.is_running`).

        Raises:
            StudyNotFoundError: There is no such study.
            StorageError: A file, or what a database holds, cannot be removed.
        """
        StudyDirectory.find(self.storage, self.name)
        self.ledger_place.delete()
        if (mirror := self.mirror) is not None:
            mirror.delete()
        try:
            shutil.rmtree(self.root)
        except OSError as error:
            raise StorageError(f"Cannot remove {error.filename}: {error.strerror}.") from error

    @classmethod
    def find(cls, storage: Path, name: str) -> StudyDirectory:
        """Find the study of that name.

        Raises:
            StudyNotFoundError: There is none; the text lists the studies that there are.
        """
        if _SAFE_NAME.fullmatch(name):
            directory = cls(storage, name)
            directory.refresh()
            if directory.exists():
                return directory
        names = [directory.name for directory in list_studies(storage)]
        existing = f"There are: {', '.join(names)}." if names else "There is none at all."
        place = address_of(local_storage(storage)) or Path(storage).absolute()
        raise StudyNotFoundError(f"No study {name!r} in {place}. {existing}")


def list_studies(storage: Path) -> list[StudyDirectory]:
    """Every study in the storage folder, by name; none where the folder does not exist."""
    storage = local_storage(storage)
    if (stored := names_in(storage)) is not None:
        directories = [StudyDirectory(storage, name) for name in stored if _can_name(name)]
        for directory in directories:
            directory.refresh(light=True)
        return [directory for directory in directories if directory.exists()]
    if not storage.is_dir():
        return []
    names = sorted(path.name for path in storage.iterdir() if _can_name(path.name))
    directories = [StudyDirectory(storage, name) for name in names]
    return [directory for directory in directories if directory.exists()]


def foreign_folders(storage: Path) -> list[str]:
    """The folders in a storage that are no studies, nor anything that rnnsearch or MLflow makes.

    Those whose names begin with a dot are not counted; in `.arrays` are arrays from memory.
    """
    storage = local_storage(storage)
    if not storage.is_dir():
        return []
    known = {directory.name for directory in list_studies(storage)} | _TAKEN_BY_MLFLOW
    folders = (path.name for path in storage.iterdir() if path.is_dir())
    return sorted(name for name in folders if name not in known and not name.startswith("."))


def _can_name(name: str) -> bool:
    return bool(_SAFE_NAME.fullmatch(name)) and name.lower() not in _TAKEN_BY_MLFLOW


def next_free_name(storage: Path, name: str) -> str:
    """`name` where nothing in the folder has it, else `name-2`, `name-3` and so on."""
    candidate, number = name, 1
    while _is_used(StudyDirectory(storage, candidate)):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _is_used(directory: StudyDirectory) -> bool:
    """Whether something has the name of a study, even if it is none."""
    mirror = directory.mirror
    return directory.root.exists() if mirror is None else mirror.exists()


def local_storage(storage: Path) -> Path:
    """An absolute path of a storage folder; of an object store, the folder that stands for it.

    Raises:
        StorageError: It is a URL of another kind, or no sound one.
    """
    if _URL.match(str(storage)):
        typed = re.sub(":/+", "://", str(storage), count=1)  # a Path makes one slash of two
        if is_object_store(typed):
            return folder_for(str(StoreAddress.of(typed)))
        raise StorageError(
            f"{typed} is a URL. Studies lie in a folder, on a cluster in one on a file system that "
            "all nodes share, such as --storage /shared/studies, or in an object store, such as "
            "--storage s3://bucket/studies."
        )
    return Path(storage).expanduser().absolute()


def refuse_ephemeral(
    storage: Path, what: str = "the study", instead: str = "--storage /shared/studies"
) -> None:
    """Refuse a folder inside the copy of a working directory that Ray deletes.

    Under `ray job submit` a relative path lies in
    `<session>/runtime_resources/working_dir_files/_ray_pkg_...`, deleted when the job ends.

    Args:
        what: What would be lost, for the error.
        instead: An option that would do, for the error.

    Raises:
        StorageError: `storage` lies there; the text says what to do.
    """
    parts = local_storage(storage).resolve().parts
    for parent, child in pairwise(parts):
        if parent == "runtime_resources" and child in _RAY_COPIES:
            raise StorageError(
                f"{storage} lies in the copy of the working directory that Ray made for this job "
                f"and deletes after it; {what} would be lost. Give an absolute path that "
                f"outlives the job, such as {instead}."
            )


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
