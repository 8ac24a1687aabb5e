"""The `TrialConfig` of proposed params; they are validated here, and nowhere later."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from rnnsearch.custom_code import calling
from rnnsearch.errors import DataError, InputError
from rnnsearch.models.config import AnyModel, ModelConfig, is_custom
from rnnsearch.models.network_config import network_config
from rnnsearch.space.conditions import assigned
from rnnsearch.space.distributions import Distribution
from rnnsearch.space.fields import FREE, fields_of
from rnnsearch.space.nearest import nearest
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family
from rnnsearch.training.changes import CHANGES
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.vocabulary import REQUIRED, Arguments, ArgumentValues, keys

T = TypeVar("T")


def trial_config(spec: StudySpec, params: Mapping[str, Any], seed: int) -> TrialConfig:
    """Make the configuration that a trial's params stand for.

    An inactive parameter, or one that `params` leaves out, takes its documented default. The params
    of a copy of another trial hold its `training.changes` too, as a mapping.

    Args:
        spec: The study.
        params: Values under dotted keys as Optuna stores them, which means lists as their labels.
        seed: Random seed of the initial weights, the data order and the dropout masks.

    Raises:
        InputError: A param is unknown, inactive, or outside its distribution.
    """
    return config_from_values(complete_values(spec, params), seed)


def complete_values(spec: StudySpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all fields of task, model and training in a trial, under their dotted keys.

    Raises:
        InputError: A param is unknown, inactive, or outside its distribution.
    """
    params, changes = dict(params), params.get(CHANGES)
    params.pop(CHANGES, None)
    for key in params:
        if key not in spec.parameters:
            near = nearest(key, spec.parameters)
            raise InputError(
                f"{key} is no parameter of the study {spec.name}"
                + (f". Did you mean {near}?" if near else ".")
            )
    fields = fields_of(spec.values, spec.parameters)
    defaults = {key: fields[key].default for key in spec.parameters}

    def value_of(key: str, distribution: Distribution) -> Any:
        return stored_value(key, distribution, params[key]) if key in params else defaults[key]

    known = assigned(spec, value_of)
    for key in params:
        if key not in known:
            raise InputError(
                f"{key} is inactive in these params: it is sampled only where "
                f"{spec.parameters[key].requirement()}."
            )
    whole = defaults | known
    if changes is not None:
        whole[CHANGES] = tuple(changes.items())
    return {key: value for key, value in whole.items() if value is not REQUIRED}


def first_task(spec: StudySpec) -> TaskConfig:
    """The task of the first trial that the file names, or else of one that the space can draw.

    A sampled field has its default where its distribution holds that, and else a first member or
    lower end: a default that is never drawn may go with nothing else in the file.
    """
    given, fields = spec.first_params(), fields_of(spec.values, spec.parameters)
    defaults = {key: fields[key].default for key in spec.parameters}

    def value_of(key: str, distribution: Distribution) -> Any:
        if key in given:
            return stored_value(key, distribution, given[key])
        default = defaults[key]
        return default if distribution.contains(default) else distribution.extremes[0]

    return task_config(defaults | assigned(spec, value_of))


def stored_value(key: str, distribution: Distribution, stored: Any) -> Any:
    """Turn a param as Optuna stores it into the field's own value: a label into its list.

    Raises:
        InputError: The distribution cannot draw it.
    """
    value = distribution.restored(stored)
    if not distribution.contains(value):
        raise InputError(
            f"{key} cannot be {stored!r} in this study: it is drawn from {distribution}."
        )
    return value


def config_from_values(values: Mapping[str, Any], seed: int) -> TrialConfig:
    """Make a trial's config of complete, valid values under dotted keys."""
    return TrialConfig(
        task=task_config(values),
        model=model_config(values),
        training=build(TrainingConfig, "training", values),
        seed=seed,
        params=tuple(
            (key.removeprefix(FREE), value) for key, value in values.items() if key.startswith(FREE)
        ),
    )


def model_config(values: Mapping[str, Any]) -> AnyModel:
    """Make the model's config of complete, valid values under dotted keys."""
    name = values.get("model.type")
    if name is None:
        return build(ModelConfig, "model", values)
    return build(network_config(name), "model", values)


def task_config(values: Mapping[str, Any]) -> TaskConfig:
    """Make the task's config of complete, valid values under dotted keys.

    Raises:
        DataError: The class of a custom task does not take them.
    """
    name = values["task.type"]
    config: type[TaskConfig] = family(name).config
    if not family(name).custom:
        return build(config, "task", values)
    fields = [f"{key[5:]}={value!r}" for key, value in values.items() if key.startswith("task.")]
    with calling(f"{name}({', '.join(fields[1:])})", DataError):
        return build(config, "task", values)


def build(cls: type[T], prefix: str, values: Mapping[str, Any]) -> T:
    """Make a config dataclass of values under dotted keys; absent ones have their defaults."""
    arguments: dict[str, Any] = {}
    for name, says in keys(cast("Any", cls)).items():
        key, inner = f"{prefix}.{name}", says.type
        if says.arguments is not None:
            arguments[name] = _arguments(key, values, says.arguments)
            continue
        if says.configs is not None:
            inner = says.configs().get(values.get(f"{key}.type", ""))
        if dataclasses.is_dataclass(inner):
            arguments[name] = build(cast("type[Any]", inner), key, values)
        elif key in values and values[key] is not REQUIRED:
            arguments[name] = values[key]
    return cls(**arguments)


def _arguments(key: str, values: Mapping[str, Any], says: Arguments) -> ArgumentValues:
    """The arguments of the class that a trial's field names, of none where that is no custom one.

    Args:
        key: Dotted key of the section of arguments.
    """
    path = values.get(f"{key.rpartition('.')[0]}.{says.field}")
    if not (isinstance(path, str) and is_custom(path)):
        return ()
    given = {name: values.get(f"{key}.{name}", REQUIRED) for name in keys(says.config(path))}
    return tuple((name, value) for name, value in given.items() if value is not REQUIRED)
