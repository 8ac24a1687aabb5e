"""A ledger that holds together again, made of the whole records of a damaged one.

Records hang on each other: Optuna counts trials as they are made, so one that is missing would
shift all that follow; and a trial of which a report is missing would be believed all the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.storages.journal._storage import JournalOperation, JournalStorageReplayResult
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.search.ledger.identity import study_attributes
from rnnsearch.search.ledger.notes import notes_of
from rnnsearch.search.ledger.row import END_ATTRIBUTES, shown_state
from rnnsearch.search.ledger.salvage import Gap
from rnnsearch.space.proposals import suggest
from rnnsearch.space.spec import StudySpec

_WORKER = "repair-0"
_KEPT_ATTRIBUTES = frozenset({"attempts", "crashes"})


@dataclass(slots=True)
class Mended:
    """What `mend` makes.

    Attributes:
        logs: The records of the new journal, without numbers and checksums.
        kept: Records of the old one among them.
        gone: Numbers of records that are missing, counting from 0; those that are whole and say
            nothing without the missing ones are not among them.
        lost: Trials of which nothing usable is left; they wait, to be drawn anew.
        again: Trials with gaps; they wait with their parameters, to be trained from their seeds.
    """

    logs: list[dict[str, Any]] = field(default_factory=list)
    kept: int = 0
    gone: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)


def mend(pieces: Iterable[dict[str, Any] | Gap], spec: StudySpec, name: str) -> Mended:
    """Put the whole records of a study's ledger together.

    A trial that was open where something is missing may be the one that it is missing of. It
    stays as it is where it can be shown to be complete; otherwise it waits again with its
    parameters, and `resume` trains it from its seed to the same curve.
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
    for log, ours in replay.logs:
        of = log.get("trial_id")
        if of in mended.lost:
            if log["op_code"] == JournalOperation.CREATE_TRIAL:
                mended.logs.append(_placeholder(spec, log["trial_id"]))
        elif of not in mended.again or _stays(log):
            mended.logs.append(log)
            mended.kept += ours
    mended.logs += [_waiting(number) for number in mended.again]
    return mended


class _Replay:
    """The records so far, as Optuna understands them.

    Attributes:
        logs: Records with whether they come from the damaged journal.
        number: Of the record that is looked at.
        gone: See `Mended`.
        placeholders: Trials that had to be made because others follow them.
    """

    def __init__(self, spec: StudySpec, name: str) -> None:
        self.logs: list[tuple[dict[str, Any], bool]] = []
        self.number = -1
        self.gone: list[int] = []
        self.placeholders: set[int] = set()
        self._spec = spec
        self._name = name
        self._result = JournalStorageReplayResult("reader-")
        self._open: set[int] = set()

    @property
    def trials(self) -> dict[int, FrozenTrial]:
        return self._result._trials

    def open_trials(self) -> set[int]:
        """Trials that have not ended."""
        self._open = {one for one in self._open if not self.trials[one].state.is_finished()}
        return set(self._open)

    def take(self, log: dict[str, Any]) -> bool:
        """Add a record; False where it makes no sense, which only one without checksum does."""
        self.number = log.get("record", self.number + 1)
        log = {key: value for key, value in log.items() if key not in ("record", "crc")}
        try:
            if log["op_code"] != JournalOperation.CREATE_STUDY:
                self._make_study()
            if log["op_code"] == JournalOperation.CREATE_TRIAL:
                log["trial_id"] = max(len(self.trials), log.get("trial_id", 0))
                self._make_trials(log["trial_id"])
            elif "trial_id" in log:
                self._make_trials(log["trial_id"] + 1)
            elif log["op_code"] == JournalOperation.SET_STUDY_USER_ATTR:
                notes_of(log["user_attr"])
            self._add(log, ours=True)
        except (LookupError, TypeError, ValueError, AttributeError, AssertionError):
            return False
        return True

    def take_missing_attributes(self) -> None:
        """What reopening needs and was lost, from the study's space file."""
        self._make_study()
        (study,) = self._result.get_all_studies()
        for key, value in study_attributes(self._spec):
            if key not in study.user_attrs:
                if key == "num_trials":
                    value = max(int(str(value)), len(self.trials))
                log = {"op_code": JournalOperation.SET_STUDY_USER_ATTR, "worker_id": _WORKER}
                self._add({**log, "study_id": 0, "user_attr": {key: value}}, ours=False)

    def _make_study(self) -> None:
        if not self._result.get_all_studies():
            direction = StudyDirection[self._spec.search.goal.name]
            log = {"op_code": JournalOperation.CREATE_STUDY, "worker_id": _WORKER}
            self._add({**log, "study_name": self._name, "directions": [direction]}, ours=False)

    def _make_trials(self, count: int) -> None:
        """Make trials up to a number of them, whose own records are missing."""
        if count - len(self.trials) > len(self.gone):
            raise ValueError("more trials than records are missing")
        while len(self.trials) < count:
            number = len(self.trials)
            self.placeholders.add(number)
            self._add(_placeholder(self._spec, number), ours=False)

    def _add(self, log: dict[str, Any], *, ours: bool) -> None:
        self._result.apply_logs([log])
        self.logs.append((log, ours))
        if log["op_code"] == JournalOperation.CREATE_TRIAL:
            self._open.add(log["trial_id"])


def _placeholder(spec: StudySpec, number: int) -> dict[str, Any]:
    """The record of a trial that waits; the first ones have the parameters of the space file."""
    first = spec.first_trials[number] if number < len(spec.first_trials) else None
    return {
        "op_code": JournalOperation.CREATE_TRIAL,
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
    log = {"op_code": JournalOperation.SET_TRIAL_STATE_VALUES, "worker_id": _WORKER}
    return {**log, "trial_id": number, "state": TrialState.WAITING, "values": None}


def _has_params(spec: StudySpec, trial: FrozenTrial) -> bool:
    """Whether each parameter that is active is there."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Optuna's word on a value outside of its range
        try:
            return bool(suggest(spec, optuna.trial.FixedTrial(trial.params)) == trial.params)
        except (ValueError, UserWarning):
            return False


def _is_complete(trial: FrozenTrial) -> bool:
    """Whether nothing of an ended trial can be missing."""
    noted = trial.user_attrs
    if not trial.state.is_finished() or not noted.keys() >= END_ATTRIBUTES:
        return False
    curve = set(trial.intermediate_values) - {noted.get("penalty_epoch")}
    every = set(range(1, int(noted["epoch"]) + 1))
    return curve == every and bool(noted["ended_as"] == shown_state(trial))


def _stays(log: dict[str, Any]) -> bool:
    """Whether a record stays of a trial that is trained again."""
    match log["op_code"]:
        case JournalOperation.CREATE_TRIAL | JournalOperation.SET_TRIAL_PARAM:
            return True
        case JournalOperation.SET_TRIAL_USER_ATTR:
            return _KEPT_ATTRIBUTES.issuperset(log["user_attr"])
    return False
