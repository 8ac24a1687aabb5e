"""Every field that a space file may set, read off the config dataclasses.

All that is known of a field stands in its dataclass (see `rnnsearch.vocabulary`). Here the nested
dataclasses are flattened into fields under dotted keys, such as `task.rollout.steps`.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, cast

from rnnsearch.models.config import ModelConfig, is_custom
from rnnsearch.models.network_config import network_config
from rnnsearch.space.conditions import Parameter
from rnnsearch.space.field import SAMPLED_SECTIONS, Field, argument_fields, needed_by_classes
from rnnsearch.space.spec import ResourcesConfig, SearchConfig
from rnnsearch.tasks.families import family
from rnnsearch.training.config import TrainingConfig
from rnnsearch.vocabulary import PATH, REQUIRED, Arguments, Key, PlainValue, Range, keys

NETWORK = "model.type"
"""Names the class of a custom network; a study without it searches layers of cells, and has the
keys of `ModelConfig` under `model`."""

SECTIONS = {
    "name": "The study's name and that of its folder; by default the file's, without its ending.",
    "task": "What is learned: the data and how it is scored.",
    "model": "The network of a trial: its cell, sizes and layers.",
    "training": "How a trial is trained: optimizer, batches, epochs.",
    "params": "The free keys of a training script, which finds each as `config.KEY`.",
    "first_trials": "Configurations to train first: a list of dotted keys and their values.",
    "search": "The metric, the number of trials, the sampler and the stopping rule.",
    "resources": "How the machine or the cluster is used.",
}
"""The keys at the top of a space file, in the order of a resolved one, and what they are for."""

FREE = "params."
"""What precedes the names of free keys; any name may stand behind it."""

FREE_NUMBERS = Range(-1e15, 1e15)
"""Whole numbers far beyond it are no floats, and no sampler draws them."""


def summary(cls: type) -> str:
    """The first paragraph of a class's docstring as one line, for the schema and the reference."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())


def leaves(
    cls: type,
    prefix: str,
    whole: Any = REQUIRED,
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Field]:
    """The fields of a config dataclass, nested ones flattened, in order.

    Args:
        cls: The dataclass.
        prefix: Dotted key of what `cls` is the type of.
        whole: An instance of `cls`, whose attributes then are the fields' defaults; else each
            field has the default of its own.
        chosen: Which config a field with `OneOf` holds, by its dotted key; a field that is not
            named there holds that of its default. Of a field with `Arguments` the paths of the
            classes among which the study chooses, with spaces between them.
    """
    flattened: dict[str, Field] = {}
    for name, says in keys(cls).items():
        key, inner = f"{prefix}.{name}", cast("Any", says.type)
        default = says.default if whole is REQUIRED else getattr(whole, name)
        if says.arguments is not None:
            flattened |= argument_fields(key, says.arguments, chosen.get(key, "").split())
        elif (configs := says.configs) is not None:
            flattened |= _one_of(configs(), key, default, chosen)
        elif dataclasses.is_dataclass(inner):
            flattened |= leaves(inner, key, default, chosen)  # type: ignore[arg-type]
        else:
            flattened[key] = Field(key, says, default)
    return flattened


def _one_of(
    configs: Mapping[str, Any], key: str, default: Any, chosen: Mapping[str, str]
) -> dict[str, Field]:
    """The fields of the config that is chosen among several, and the `type` that chooses it."""
    name = chosen.get(key, default.type)
    whole = default if type(default) is configs[name] else REQUIRED
    meaning = " ".join(f"`{one}`: {summary(cls)}" for one, cls in configs.items())
    names = tuple(dict.fromkeys([*configs, name]))
    never = "other keys beside it hang on it"
    says = Key(Literal[names], default.type, meaning, never_sampled=never, configs=lambda: configs)
    chooser = {f"{key}.type": Field(f"{key}.type", says, default.type)}
    # The second one puts it in the place of the config's own field `type`, the first in front.
    return chooser | leaves(configs[name], key, whole) | chooser


def flat(prefix: str, config: Any) -> Iterator[tuple[str, Any]]:
    """The values of a config's fields, nested ones too, under their dotted keys."""
    for part in dataclasses.fields(config):
        value, key = getattr(config, part.name), f"{prefix}.{part.name}"
        if dataclasses.is_dataclass(value):
            yield from flat(key, value)
        else:
            yield key, value


def config_classes(task_type: str | None, network: str | None = None) -> dict[str, type]:
    """The config dataclass of each section; none for `task` where its type is unknown.

    Args:
        network: The `type` of `model`, where that is a custom network.
    """
    classes: dict[str, type] = {}
    if task_type is not None:
        classes["task"] = family(task_type).config
    return classes | {
        "model": ModelConfig if network is None else network_config(network),
        "training": TrainingConfig,
        "search": SearchConfig,
        "resources": ResourcesConfig,
    }


@cache
def all_fields(
    task_type: str | None, chosen: tuple[tuple[str, str], ...] = (), free: tuple[str, ...] = ()
) -> Mapping[str, Field]:
    """Every field of a study of that task, under its dotted key.

    Args:
        chosen: Pairs of a key with `OneOf` and the `type` of the config that it holds; and of
            `model` and the `type` of a custom network.
        free: The free keys of the file.
    """
    fields: dict[str, Field] = {}
    for section, cls in config_classes(task_type, dict(chosen).get("model")).items():
        if section == "task":
            says = Key(Literal[task_type], never_sampled="a study learns one task")
            fields["task.type"] = Field("task.type", says, task_type)
        inner = leaves(cls, section, chosen=dict(chosen))
        if NETWORK in inner:
            never = "the other keys of model hang on it"
            says = Key(Literal[inner[NETWORK].default], never_sampled=never)
            inner[NETWORK] = dataclasses.replace(inner[NETWORK], says=says)
        for name, arguments in arguments_in(cls).items():
            for path in dict(chosen).get(f"{section}.{name}", "").split():
                for given in (f"{section}.{one}" for one in arguments.filled(path).values()):
                    inner[given] = needed_by_classes(inner[given], (path,))
        fields |= {
            key: one for key, one in inner.items() if key not in fields and applies(task_type, key)
        }
        if section == "training":
            fields |= {key: free_field(key) for key in free}
    if "task.path" in fields and family(str(task_type)).custom:
        file = fields["task.path"].says  # a custom task need not mark it
        marked = dataclasses.replace(file, marks=file.marks | {PATH})
        fields["task.path"] = dataclasses.replace(fields["task.path"], says=marked)
    if task_type is not None:
        for key, default in family(task_type).defaults.items():
            fields[key] = dataclasses.replace(fields[key], default=default)
    return fields


def applies(task_type: str | None, key: str) -> bool:
    """Whether a key of `model` or `training` means anything to a task; other keys always do."""
    if task_type is None or not family(task_type).own_loop:
        return True
    return key == "training.max_epochs" or not key.startswith(("model.", "training."))


def free_field(key: str, kind: Any = PlainValue) -> Field:
    """The field of a free key; where it is not sampled in a trial, it is None there.

    Args:
        kind: The type of its values. Only where the file gives it one, that may be a list: in a
            condition and in a choice a list is one of several values.
    """
    return Field(key, Key(kind, None, range=FREE_NUMBERS), None)


@cache
def choices(task_type: str | None) -> Mapping[str, Mapping[str, type]]:
    """The keys of fields with `OneOf`, each with the configs that it may hold by their `type`."""
    return {
        key.removesuffix(".type"): one.says.configs()
        for key, one in all_fields(task_type).items()
        if one.says.configs is not None
    }


def arguments_in(cls: type) -> dict[str, Arguments]:
    """The fields of a config dataclass that hold arguments of custom classes."""
    return {name: says.arguments for name, says in keys(cls).items() if says.arguments is not None}


def fields_of(
    values: Mapping[str, Any], sampled: Mapping[str, Parameter] = MappingProxyType({})
) -> Mapping[str, Field]:
    """The fields of a study with these fixed values, `task.type` and other types among them.

    Args:
        sampled: Its sampled fields.
    """
    task_type: str | None = values.get("task.type")  # None where a file names no valid one
    types = {key: values.get(f"{key}.type") for key in ("model", *choices(task_type))}
    for section, cls in config_classes(None, types["model"]).items():
        for name, arguments in arguments_in(cls).items():
            naming = f"{section}.{arguments.field}"
            members: Sequence[Any] = (values.get(naming),)
            if naming in sampled:
                members = sampled[naming].distribution.values()
            types[f"{section}.{name}"] = " ".join(custom_among(members))
    chosen = tuple((key, name) for key, name in types.items() if name)
    free = tuple(key for key in dict.fromkeys([*values, *sampled]) if key.startswith(FREE))
    return all_fields(task_type, chosen, free)


def custom_among(members: Iterable[Any]) -> list[str]:
    """The custom classes among the values that a field can have."""
    return [one for one in members if isinstance(one, str) and is_custom(one)]


@cache
def every_field(task_type: str | None) -> Mapping[str, Field]:
    """Every field that some study of that task may have, whichever configs its file chooses."""
    every = dict(all_fields(task_type))
    for key, configs in choices(task_type).items():
        for cls in configs.values():
            every = leaves(cls, key) | every
    return every


def path_keys(task_type: str) -> set[str]:
    """The dotted keys of fields that name a file."""
    return {key for key, one in every_field(task_type).items() if one.marked(PATH)}


def section_keys(cls: type, section: str) -> dict[str, Key]:
    """What may stand in a section by name: the fields of its dataclass.

    A custom task has no field `type`, so that key of the space file is added for `task`.
    """
    return ({"type": Key(str)} if section == "task" else {}) | dict(keys(cls))


def sampled_section(key: str) -> bool:
    """Whether the key lies in a section whose fields a study may sample."""
    return key.split(".", 1)[0] in SAMPLED_SECTIONS
