"""Opening the Optuna study that is the ledger: a journal file, or a database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from rnnsearch.commands import command
from rnnsearch.errors import (
    DamagedLedgerError,
    SpaceFileError,
    StorageError,
    StudyExistsError,
    StudyNotFoundError,
)
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.journal import BufferedJournal
from rnnsearch.search.ledger.samplers import make_sampler
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.values import PATHS


@dataclass(frozen=True)
class OpenStudy:
    """An Optuna study, the storage under it, and the journal where it is a file."""

    study: optuna.Study
    storage: BaseStorage
    journal: BufferedJournal | None

    def trial_id(self, number: int) -> int:
        """The key under which the storage keeps a trial."""
        study_id = self.storage.get_study_id_from_name(self.study.study_name)
        return self.storage.get_trial_id_from_study_id_trial_number(study_id, number)


def create_study(directory: StudyDirectory, spec: StudySpec, url: str | None) -> OpenStudy:
    """A new Optuna study that says what reopening needs.

    Raises:
        StudyExistsError: The ledger already holds a study of that name.
        StorageError: The file or the database cannot be opened.
    """
    storage, journal = _open_storage(directory, url, read_only=False)
    try:
        study = optuna.create_study(
            study_name=directory.name,
            storage=storage,
            direction=spec.search.goal,
            sampler=make_sampler(spec.search, asked=0),
            pruner=optuna.pruners.NopPruner(),
        )
    except optuna.exceptions.DuplicatedStudyError as error:
        again = command("resume", directory.name, storage=directory.storage)
        raise StudyExistsError(
            f"The ledger already holds a study {directory.name!r}. Go on with `{again}`, or take "
            "another --name."
        ) from error
    for key, value in study_attributes(spec):
        study.set_user_attr(key, value)
    if journal is not None:
        journal.flush()
    return OpenStudy(study, storage, journal)


def open_study(
    directory: StudyDirectory, spec: StudySpec, url: str | None, *, read_only: bool = False
) -> OpenStudy:
    """The study that is there; its sampler goes on where the last one stopped.

    A driver that was killed before its first flush leaves a journal without a study; unless
    `read_only`, the study is then created.

    Raises:
        StudyNotFoundError: The ledger holds no study of that name.
        StudyExistsError: It holds one with another search space.
        StorageError: The file or the database cannot be opened.
    """
    storage, journal = _open_storage(directory, url, read_only=read_only)
    names = [study.study_name for study in storage.get_all_studies()]
    if directory.name not in names:
        if journal is not None and not read_only and not names:
            return create_study(directory, spec, url)
        if not names:
            raise _not_yet(directory)
        others = ", ".join(map(repr, names))
        raise StudyNotFoundError(f"The ledger holds no study {directory.name!r}, but {others}.")
    asked = storage.get_n_trials(storage.get_study_id_from_name(directory.name))
    study = optuna.load_study(
        study_name=directory.name,
        storage=storage,
        sampler=make_sampler(spec.search, asked),
        pruner=optuna.pruners.NopPruner(),
    )
    if not _is_space_of(study.user_attrs, spec):
        raise StudyExistsError(
            f"The study {directory.name!r} was started with another search space (its fields, "
            "metric, goal or seed differ). Start the changed one under another --name."
        )
    return OpenStudy(study, storage, journal)


def _not_yet(directory: StudyDirectory) -> StudyNotFoundError:
    go_on = command("resume", directory.name, storage=directory.storage)
    return StudyNotFoundError(
        f"The study {directory.name!r} has no ledger yet. Go on with it: {go_on}"
    )


def study_attributes(spec: StudySpec) -> tuple[tuple[str, int | str], ...]:
    """What a new study says of itself."""
    return (
        ("num_trials", spec.search.num_trials),
        ("space", space_digest(spec)),
        ("space_yaml", spec.yaml),
        ("metric", spec.search.metric),
    )


def _is_space_of(attributes: Mapping[str, Any], spec: StudySpec) -> bool:
    """Whether a study that says this of itself has the search space of a spec."""
    digest = space_digest(spec)
    if attributes.get("space") in (None, digest):
        return True
    # An older version knew fewer fields: what its file means today decides.
    text = attributes.get("space_yaml", "")
    try:
        before = loads(text, name=spec.name, directory=spec.directory, check_data=False)
    except SpaceFileError:
        return False
    return space_digest(before) == digest


def space_digest(spec: StudySpec) -> str:
    """Changes with whatever changes proposals or curves; budgets and resources may differ.

    So may the place of the data, whose content a study knows by its fingerprint.
    """
    search = spec.search
    parts = (
        sorted((key, repr(value)) for key, value in spec.values.items() if key not in PATHS),
        sorted((key, repr(value)) for key, value in spec.parameters.items()),
        [sorted((key, repr(value)) for key, value in trial.items()) for trial in spec.first_trials],
        (search.metric, search.goal, search.seed),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _open_storage(
    directory: StudyDirectory, url: str | None, *, read_only: bool
) -> tuple[BaseStorage, BufferedJournal | None]:
    # Optuna's own word on every new study would stand between the lines of the live table.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if url is None:
        if read_only and not directory.ledger.is_file():
            raise _not_yet(directory)
        with damage_said(directory):
            journal = BufferedJournal(directory.ledger, read_only=read_only)
            return JournalStorage(journal), journal
    try:
        return RDBStorage(url), None
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise StorageError(
            f"Cannot open the ledger's database {_without_password(url)}: {type(error).__name__}. "
            "Check the URL, the database's driver package and that the server answers."
        ) from None


@contextmanager
def damage_said(directory: StudyDirectory) -> Iterator[None]:
    """What a damaged ledger does to whoever reads it, with the remedy.

    The journals of older versions have no checksums, so damage may be met as late as where a
    record is taken for what it says.

    Raises:
        DamagedLedgerError: In place of whatever else.
    """
    repair = command("repair", directory.name, storage=directory.storage)
    remedy = f"What is whole can be kept: {repair}"
    try:
        yield
    except DamagedLedgerError as error:
        raise DamagedLedgerError(f"{error} {remedy}") from error
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise DamagedLedgerError(
            f"The ledger {directory.ledger} is damaged: a record makes no sense "
            f"({type(error).__name__}: {error}). {remedy}"
        ) from error


def _without_password(url: str) -> str:
    try:
        return sqlalchemy.engine.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "(its URL cannot be read)"
