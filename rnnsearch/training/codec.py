"""A trial's config, and other dataclasses of plain values, as JSON values and back, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Union, get_args

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.config import AnyModel, ModelConfig, is_custom
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.custom.find import is_custom_task
from rnnsearch.tasks.families import BUILT_IN, family, family_of, is_task
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.weights import History
from rnnsearch.vocabulary import CUSTOM, Key, keys

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def config_to_json(config: TrialConfig) -> dict[str, Any]:
    """Dicts, lists, strings, numbers, booleans and None, under the fields' names."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config)))  # lists instead of tuples
    if not config.params:
        del plain["params"]
    for section, name in (("training", "optimizer_args"), ("model", "cell_args")):
        if plain[section].get(name) == []:
            del plain[section][name]
    if config.training.changes is None:
        del plain["training"]["changes"]
    plain["task"] = {"type": family_of(config.task).name} | plain["task"]
    return plain


def config_from_json(values: dict[str, Any]) -> TrialConfig:
    """Read what `config_to_json` wrote; a field that is missing takes its default.

    Imports the classes that `custom_classes` names, which runs the code of their modules.

    Raises:
        ModelError: A key is unknown, a value has the wrong type, or a field without a default is
            missing: the config comes from another version, or was edited.
    """
    config = from_json(TrialConfig, values, "config")
    assert isinstance(config, TrialConfig)
    return config


_STORED_ANSWERS = "said"
"""Under which key checkpoint folders store what a network answered after each epoch."""


def history_to_json(history: History) -> dict[str, Any]:
    """The course of a training as the value of `history` in a checkpoint's `config.json`."""
    values = asdict(history)
    values[_STORED_ANSWERS] = values.pop("answers")
    return values


def history_from_json(values: Any) -> History:
    """Read what `history_to_json` wrote and JSON stored.

    Raises:
        ModelError: A key is unknown or missing, or a value has the wrong type.
    """
    if isinstance(values, dict) and _STORED_ANSWERS in values:
        values = {**values, "answers": values[_STORED_ANSWERS]}
        del values[_STORED_ANSWERS]
    history = from_json(History, values, "history")
    assert isinstance(history, History)
    return history


def from_json(kind: Any, value: Any, place: str) -> Any:
    """A JSON value as the annotated type `kind`: a dataclass of such types, or what pydantic reads.

    Args:
        place: Names the value in errors.

    Raises:
        ModelError: The value is not of that type; or as for `config_from_json`.
    """
    if kind == TaskConfig:
        return _read_task(value, place)
    if kind == AnyModel:
        return _read_model(value, place)
    if is_dataclass(kind):
        return _read_fields(kind, value, place)
    if not (isinstance(value, str) and is_custom(value)):
        kind = _without_custom(kind)
    from pydantic import ValidationError  # by those alone who read something

    try:
        # As JSON, since pydantic's strict mode takes a list for a tuple there alone.
        return _adapter(kind).validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        inner = "".join(f"[{part}]" for part in first["loc"])
        problem = first["msg"].replace("Input should be", "is not")
        raise _wrong(f"{place}{inner}", f"{first['input']!r} {problem}") from error


def _without_custom(kind: Any) -> Any:
    """A type without the paths of custom code among its alternatives, which take any text."""
    named = [part for part in get_args(kind) if part not in CUSTOM]
    return kind if len(named) == len(get_args(kind)) else Union[tuple(named)]  # noqa: UP007


_NAMED = (("task", "type", "task"), ("model", "cell", "cell"), ("model", "type", "network"))
"""Where a config names classes, and what they are: section, key and noun."""


def custom_classes(values: Any) -> list[str]:
    """The classes that a person brought and a config names, such as `the cell package:Class`.

    Nothing is imported to find them.

    Args:
        values: What `config_from_json` would read, or anything else.
    """
    return [f"the {noun} {path}" for noun, path in custom_paths(values)]


MEMBERS = "members"
"""The key of a checkpoint's `config.json` that only the folder of an ensemble has."""


def stored_configs(stored: Mapping[str, Any]) -> Iterator[Any]:
    """The configs in a checkpoint's `config.json`: the model's own, and those of its members."""
    yield stored["config"]
    members = stored.get(MEMBERS) or ()
    yield from (one.get("config") for one in members if isinstance(one, Mapping))


def custom_paths(values: Any) -> list[tuple[str, str]]:
    """What a person brought and a config names: what it is, such as `cell`, and its path, or the
    name of an entry point.

    Args:
        values: As of `custom_classes`.
    """
    paths = []
    for section, key, noun in _NAMED:
        inner = values.get(section) if isinstance(values, dict) else None
        name = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(name, str) and (":" in name or (noun == "task" and is_custom_task(name))):
            paths.append((noun, name))
    task = values.get("task") if isinstance(values, dict) else None
    metrics = task.get("metrics") if isinstance(task, dict) else None
    if isinstance(metrics, list):
        paths += [("metric", path) for path in metrics if ":" in path]
    return paths


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(kind, config=ConfigDict(strict=True))


def _read_task(value: Any, place: str) -> Any:
    """A task's config, as the class that the key `type` names."""
    name = value.get("type") if isinstance(value, dict) else None
    if not is_task(name):
        raise _wrong(place, f"{name!r} is no task; tasks are {', '.join(BUILT_IN)}")
    try:
        cls = family(name).config
    except DataError as error:
        raise ModelError(f"{place}: {error}") from error
    if not any(field.name == "type" for field in fields(cls)):  # a class that a person brought
        value = {key: inner for key, inner in value.items() if key != "type"}
    return _read_fields(cls, value, place)


def _read_model(value: Any, place: str) -> Any:
    """A model, of the class that the key `type` names where there is one."""
    if not (isinstance(value, dict) and "type" in value):
        return _read_fields(ModelConfig, value, place)
    if not (isinstance(value["type"], str) and is_custom(value["type"])):
        raise _wrong(f"{place}.type", f"{value['type']!r} is no package.module:Class")
    from rnnsearch.models.network_config import network_config

    try:
        cls = network_config(value["type"])
    except ModelError as error:
        module = value["type"].partition(":")[0]
        raise ModelError(
            f"{error} The model needs this class: call from the folder in which {module} lies, or "
            "put that folder on PYTHONPATH."
        ) from error
    return _read_fields(cls, value, place)


def _read_fields(kind: Any, values: Any, place: str) -> Any:
    """A dataclass from a mapping of some of its fields: no others, and all without a default."""
    if not isinstance(values, dict):
        raise _wrong(place, f"{values!r} is not a mapping")
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise _wrong(place, f"unknown key {', '.join(unknown)}")
    for name, field in known.items():
        required = field.default is MISSING and field.default_factory is MISSING
        if required and name not in values:
            raise _wrong(f"{place}.{name}", "is missing")
    described = keys(kind)
    return kind(
        **{
            name: from_json(
                _kind(described[name], value, f"{place}.{name}"), value, f"{place}.{name}"
            )
            for name, value in values.items()
        }
    )


def _kind(key: Key, value: Any, place: str) -> Any:
    """The type of a field; of one that holds one of several configs, the one that `type` names."""
    if key.configs is None:
        return key.type
    configs = key.configs()
    name = value.get("type") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in configs:
        raise _wrong(f"{place}.type", f"{name!r} is none of {', '.join(configs)}")
    return configs[name]


def _wrong(place: str, message: str) -> ModelError:
    return ModelError(
        f"{place}: {message}. The config was written by another version of rnnsearch, or edited."
    )
