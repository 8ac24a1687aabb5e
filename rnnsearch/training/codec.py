"""A trial's config as JSON values and back, exactly."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.config import CustomCell, is_custom
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.custom.find import is_custom_task
from rnnsearch.tasks.families import BUILT_IN, family, family_of, is_task
from rnnsearch.training.config import TrialConfig
from rnnsearch.vocabulary import Key, keys


def config_to_json(config: TrialConfig) -> dict[str, Any]:
    """Dicts, lists, strings, numbers, booleans and None, under the fields' names."""
    plain = _listed(asdict(config))
    assert isinstance(plain, dict)
    plain["task"] = {"type": family_of(config.task).name} | plain["task"]
    return plain


def config_from_json(values: dict[str, Any]) -> TrialConfig:
    """Read what `config_to_json` wrote; a field that is missing takes its default.

    Imports the classes that `own_code` names, which runs the code of their modules.

    Raises:
        ModelError: A key is unknown, a value has the wrong type, or a field without a default is
            missing: the config comes from another version, or was edited.
    """
    config = from_json(TrialConfig, values, "config")
    assert isinstance(config, TrialConfig)
    return config


def from_json(kind: Any, value: Any, place: str) -> Any:
    """A JSON value as the annotated type `kind`: plain types, dataclasses, tuples, dicts by name.

    Args:
        place: Names the value in errors.

    Raises:
        ModelError: The value is not of that type; or as for `config_from_json`.
    """
    return _read(kind, value, place)


def own_code(values: Any) -> list[str]:
    """What of a config is a user's own class, in words; nothing is imported to tell.

    Args:
        values: As for `config_from_json`, whatever they are.
    """
    found = []
    for section, key, noun in (("task", "type", "task"), ("model", "cell", "cell")):
        inner = values.get(section) if isinstance(values, dict) else None
        name = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(name, str) and (":" in name or (noun == "task" and is_custom_task(name))):
            found.append(f"the {noun} {name}")
    return found


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(inner) for inner in value]
    return value


def _read(kind: Any, value: Any, place: str) -> Any:
    """A value as the annotated type `kind`."""
    if kind == TaskConfig:
        return _read_task(value, place)
    origin = get_origin(kind)
    if origin is Union or origin is UnionType:
        inner = [member for member in get_args(kind) if member is not NoneType]
        if value is None and len(inner) < len(get_args(kind)):
            return None
        own = CustomCell in inner and isinstance(value, str) and is_custom(value)
        return _read(str if own else inner[0], value, place)
    if origin is Literal:
        if value not in get_args(kind):
            raise _wrong(place, f"{value!r} is none of {', '.join(map(str, get_args(kind)))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(place, f"{value!r} is not a list")
        return tuple(
            _read(get_args(kind)[0], inner, f"{place}[{at}]") for at, inner in enumerate(value)
        )
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong(place, f"{value!r} is not a mapping")
        inner_kind = get_args(kind)[1]
        return {key: _read(inner_kind, inner, f"{place}.{key}") for key, inner in value.items()}
    if is_dataclass(kind):
        return _read_fields(kind, value, place)
    return _read_plain(kind, value, place)


def _read_task(value: Any, place: str) -> Any:
    cls = _task_config(value, place)
    if not any(field.name == "type" for field in fields(cls)):  # a user's own
        value = {key: inner for key, inner in value.items() if key != "type"}
    return _read(cls, value, place)


def _task_config(value: Any, place: str) -> type[TaskConfig]:
    name = value.get("type") if isinstance(value, dict) else None
    if not is_task(name):
        raise _wrong(place, f"{name!r} is no task; tasks are {', '.join(BUILT_IN)}")
    try:
        return family(name).config
    except DataError as error:
        raise ModelError(f"{place}: {error}") from error


def _read_fields(kind: Any, values: Any, place: str) -> Any:
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
    said = keys(kind)
    return kind(
        **{
            name: _read(_kind(said[name], value, f"{place}.{name}"), value, f"{place}.{name}")
            for name, value in values.items()
        }
    )


def _kind(says: Key, value: Any, place: str) -> Any:
    """The type of a field; of one that holds one of several configs, the one that `type` names."""
    if says.configs is None:
        return says.type
    configs = says.configs()
    name = value.get("type") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in configs:
        raise _wrong(f"{place}.type", f"{name!r} is none of {', '.join(configs)}")
    return configs[name]


def _read_plain(kind: Any, value: Any, place: str) -> Any:
    wanted = (int, float) if kind is float else (kind,)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(place, f"{value!r} is not of type {kind.__name__}")
    return value


def _wrong(place: str, message: str) -> ModelError:
    return ModelError(
        f"{place}: {message}. The config was written by another version of rnnsearch, or edited."
    )
