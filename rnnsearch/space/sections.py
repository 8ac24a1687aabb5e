"""The tree of a space file as fixed values and distributions, one section after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rnnsearch.errors import DataError, InputError, Mistake
from rnnsearch.space.distributions import KINDS, Distribution
from rnnsearch.space.document import Entry, MappingNode, ScalarNode, is_null, plain
from rnnsearch.space.fields import (
    SECTIONS,
    Field,
    all_fields,
    config_classes,
    every_field,
    leaves,
    sampled_section,
    section_keys,
)
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import Place, note, noted, wrong
from rnnsearch.space.sampled import read_distribution
from rnnsearch.space.values import read_value
from rnnsearch.tasks.custom.find import is_custom_task
from rnnsearch.tasks.families import BUILT_IN, family, task_types
from rnnsearch.vocabulary import Key


@dataclass(slots=True)
class SpaceFile:
    """What stands in the file, as far as it could be read.

    Attributes:
        task_type: None where the file names no valid one.
        values: Fixed fields that the file sets.
        distributions: Sampled fields.
        whens: The `when` entry of a sampled field, still as it stands in the file.
        places: Where each field that the file sets stands, valid or not.
        wrong: Fields whose entry is a mistake.
        order: Every field that the file sets, in its order.
        chosen: Which config each field with `OneOf` holds, where the file says it.
        idle: What the file says of the configs that it does not choose, in words.
    """

    task_type: str | None
    values: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, Distribution] = field(default_factory=dict)
    whens: dict[str, Entry] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)

    @property
    def fields(self) -> Mapping[str, Field]:
        """Every field of the study."""
        return all_fields(self.task_type, tuple(self.chosen.items()))

    def overridden(self, key: str) -> bool:
        """Whether the command line sets a field, which wins over what the file says elsewhere."""
        return key in self.places and self.places[key].override


def read_sections(root: MappingNode, mistakes: list[Mistake]) -> SpaceFile:
    """Every field of task, model, training, search and resources."""
    file = SpaceFile(None)
    with noted(mistakes):
        file.task_type = _task_type(root)
    for name, entry in root.entries.items():
        if name not in SECTIONS:
            message = _unknown_at_top(name, file.task_type)
            note(mistakes, entry.place, name, message, nearest(name, SECTIONS))
    classes = config_classes(file.task_type)
    for name, entry in root.entries.items():
        if name in classes:
            file.places[name] = entry.place
            _read_section(name, classes[name], entry, file, mistakes)
    return file


def _unknown_at_top(name: str, task_type: str | None) -> str:
    known = every_field(task_type)
    homes = [key for key in known if key == name or key.rsplit(".", 1)[-1] == name]
    if homes and name not in SECTIONS:
        section, _, rest = homes[0].partition(".")
        return f"is no section of its own; write it as `{rest}` under `{section}:`."
    return f"unknown section; allowed are {', '.join(SECTIONS)}."


def _task_type(root: MappingNode) -> str:
    types = ", ".join(task_types()) + " or your own as package.module:Class"
    task, key = root.entries.get("task"), "task.type"
    if task is None:
        message = "is missing: what shall be learned? Write `task: {type: ...}`"
        raise wrong(root.place, "task", f"{message}, one of {types}.")
    if not isinstance(task.node, MappingNode):
        message = f"must be a mapping with a `type`, one of {types}."
        raise wrong(task.node.place, "task", message)
    entry = task.node.entries.get("type")
    if entry is None:
        raise wrong(task.place, key, f"is missing; one of {types} is needed.")
    node, place = entry.node, entry.node.place
    if isinstance(node, MappingNode):
        message = f"is never sampled, since a study learns one task; write one of {types}."
        raise wrong(place, key, message)
    name = plain(node)
    if isinstance(name, str) and (is_custom_task(name) or name in BUILT_IN):
        try:
            family(name)
        except DataError as error:
            raise wrong(place, key, str(error)) from None
        return name
    said = node.raw if isinstance(node, ScalarNode) else "a list"
    near = nearest(said, task_types())
    raise wrong(place, key, f"must be one of {types}, not {said!r}.", near)


def _read_section(
    prefix: str,
    cls: type,
    entry: Entry,
    file: SpaceFile,
    mistakes: list[Mistake],
    others: Mapping[str, Field] = MappingProxyType({}),
) -> None:
    """The fields of a config dataclass.

    Args:
        others: Keys of configs that might stand here, but are not chosen.
    """
    node, names = entry.node, section_keys(cls, prefix)
    if is_null(node):
        return  # `model:` with nothing under it: the defaults
    said = ", ".join(names)
    if not isinstance(node, MappingNode):
        note(mistakes, node.place, prefix, f"must be a mapping of {said}.")
        file.wrong.update(_under(prefix, file.task_type))
        return
    if len(node.entries) == 1 and (kind := next(iter(node.entries))) in KINDS:
        what = "is never sampled" if not sampled_section(prefix) else "is sampled field by field"
        message = f"{what}; `{kind}` goes on one of its fields: {said}."
        note(mistakes, node.place, prefix, message)
        file.wrong.update(_under(prefix, file.task_type))
        return
    for name, inner in node.entries.items():
        key = f"{prefix}.{name}"
        if name in names:
            file.places[key] = inner.place
            _read_key(key, names[name], inner, file, mistakes)
        elif name in others:
            before = len(mistakes)
            _read_field(others[name], inner, SpaceFile(file.task_type), mistakes)
            if len(mistakes) == before:
                chosen = f"{prefix}.type is {file.chosen[prefix]}"
                file.idle.append(f"{key} does nothing while {chosen}")
        else:
            message, near = _unknown_field(prefix, name, list(names), file.task_type)
            note(mistakes, inner.place, key, message, near)


def _read_key(key: str, says: Key, entry: Entry, file: SpaceFile, mistakes: list[Mistake]) -> None:
    inside: Any = says.type
    if says.configs is not None:
        _read_one_of(key, says.configs(), entry, file, mistakes)
    elif dataclasses.is_dataclass(inside):
        _read_section(key, inside, entry, file, mistakes)  # type: ignore[arg-type]
    else:
        _read_field(file.fields[key], entry, file, mistakes)


def _read_one_of(
    key: str,
    configs: Mapping[str, type],
    entry: Entry,
    file: SpaceFile,
    mistakes: list[Mistake],
) -> None:
    """The config that the `type` among its keys chooses, or the default's."""
    node = entry.node
    named = node.entries.get("type") if isinstance(node, MappingNode) else None
    name = None if named is None else plain(named.node)
    if not (isinstance(name, str) and name in configs):
        name = str(file.fields[f"{key}.type"].default)
    try:
        cls = configs[name]
    except InputError as error:  # somebody's own, which is not as it must be
        note(mistakes, (named or entry).place, f"{key}.type", str(error))
        file.wrong.update(_under(key, file.task_type))
        return
    file.chosen[key] = name
    others = {
        one.name: one
        for other, config in configs.items()
        if other != name
        for one in leaves(config, key).values()
    }
    _read_section(key, cls, entry, file, mistakes, others)


def _under(prefix: str, task_type: str | None) -> list[str]:
    return [key for key in every_field(task_type) if key.startswith(f"{prefix}.")]


def _unknown_field(
    prefix: str, name: str, local: list[str], task_type: str | None
) -> tuple[str, str]:
    """What is said of a key that a section has not, and the key that was most likely meant."""
    known = every_field(task_type)
    elsewhere = [key for key in known if key.rsplit(".", 1)[-1] == name]
    if elsewhere:
        home = elsewhere[0].rpartition(".")[0]
        return f"unknown key under {prefix}; it belongs to `{home}`.", elsewhere[0]
    message = f"unknown key; {prefix} has {', '.join(local)}."
    near = nearest(name, local)
    if not near:
        return message, nearest(name, known)
    return message, near if near.startswith(prefix) else f"{prefix}.{near}"


def _read_field(one: Field, entry: Entry, file: SpaceFile, mistakes: list[Mistake]) -> None:
    before = len(mistakes)
    with noted(mistakes):
        if isinstance(entry.node, MappingNode):
            if (when := entry.node.entries.get("when")) is not None:
                file.whens[one.key] = when
            file.distributions[one.key] = read_distribution(one, entry.node)
        else:
            file.values[one.key] = read_value(one, entry.node)
    file.order.append(one.key)
    if len(mistakes) > before:
        file.wrong.add(one.key)
