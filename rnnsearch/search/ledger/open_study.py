"""Makes the Optuna study that is a ledger, or opens it as it stands in its store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from rnnsearch.commands import command
from rnnsearch.errors import StudyExistsError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.damage import no_ledger_yet
from rnnsearch.search.ledger.identity import is_space_of, study_attributes
from rnnsearch.search.ledger.notes import Notes, changed, notes_of
from rnnsearch.search.ledger.store import Store
from rnnsearch.search.ledger.warm_start import Warm, WarmStart, cold
from rnnsearch.space.proposals import make_sampler
from rnnsearch.space.spec import StudySpec


@dataclass(frozen=True)
class OpenStudy:
    """An Optuna study, and the store under it.

    Attributes:
        remarks: What a person should know of the study's sampler.
        first: Params of trials that come behind those that the space file names, and before any
            that is sampled.
        renew: Called with a trial's number before Optuna is asked for it, since the study may
            need another sampler for each.
    """

    study: optuna.Study
    store: Store
    remarks: tuple[str, ...] = ()
    first: tuple[Mapping[str, Any], ...] = ()
    renew: Callable[[int], None] = lambda number: None

    @property
    def storage(self) -> BaseStorage:
        """The storage that Optuna keeps the study in."""
        return self.store.storage

    def trial_id(self, number: int) -> int:
        """The key under which Optuna's storage keeps a trial."""
        study_id = self.storage.get_study_id_from_name(self.study.study_name)
        return self.storage.get_trial_id_from_study_id_trial_number(study_id, number)


def create_study(
    store: Store,
    directory: StudyDirectory,
    spec: StudySpec,
    warm: WarmStart | None = None,
    *,
    flushed: bool = True,
) -> OpenStudy:
    """Make an Optuna study, with the attributes that reopening it needs.

    Args:
        warm: What teaches its sampler from the beginning.
        flushed: Whether the store keeps it at once; else the caller has more to write with it.

    Raises:
        StudyExistsError: The ledger already holds a study of that name.
        StorageError: The store cannot be written.
    """
    _quiet()
    remarks = [] if warm is None else list(warm.lines())
    prior = [] if warm is None else warm.prior(spec)
    try:
        study = optuna.create_study(
            study_name=directory.name,
            storage=store.storage,
            direction=StudyDirection[spec.search.goal.name],
            sampler=make_sampler(spec, 0, remarks.append, prior),
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
    for key, value in changed(Notes(), Notes(warm_start=warm)):
        study.set_user_attr(key, value)
    if flushed:
        store.flush()
    first = () if warm is None else tuple(warm.first)
    return OpenStudy(study, store, tuple(remarks), first, _renewing(study, spec, prior))


def open_study(
    store: Store,
    directory: StudyDirectory,
    spec: StudySpec,
    *,
    read_only: bool = False,
    warm: Warm = cold,
) -> OpenStudy:
    """Open the study in a store; its sampler goes on where the last one stopped.

    A driver that was killed before its first flush leaves a store without a study. The study is
    then created, unless the store is to be read only.

    Args:
        warm: Reads what teaches a study's sampler, where the study is created.

    Raises:
        StudyNotFoundError: The ledger holds no study of that name.
        StudyExistsError: The study was started with another search space than `spec`.
    """
    _quiet()
    names = [study.study_name for study in store.storage.get_all_studies()]
    if directory.name not in names:
        if not read_only and not names:
            return create_study(store, directory, spec, warm())
        if not names:
            raise no_ledger_yet(directory)
        others = ", ".join(map(repr, names))
        raise StudyNotFoundError(f"The ledger holds no study {directory.name!r}, but {others}.")
    remarks: list[str] = []
    asked = store.storage.get_n_trials(store.storage.get_study_id_from_name(directory.name))
    study = optuna.load_study(
        study_name=directory.name,
        storage=store.storage,
        sampler=RandomSampler(),
        pruner=optuna.pruners.NopPruner(),
    )
    if not is_space_of(study.user_attrs, spec):
        raise StudyExistsError(
            f"The study {directory.name!r} was started with another search space (its fields, "
            "metric, goal or seed differ). Start the changed one under another --name."
        )
    if read_only:
        return OpenStudy(study, store)
    with store.damage_explained():
        brought = notes_of(study.user_attrs).warm_start
    prior = [] if brought is None else brought.prior(spec)
    remarks += [] if brought is None else brought.lines()
    study.sampler = make_sampler(spec, asked, remarks.append, prior)
    first = () if brought is None else tuple(brought.first)
    return OpenStudy(study, store, tuple(remarks), first, _renewing(study, spec, prior))


def _renewing(
    study: optuna.Study, spec: StudySpec, prior: Sequence[FrozenTrial]
) -> Callable[[int], None]:
    """Gives the study a sampler for each trial, whose proposal then follows from the ledger alone.

    Only in a deterministic study: another sampler knows nothing of the random numbers that the one
    before it has drawn, as after a resume.
    """
    if not spec.search.deterministic:
        return lambda number: None

    def renew(number: int) -> None:
        study.sampler = make_sampler(spec, number, prior=prior)

    return renew


def num_trials(noted: Mapping[str, Any], spec: StudySpec) -> int:
    """How many trials a study shall have, by the attributes of its Optuna study."""
    return int(noted.get("num_trials", spec.search.num_trials))


def _quiet() -> None:
    """Keep Optuna from printing a line for a new study amid the lines of the live table."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
