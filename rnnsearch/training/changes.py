"""Settings that change as a training goes on: what `training.changes` says.

`learning_rate@5: 0.004` sets the learning rate to 0.004 once five epochs are finished. What may
change leaves the shapes of all tensors as they are: the training goes on with the weights and the
optimizer's moments that it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rnnsearch.models.config import ModelConfig, NetworkConfig, is_custom
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.vocabulary import NamedNumbers, keys

CHANGES = "training.changes"
"""The key of the changes in a space file."""

CHANGEABLE = {
    "learning_rate": "training",
    "weight_decay": "training",
    "beta1": "training",
    "beta2": "training",
    "momentum": "training",
    "alpha": "training",
    "clip_norm": "training",
    "clip_value": "training",
    "input_noise": "training",
    "dropout": "model",
    "head_dropout": "model",
}
"""The fields that may change, each with its section."""

ON_THROUGHOUT = ("momentum", "clip_value", "head_dropout")
"""Fields that decide what is computed in each training step: on from the beginning, or never."""

TAKEN_BY_CUSTOM = ("learning_rate", "clip_norm", "clip_value", "input_noise")
"""The fields of training that may change under an optimizer that a person brought: others went to
its constructor."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a field has from an epoch on.

    Attributes:
        name: Of the field, such as `learning_rate`.
        epoch: After how many finished epochs it takes effect.
    """

    name: str
    epoch: int
    value: float

    @property
    def key(self) -> str:
        """The field's dotted key."""
        return f"{CHANGEABLE[self.name]}.{self.name}"


def changes_of(given: NamedNumbers | None) -> Iterator[Change]:
    """The changes of a training by their epochs.

    Raises:
        ValueError: A name is not of the form `FIELD@EPOCH`; the message says what is allowed.
    """
    read = []
    for text, value in given or ():
        name, at, epoch = text.partition("@")
        if not at or not epoch.isdecimal() or int(epoch) < 1:
            raise ValueError(
                f"{text!r} does not say what changes when: write FIELD@EPOCH, such as "
                "`learning_rate@5` for the learning rate once 5 epochs are finished"
            )
        if name not in CHANGEABLE:
            raise ValueError(
                f"{name} cannot change within a training; what can is {', '.join(CHANGEABLE)}"
            )
        read.append(Change(name, int(epoch), value))
    yield from sorted(read, key=lambda one: (one.epoch, one.name))


def current(config: TrialConfig, epoch: int) -> TrialConfig:
    """A trial's config with the values that it has once so many epochs are finished."""
    if config.training.changes is None:
        return config
    due = [one for one in changes_of(config.training.changes) if one.epoch <= epoch]
    values: dict[str, dict[str, Any]] = {"training": {}, "model": {}}
    for one in due:
        values[CHANGEABLE[one.name]][one.name] = one.value
    return replace(
        config,
        training=replace(config.training, **values["training"]),
        model=replace(config.model, **values["model"]),
    )


def changes_at(config: TrialConfig, epoch: int) -> bool:
    """Whether anything changes as soon as so many epochs are finished."""
    return any(one.epoch == epoch for one in changes_of(config.training.changes))


def goes_on_as(one: TrialConfig, other: TrialConfig, epoch: int, step: int) -> bool:
    """Whether a training of one config can go on as one of another, since both are alike so far.

    Args:
        epoch: How many epochs are finished, and `step` training steps of the next one.
    """
    return _until(one, epoch + bool(step)) == _until(other, epoch + bool(step))


def _until(config: TrialConfig, epoch: int) -> TrialConfig:
    """The config without the changes that take effect after so many epochs or more."""
    kept = tuple(
        (f"{one.name}@{one.epoch}", one.value)
        for one in changes_of(config.training.changes)
        if one.epoch < epoch
    )
    return replace(config, training=replace(config.training, changes=kept or None))


def changes_problem(training: TrainingConfig, model: ModelConfig | NetworkConfig) -> str | None:
    """What is wrong with the changes of a training, with no full stop; None where nothing is."""
    try:
        changes = list(changes_of(training.changes))
    except ValueError as error:
        return str(error)
    problems = (_problem(one, training, model) for one in changes)
    return next((problem for problem in problems if problem is not None), None)


def _problem(
    change: Change, training: TrainingConfig, model: ModelConfig | NetworkConfig
) -> str | None:
    name, text = change.name, f"{change.name}@{change.epoch}"
    config: Any = training if CHANGEABLE[name] == "training" else model
    if not hasattr(config, name) or isinstance(config, NetworkConfig):
        return f"{text}: a network of your own has no {name} that could change"
    cls: Any = type(config)
    says = keys(cls)[name]
    if (wrong := says.problem(float(change.value))) is not None:
        return f"{text} {wrong}, not {change.value:g}"
    if change.epoch >= training.max_epochs:
        return f"{text} never takes effect: the training ends at epoch {training.max_epochs}"
    if says.needs is not None and getattr(config, says.needs.field) not in says.needs.values:
        allowed = " or ".join(map(str, says.needs.values))
        return f"{text} does nothing unless {says.needs.field} is {allowed}"
    if is_custom(training.optimizer) and config is training and name not in TAKEN_BY_CUSTOM:
        return (
            f"{text}: an optimizer of your own is made once, with its {name}; what can change is "
            + ", ".join(TAKEN_BY_CUSTOM)
        )
    if name in ON_THROUGHOUT and not (getattr(config, name) and change.value):
        return (
            f"{text}: {name} decides what each training step computes, so it has to be above 0 "
            "from the first epoch to the last, or off throughout"
        )
    return None
