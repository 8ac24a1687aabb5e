"""Makes a consistent ledger of the whole records of a damaged one.

Records depend on one another. Optuna numbers trials in the order in which they are created, so a
missing creation would shift all later trials; and a trial whose report is missing would look like
one that never made it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.search.ledger.identity import study_attributes
from rnnsearch.search.ledger.journal_record import Operation
from rnnsearch.search.ledger.notes import notes_of
from rnnsearch.search.ledger.salvage import Gap
from rnnsearch.search.ledger.trial_record import END_ATTRIBUTES, shown_state
from rnnsearch.space.proposals import suggest
from rnnsearch.space.spec import StudySpec

_WORKER = "repair-0"
_KEPT_ATTRIBUTES = frozenset({"attempts", "crashes", "stuck", "stuck_epoch"})


@dataclass(slots=True)
class Mended:
    """The records of a mended journal, and what was lost on the way to it.

    Attributes:
        logs: The records of the new journal, without numbers and checksums.
        kept: How many of them come from the damaged journal.
        gone: Numbers, from 0, of records that are missing or make no sense. A whole record that
            was dropped because others are missing is not among them.
        lost: Trials of which nothing usable is left. They wait, and are sampled anew.
        again: Trials with gaps. They wait with their parameters, to be trained from their seeds.
    """

    logs: list[dict[str, Any]] = field(default_factory=list)
    kept: int = 0
    gone: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)


def mend(pieces: Iterable[dict[str, Any] | Gap], spec: StudySpec, name: str) -> Mended:
    """Put the whole records of a study's ledger together.

    A missing record may belong to any trial that had not ended at that place. Such a trial stays
    as it is if it can be shown that nothing of it is missing. Otherwise it waits again with its
    parameters, and `resume` trains it from its seed to the same curve.

    Args:
        pieces: What `salvage` read, in order.
        name: The study's name, for a journal that lost the record with it.
    """
    replay = _Replay(spec, name)
    suspects: set[int] = set()
    for piece in pieces:
        if isinstance(piece, Gap):
            replay.gone += range(piece.first, piece.first + piece.count)
            replay.number = piece.first + piece.count - 1
            suspects |= replay.open_trials()
        elif not replay.take(piece):
            replay.gone.append(replay.number)
            suspects |= replay.open_trials()
    replay.take_missing_attributes()
    mended = Mended(gone=replay.gone)
    for number in sorted(suspects | replay.placeholders):
        trial = replay.trials[number]
        if number in replay.placeholders or not _has_params(spec, trial):
            mended.lost.append(number)
        elif not _is_complete(trial):
            mended.again.append(number)
    for log, from_journal in replay.logs:
        trial_id = log.get("trial_id")
        if trial_id in mended.lost:
            if log["op_code"] == Operation.CREATE_TRIAL:
                mended.logs.append(_placeholder(spec, log["trial_id"]))
        elif trial_id not in mended.again or _stays(log):
            mended.logs.append(log)
            mended.kept += from_journal
    mended.logs += [_waiting(number) for number in mended.again]
    return mended


class _Memory(BaseJournalBackend):
    """A journal that lies in memory alone, for Optuna to read."""

    def __init__(self) -> None:
        self.logs: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        yield from self.logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.logs += logs


class _Replay:
    """The records so far, and the study that Optuna reads from them.

    Attributes:
        logs: The accepted records, each with whether it comes from the damaged journal.
        number: The number of the record that was last looked at.
        gone: As in `Mended`.
        placeholders: Trials whose own creation is missing; they were created because records of
            later trials follow.
    """

    def __init__(self, spec: StudySpec, name: str) -> None:
        self.logs: list[tuple[dict[str, Any], bool]] = []
        self.number = -1
        self.gone: list[int] = []
        self.placeholders: set[int] = set()
        self._spec = spec
        self._name = name
        self._journal = _Memory()
        self._storage = JournalStorage(self._journal)
        self._has_study = False
        self._num_trials = 0

    @property
    def trials(self) -> list[FrozenTrial]:
        return self._storage.get_all_trials(0, deepcopy=False) if self._has_study else []

    def open_trials(self) -> set[int]:
        """Numbers of the trials that have not ended."""
        return {trial.number for trial in self.trials if not trial.state.is_finished()}

    def take(self, log: dict[str, Any]) -> bool:
        """Add a record of the damaged journal.

        Returns:
            False where it makes no sense and was dropped: a changed record without a checksum.
        """
        self.number = log.get("record", self.number + 1)
        log = {key: value for key, value in log.items() if key not in ("record", "crc")}
        try:
            if log["op_code"] != Operation.CREATE_STUDY:
                self._make_study()
            if log["op_code"] == Operation.CREATE_TRIAL:
                log["trial_id"] = max(self._num_trials, log.get("trial_id", 0))
                self._make_trials(log["trial_id"])
            elif "trial_id" in log:
                self._make_trials(log["trial_id"] + 1)
            elif log["op_code"] == Operation.SET_STUDY_USER_ATTR:
                notes_of(log["user_attr"])
            self._add(log, from_journal=True)
        except (LookupError, TypeError, ValueError, AttributeError, AssertionError):
            return False
        return True

    def take_missing_attributes(self) -> None:
        """Add what reopening the study needs and the journal lost, from the space file."""
        self._make_study()
        noted = self._storage.get_study_user_attrs(0)
        for key, value in study_attributes(self._spec):
            if key not in noted:
                if key == "num_trials":
                    value = max(int(str(value)), self._num_trials)
                log = {"op_code": Operation.SET_STUDY_USER_ATTR, "worker_id": _WORKER}
                self._add({**log, "study_id": 0, "user_attr": {key: value}})

    def _make_study(self) -> None:
        """Create the study where its own record is missing."""
        if not self._has_study:
            direction = StudyDirection[self._spec.search.goal.name]
            log = {"op_code": Operation.CREATE_STUDY, "worker_id": _WORKER}
            self._add({**log, "study_name": self._name, "directions": [direction]})

    def _make_trials(self, count: int) -> None:
        """Create trials until there are so many, where their own records are missing.

        Raises:
            ValueError: Fewer records than that are missing, so the count is wrong.
        """
        if count - self._num_trials > len(self.gone):
            raise ValueError("more trials than records are missing")
        while self._num_trials < count:
            self.placeholders.add(self._num_trials)
            self._add(_placeholder(self._spec, self._num_trials))

    def _add(self, log: dict[str, Any], *, from_journal: bool = False) -> None:
        """Have Optuna read a record, which raises where it makes no sense, and keep it."""
        self._journal.append_logs([log])
        self._storage.get_study_directions(0)
        self._has_study = True
        if log["op_code"] == Operation.CREATE_TRIAL:
            self._num_trials = len(self.trials)
        self.logs.append((log, from_journal))


def _placeholder(spec: StudySpec, number: int) -> dict[str, Any]:
    """A record that creates a waiting trial.

    One of the study's first trials has the parameters that the space file gives it.
    """
    first = spec.first_trials[number] if number < len(spec.first_trials) else None
    return {
        "op_code": Operation.CREATE_TRIAL,
        "worker_id": _WORKER,
        "study_id": 0,
        "datetime_start": None,
        "state": TrialState.WAITING,
        "value": None,
        "values": None,
        "system_attrs": {} if first is None else {"fixed_params": dict(first)},
        "trial_id": number,
    }


def _waiting(number: int) -> dict[str, Any]:
    """A record that lets a trial wait again."""
    log = {"op_code": Operation.SET_TRIAL_STATE_VALUES, "worker_id": _WORKER}
    return {**log, "trial_id": number, "state": TrialState.WAITING, "values": None}


def _has_params(spec: StudySpec, trial: FrozenTrial) -> bool:
    """Whether a trial has each parameter that is active in it, with a value of the space."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Optuna warns of a value outside of its range
        try:
            return bool(suggest(spec, optuna.trial.FixedTrial(trial.params)) == trial.params)
        except (ValueError, UserWarning):
            return False


def _is_complete(trial: FrozenTrial) -> bool:
    """Whether a trial has ended with all its attributes, and a value at every epoch before."""
    attributes = trial.user_attrs
    if not trial.state.is_finished() or not attributes.keys() >= END_ATTRIBUTES:
        return False
    reported = set(trial.intermediate_values) - {attributes.get("penalty_epoch")}
    epochs = set(range(1, int(attributes["epoch"]) + 1))
    return reported == epochs and bool(attributes["ended_as"] == shown_state(trial))


def _stays(log: dict[str, Any]) -> bool:
    """Whether a record of a trial that is trained again is kept: its parameters and crashes are."""
    match log["op_code"]:
        case Operation.CREATE_TRIAL | Operation.SET_TRIAL_PARAM:
            return True
        case Operation.SET_TRIAL_USER_ATTR:
            return _KEPT_ATTRIBUTES.issuperset(log["user_attr"])
    return False
