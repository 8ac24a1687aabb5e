"""What is known of a trial before it is trained, and whether it keeps the study's constraints."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from rnnsearch.errors import InputError
from rnnsearch.models.weights import parameter_count
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.constraints import (
    BEFORE,
    GRAMMAR,
    LATENCY,
    MEMORY,
    PARAMETERS,
    SECONDS,
    Constraint,
    constraint,
    constraints_of,
)
from rnnsearch.space.corners import MAX_CORNERS, corners
from rnnsearch.space.fields import NETWORK, applies
from rnnsearch.space.footprint import TRAINING, trial_bytes
from rnnsearch.space.nearest import nearest
from rnnsearch.space.networks import MOST_MADE
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import model_config, trial_config
from rnnsearch.tasks.base import TaskData
from rnnsearch.training.config import TrialConfig

CONSTRAINTS = "search.constraints"

EXACT = (PARAMETERS, MEMORY)
"""What is computed, and not measured: a bound that nothing keeps is refused by these alone."""


class Broken(NamedTuple):
    """A constraint that a configuration breaks."""

    constraint: Constraint
    value: float

    @property
    def words(self) -> str:
        return self.constraint.broken_by(self.value)


def broken_before(
    spec: StudySpec, params: Mapping[str, Any], seed: int, data: Mapping[Any, TaskData]
) -> list[Broken]:
    """The constraints that a trial breaks, of those that are known before it is trained.

    Args:
        data: The data of a task by its config.
    """
    bounds = [one for one in constraints_of(spec.search.constraints) if one.name in BEFORE]
    if not bounds:
        return []
    try:
        config = trial_config(spec, params, seed)
    except InputError:  # such a trial fails as it goes aboard, with this reason
        return []
    of_trial = measured(config, data[config.task], {one.name for one in bounds})
    return [
        Broken(one, of_trial[one.name]) for one in bounds if one.violation(of_trial[one.name]) > 0
    ]


def measured(
    config: TrialConfig, data: TaskData, names: Collection[str] = BEFORE
) -> dict[str, float]:
    """Some of what `BEFORE` names, of one configuration.

    `latency` is that of `training.step_time` on this machine, so it loads torch and takes some
    milliseconds, once for each network.
    """
    training = config.training
    of_training = {"batch_size": training.batch_size, "seq_len": training.seq_len}
    return _measured(config.model, data, {**of_training, "dtype": training.dtype}, names)


def _measured(
    model: Any, data: TaskData, training: Mapping[str, Any], names: Collection[str]
) -> dict[str, float]:
    sizes = data.input_size, data.output_size, data.symbolic
    values: dict[str, float] = {}
    if PARAMETERS in names:
        count = parameter_count(
            model, input_size=data.input_size, output_size=data.output_size, symbolic=data.symbolic
        )
        values[PARAMETERS] = float(count)
    if MEMORY in names:
        values[MEMORY] = trial_bytes(model, data, training) / 1e6
    if LATENCY in names:
        from rnnsearch.training.step_time import step_milliseconds

        values[LATENCY] = step_milliseconds(model, *sizes, training["dtype"])
    return values


def check_constraints(study: Candidate, metrics: list[str] | None) -> None:
    """Note constraints that say nothing, or of what no trial has, or that no trial can keep.

    Args:
        metrics: What the task reports; None where that is not known.
    """
    texts = study.values.get(CONSTRAINTS) or ()
    if not study.sound(CONSTRAINTS):
        return
    models = applies(study.file.task_type, "model.cell")
    known = [*(BEFORE if models else ()), *(metrics or ()), SECONDS]
    bounds = []
    for text in texts:
        bound = constraint(text)
        if bound is None:
            study.note([CONSTRAINTS], f"must be {GRAMMAR}, not {text!r}.")
        elif bound.name not in known and (bound.name in BEFORE or metrics is not None):
            why = "a script's models are its own; " if bound.name in BEFORE else ""
            study.note(
                [CONSTRAINTS],
                f"{text!r}: {why}there is no {bound.name!r} to bound; there is {', '.join(known)}.",
                nearest(bound.name, known),
            )
        else:
            bounds.append(bound)
    for bound in bounds:
        if bound.name in EXACT:
            _check_reachable(study, bound)


def _check_reachable(study: Candidate, bound: Constraint) -> None:
    """Note a bound that not even the smallest, or the largest, configuration keeps."""
    keys = list(dict.fromkeys([*_model_keys(study), *TRAINING]))
    if not study.data or not all(map(study.sound, keys)):
        return
    values = [
        value for data in study.data.values() for value in _extremes(study, keys, data, bound)
    ]
    if not values or any(bound.violation(value) <= 0 for value in values):
        return
    nearest_value = min(values, key=bound.violation)
    which = "smallest" if bound.most else "largest"
    near = f"{bound.name} {'<=' if bound.most else '>='} {nearest_value:.10g}"
    study.note(
        [CONSTRAINTS],
        f"{str(bound)!r}: no trial keeps it: the {which} has {bound.broken_by(nearest_value)}. "
        "Change the bound, or widen the space.",
        near,
    )


def _extremes(
    study: Candidate, keys: list[str], data: TaskData, bound: Constraint
) -> Iterator[float]:
    """What is bounded, of the configurations at the extremes of the space."""
    most = MOST_MADE if NETWORK in study.values else MAX_CORNERS
    for values in islice(corners(study, keys), most):
        training = {key.partition(".")[2]: values[key] for key in TRAINING}
        yield _measured(model_config(values), data, training, [bound.name])[bound.name]


def _model_keys(study: Candidate) -> list[str]:
    return [key for key in study.file.fields if key.startswith("model.")]
