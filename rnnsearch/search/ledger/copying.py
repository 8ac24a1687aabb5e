"""A trial that goes on as a copy of another, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from rnnsearch.search.ledger.row import LedgerRow
from rnnsearch.search.ledger.trial_record import COPY, SEED, TrialRecord, read_record
from rnnsearch.space.proposals import optuna_distributions
from rnnsearch.space.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that is to be made.

    Attributes:
        parent: The trial that is copied.
        epoch: After how many epochs.
        replaces: The trial whose place it takes.
        changes: Its `training.changes`, those of the parent included.
        snapshot: Name of the snapshot file that holds the parent's state; None where there is none,
            so that it starts from the parent's seed.
    """

    parent: int
    epoch: int
    replaces: int
    changes: Mapping[str, float]
    snapshot: str | None


def _trial(spec: StudySpec, parent: TrialRecord, sampled: FrozenTrial, copy: Copy) -> FrozenTrial:
    """The copy as a waiting trial of Optuna's.

    It has the parent's params and seed, and its curve as far as it is copied: from its seed it
    trains to that curve, bit for bit.

    Args:
        sampled: The parent as Optuna has it.
    """
    space = optuna_distributions(spec)
    attributes = {
        SEED: parent.seed,
        COPY: {
            "parent": copy.parent,
            "epoch": copy.epoch,
            "replaces": copy.replaces,
            "changes": dict(copy.changes),
        },
        **({} if copy.snapshot is None else {"snapshot": copy.snapshot}),
    }
    curve = parent.values_by_epoch
    return create_trial(
        state=OptunaState.WAITING,
        params=dict(sampled.params),
        distributions={key: space[key] for key in sampled.params},
        intermediate_values={epoch: curve[epoch] for epoch in curve if epoch <= copy.epoch},
        user_attrs=attributes,
    )


def copied(spec: StudySpec, parent: LedgerRow, number: int, copy: Copy) -> LedgerRow:
    """Add a copy of a trial to the Optuna study, where it waits.

    Args:
        number: The number that it gets there.
    """
    opened = parent.opened
    sampled = opened.storage.get_trial(parent.trial_id)
    opened.study.add_trial(_trial(spec, parent.record, sampled, copy))
    trial_id = opened.trial_id(number)
    return LedgerRow(read_record(spec, opened.storage.get_trial(trial_id)), opened, trial_id)
