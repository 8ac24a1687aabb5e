"""A trial as the ledger knows it, hands it out, and reads it from the Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from rnnsearch.events import EndState, TrialEnded, TrialState
from rnnsearch.goal import Goal, Standing, standing
from rnnsearch.search.ran_on import Stays, stays_from
from rnnsearch.search.stuck import Stuck
from rnnsearch.space.goals import AT_END
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.streams import derive
from rnnsearch.training.changes import CHANGES

BEST_LOSS = "best_loss"
"""Attribute of an ended trial: the task's own loss at its best epoch."""

STOPPED = "stopped"
"""Attribute of a trial that the stopping rule ended: the numbers behind its reason, by name."""

REFUSED = "refused"
"""Attribute of a proposal that is not trained: the constraints that it breaks, and its violations
of them, by their texts."""

VIOLATIONS = "violations"
"""Attribute of an ended trial: how far it is beyond the constraints that it breaks, by their
texts, as `Constraint.violation` says it."""

TRAIN_LOSSES = "train_losses"
"""Attribute of an ended trial: the training loss by epoch, as far as its last driver saw it."""

SEED = "seed"
"""Attribute of a trial that was copied from another study: the seed that it was trained with."""

COPIED_FROM = "copied_from"
"""Attribute of a trial that was copied: the study and its number there, such as `sine:7`."""

COPY = "copy"
"""Attribute of a trial that goes on as a copy of another trial of its study: `parent`, `epoch`,
`replaces` and `changes`; see `TrialRecord`."""

_AT_END = ("reason", "epoch", "best_value", "best_epoch", "seconds", "attributes")

END_ATTRIBUTES = frozenset(("ended_as", *_AT_END))
"""User attributes that every ended trial of the Optuna study has."""

_STATES: Mapping[OptunaState, TrialState] = {
    OptunaState.RUNNING: "running",
    OptunaState.WAITING: "waiting",
    OptunaState.COMPLETE: "complete",
    OptunaState.PRUNED: "pruned",
    OptunaState.FAIL: "failed",
}


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """All that the ledger knows about a trial at one moment; a change makes a new record.

    `rnnsearch show STUDY NUMBER --format json` prints the fields.

    Attributes:
        number: The trial's number in the study, from 0.
        name: Such as `trial-0004-lstm`; empty until the parameters are sampled.
        state: Its state as people see it. A `running` trial is aboard a pack; in a ledger that
            was not closed it may also be one that was sampled ahead of need.
        params: The sampled parameters, under dotted keys such as `model.hidden_size`.
        values_by_epoch: The study's metric after each epoch at which it was finite.
        value: The metric at the last of these epochs; None before the first.
        best_value: The best value of the metric by the study's goal; None before the first.
        best_epoch: The epoch of `best_value`.
        epoch: How many epochs are finished.
        reason: Why the trial ended; empty until then.
        seed: The seed from which all its randomness derives.
        attempts: How many times it went aboard a pack.
        crashes: How many times a pack crashed with the trial aboard.
        stuck: How many of these came in a row without a new epoch between them; see `Stuck`.
        stuck_epoch: The epochs that were on record at the last of them.
        measured: The metrics that the study's constraints bound, and those that are its goals, at
            the best epoch.
        goals_by_epoch: The values in the goals beside the study's metric at its rungs.
        ran_on: What it was trained on, one after the other, where the study's packs ask for GPUs;
            else empty.
        snapshot: Name of the snapshot file that holds its training state; None where there is
            none, so that it starts from its seed.
        seconds: Seconds of training; None before its end.
        started: Unix time at which the trial was asked of the sampler.
        ended: Unix time of its end; None before.
        attributes: What else was noted at its end.
        copied_from: The study and number of the trial that it was copied from, such as `sine:7`;
            empty of one that was trained in this study.
        parent: The trial of this study as whose copy it went on; None of any other trial. Its
            params hold `training.changes`, and its curve begins with the parent's.
        parent_epoch: After how many epochs it was copied; 0 of any other trial.
        replaces: The trial whose place the copy took.
    """

    number: int
    name: str = ""
    state: TrialState = "waiting"
    params: Mapping[str, Any] = field(default_factory=dict)
    values_by_epoch: Mapping[int, float] = field(default_factory=dict)
    value: float | None = None
    best_value: float | None = None
    best_epoch: int | None = None
    epoch: int = 0
    reason: str = ""
    seed: int = field(kw_only=True)
    attempts: int = 0
    crashes: int = 0
    stuck: int = 0
    stuck_epoch: int = 0
    measured: Mapping[str, float] = field(default_factory=dict)
    goals_by_epoch: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    ran_on: Stays = ()
    snapshot: str | None = None
    seconds: float | None = None
    started: float | None = None
    ended: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    copied_from: str = ""
    parent: int | None = None
    parent_epoch: int = 0
    replaces: int | None = None

    def standing(self, goal: Goal) -> Standing:
        """The trial's place among the trials by its best epoch; the lower of two is better."""
        return standing(goal, self.best_value, self.best_loss)

    @property
    def own_best(self) -> bool:
        """Whether the best epoch is the trial's own. A copy may come to none that is better than
        the best one of its parent, whose weights it then has."""
        return self.parent is None or (self.best_epoch or 0) > self.parent_epoch

    @property
    def alone(self) -> bool:
        """Whether the trial gets a pack of its own, since it may be what kills its packs."""
        return Stuck(self.stuck, self.stuck_epoch).suspect

    @property
    def refused(self) -> Mapping[str, float]:
        """The constraints that a proposal breaks, so that it is not trained, with its violations;
        empty of a trial."""
        return self.attributes.get(REFUSED) or {}

    @property
    def violations(self) -> Mapping[str, float]:
        """The constraints that an ended trial breaks, and by how much; empty where it keeps all."""
        return self.attributes.get(VIOLATIONS) or {}

    @property
    def violation(self) -> float:
        """How far an ended trial is beyond all constraints that it breaks; 0 where it keeps all."""
        return sum(self.violations.values())

    @property
    def goals(self) -> Mapping[str, float]:
        """The values of an ended trial in the goals beside the study's metric, by name."""
        return self.attributes.get(AT_END) or {}

    @property
    def losses_by_epoch(self) -> dict[int, float]:
        """The training loss by epoch; empty before the trial's end, and in older studies."""
        losses = self.attributes.get(TRAIN_LOSSES) or {}
        return {int(epoch): loss for epoch, loss in losses.items()}

    @property
    def best_loss(self) -> float | None:
        """The task's own loss at `best_epoch`; None before the end, and in older studies."""
        loss: float | None = self.attributes.get(BEST_LOSS)
        return loss

    def with_reports(self, values: Mapping[int, float], goal: Goal) -> TrialRecord:
        """The record after reports of more epochs; the earliest of equally good epochs is best."""
        if not values:
            return self
        curve = {**self.values_by_epoch, **values}
        best = min(curve, key=lambda epoch: (goal.cost(curve[epoch]), epoch))
        return replace(
            self,
            values_by_epoch=curve,
            value=curve[max(curve)],
            best_value=curve[best],
            best_epoch=best,
            epoch=max(self.epoch, *curve),
        )

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers behind `reason`, and the values in the other goals, as `TrialEnded` has them;
        empty in older studies."""
        noted = self.attributes
        stopped = {f"stopped_{name}": value for name, value in (noted.get(STOPPED) or {}).items()}
        names = ("diverged_epoch", "diverged_step")
        diverged = {name: float(noted[name]) for name in names if name in noted}
        if "gradient_norm" in noted:
            diverged["diverged_gradient_norm"] = float(noted["gradient_norm"])
        goals = {f"goal_{name}": value for name, value in self.goals.items()}
        return {**{name: float(value) for name, value in stopped.items()}, **diverged, **goals}

    def end_attributes(self, state: EndState) -> dict[str, Any]:
        """The user attributes that Optuna's trial keeps of its end; see `END_ATTRIBUTES`."""
        return {"ended_as": state, **{name: getattr(self, name) for name in _AT_END}}

    def ended_event(self, time: float, kernel: str = "") -> TrialEnded:
        """What listeners hear of the trial's end.

        Args:
            time: Unix time of the event.
            kernel: What computed the trial, in words; empty where it is not known.
        """
        return TrialEnded(
            time=time,
            number=self.number,
            state=self.state,
            reason=self.reason,
            epoch=self.epoch,
            value=self.value,
            best_value=self.best_value,
            best_epoch=self.best_epoch,
            training_seconds=self.seconds or 0.0,
            kernel=kernel,
            best_loss=self.best_loss,
            numbers=self.numbers,
            violations=dict(self.violations),
        )


def new_record(spec: StudySpec, number: int) -> TrialRecord:
    """A trial without parameters, with the seed that follows from the study's."""
    return TrialRecord(number, seed=derive(spec.search.seed, "trial", number))


def read_record(spec: StudySpec, frozen: FrozenTrial) -> TrialRecord:
    """A trial as the Optuna study has it.

    A value at `penalty_epoch` is left out: it was put there for samplers, and is not the trial's.
    """
    attributes = frozen.user_attrs
    reports = {
        epoch: value
        for epoch, value in sorted(frozen.intermediate_values.items())
        if epoch != attributes.get("penalty_epoch")
    }
    record = replace(
        new_record(spec, frozen.number).with_reports(reports, spec.search.goal),
        name=trial_name(frozen.number, frozen.params, spec.values),
        state=shown_state(frozen),
        params=dict(frozen.params),
        attempts=int(attributes.get("attempts", 0)),
        crashes=int(attributes.get("crashes", 0)),
        # Ledgers of before have the number of all crashes alone.
        stuck=int(attributes.get("stuck", attributes.get("crashes", 0))),
        stuck_epoch=int(attributes.get("stuck_epoch", 0)),
        measured=attributes.get("measured", {}),
        goals_by_epoch={
            int(epoch): values for epoch, values in attributes.get("goals_by_epoch", {}).items()
        },
        ran_on=stays_from(attributes.get("ran_on", ())),
        snapshot=attributes.get("snapshot"),
        copied_from=str(attributes.get(COPIED_FROM, "")),
        started=unix_time(frozen.datetime_start),
        ended=unix_time(frozen.datetime_complete),
    )
    if SEED in attributes:
        record = replace(record, seed=int(attributes[SEED]))
    if (copy := attributes.get(COPY)) is not None:
        record = replace(
            record,
            params={**record.params, CHANGES: dict(copy["changes"])},
            parent=int(copy["parent"]),
            parent_epoch=int(copy["epoch"]),
            replaces=int(copy["replaces"]),
        )
    if not frozen.state.is_finished():
        return record
    record = replace(record, **{name: attributes[name] for name in _AT_END if name in attributes})
    return replace(record, reason=str(record.reason), epoch=int(record.epoch))


def shown_state(frozen: FrozenTrial) -> TrialState:
    """A trial's state as people see it; a diverged trial is a pruned one to Optuna."""
    if frozen.state == OptunaState.PRUNED and frozen.user_attrs.get("diverged", False):
        return "diverged"
    return _STATES[frozen.state]


def unix_time(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def trial_name(number: int, params: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """A trial's name for people, such as `trial-0004-lstm`.

    Args:
        params: The trial's sampled parameters, which may hold the cell.
        values: The fixed values of the study's space. Of a custom cell or network,
            `module:Class`, the name has the class.
    """
    kind = values.get("model.type") or params.get("model.cell", values.get("model.cell", ""))
    cell = str(kind).rpartition(":")[2]
    return f"trial-{number:04d}-{cell}" if cell else f"trial-{number:04d}"
