"""Begins the ledger of a study with trials of another one."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from rnnsearch.errors import InputError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.notes import Notes, changed, notes_of
from rnnsearch.search.ledger.open_study import create_study, open_study
from rnnsearch.search.ledger.store import store_of
from rnnsearch.search.ledger.trial_record import COPIED_FROM, SEED, read_record
from rnnsearch.search.ledger.warm_start import Warm, cold
from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.strategies import most_trials
from rnnsearch.space.transfer import MisfitError, transferred

_KEPT = ("constraints:",)
"""How the attributes begin that a sampler may need of a trial; others are of one sampler alone."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of the trials of a study that was forked.

    Attributes:
        trials: How many were copied.
        left_out: How many were not, by the reason.
    """

    trials: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def lines(self, name: str) -> list[str]:
        """The same in words.

        Args:
            name: Of the study that was forked.
        """
        first = f"forked from the study {name}: {self.trials} of its trials copied"
        return [first, *(f"{count} left out: {why}" for why, count in self.left_out.items())]


def fork_ledger(
    directory: StudyDirectory,
    spec: StudySpec,
    source: StudyDirectory,
    before: StudySpec,
    *,
    same_data: bool,
    warm: Warm = cold,
) -> Copied:
    """Make the ledger of a new study, which begins with the ended trials of another that fit.

    They keep their states, curves, values and seeds, and have the numbers from 0 on. They were
    trained in the other study, whose runs in MLflow show them. The new ledger is written at once,
    or not at all.

    Args:
        directory: Of the new study; `spec` is its space.
        source: Of the study that is forked; `before` is its space.
        same_data: Whether both stand on the same data, which then is checked at each run.
        warm: Reads what a third study teaches the sampler.

    Raises:
        StudyExistsError: The new study has a ledger already.
        InputError: No trial fits, or there is nothing left to try.
    """
    old = open_study(store_of(source, read_only=True), source, before, read_only=True)
    trials, left_out = [], Counter[str]()
    for one in old.study.get_trials(deepcopy=False):
        if one.state == OptunaState.FAIL or not one.state.is_finished():
            left_out["they failed" if one.state.is_finished() else "they have not ended"] += 1
            continue
        record = read_record(before, one)
        if record.refused:
            left_out["a constraint kept them from being trained"] += 1
            continue
        try:
            params = transferred(spec, before, record.params, longer=False)
        except MisfitError as error:
            left_out[str(error)] += 1
            continue
        trials.append(_copied(one, params, spec, before, source.name))
    copied = Copied(len(trials), dict(left_out))
    if not trials:
        reasons = "; ".join(copied.lines(source.name)[1:]) or "it has none"
        raise InputError(f"no trial of the study {source.name} fits into the new space: {reasons}.")
    target = _target(spec, [one.params for one in trials])
    opened = create_study(store_of(directory), directory, spec, warm(), flushed=False)
    opened.study.add_trials(trials)
    opened.study.set_user_attr("num_trials", target)
    data = notes_of(old.study.user_attrs).data if same_data else None
    for key, value in changed(Notes(), Notes(origin=tuple(copied.lines(source.name)), data=data)):
        opened.study.set_user_attr(key, value)
    opened.store.flush()
    return copied


def _target(spec: StudySpec, copied: Sequence[Mapping[str, Any]]) -> int:
    """How many trials the new study shall have, with those that were copied.

    Raises:
        InputError: The sampler tries each configuration once, and there are no more.
    """
    target = len(copied) + spec.search.num_trials
    most = most_trials(spec, copied, target)
    if most is not None and most <= len(copied):
        raise InputError(
            f"all {most:,} configurations of the new space were tried. Widen it, or take another "
            "sampler: --set search.sampler.type=tpe"
        )
    return target if most is None else min(target, most)


def _copied(
    trial: FrozenTrial, params: Mapping[str, Any], spec: StudySpec, before: StudySpec, name: str
) -> FrozenTrial:
    """A trial as the new study keeps it."""
    space = optuna_distributions(spec)
    record = read_record(before, trial)
    shown = copy.copy(trial)
    shown.params = dict(params)
    shown.distributions = {key: space[key] for key in params}
    shown.user_attrs = {
        **{key: value for key, value in trial.user_attrs.items() if key != "snapshot"},
        SEED: record.seed,
        COPIED_FROM: f"{name}:{trial.number}",
    }
    shown.system_attrs = {
        key: value for key, value in trial.system_attrs.items() if key.startswith(_KEPT)
    }
    return shown
