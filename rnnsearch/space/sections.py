"""The tree of a space file, read into fixed values and distributions section by section."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from keyword import iskeyword
from types import MappingProxyType
from typing import Any

from rnnsearch.errors import InputError, Mistake
from rnnsearch.models.config import NetworkConfig
from rnnsearch.space.deciding_types import named_classes, network_type_of, task_type_of
from rnnsearch.space.distributions import KINDS
from rnnsearch.space.document import Entry, MappingNode, Node, is_null, plain
from rnnsearch.space.field import Field
from rnnsearch.space.field_types import takes_names
from rnnsearch.space.fields import (
    FREE,
    SECTIONS,
    applies,
    arguments_in,
    config_classes,
    every_field,
    free_field,
    leaves,
    sampled_section,
    section_keys,
)
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import note, noted, wrong
from rnnsearch.space.sampled import read_distribution
from rnnsearch.space.space_file import SpaceFile
from rnnsearch.space.values import read_value
from rnnsearch.tasks.families import family
from rnnsearch.tasks.script.config import GIVEN
from rnnsearch.vocabulary import Arguments, FreeValue, Key, PlainValue


def read_sections(root: MappingNode, mistakes: list[Mistake]) -> SpaceFile:
    """Read every field of the sections task, model, training, search and resources.

    Args:
        root: The whole file, overrides put in.
        mistakes: A list that receives everything wrong.
    """
    file = SpaceFile(mistakes)
    with noted(mistakes):
        file.task_type = task_type_of(root)
    for name, entry in root.entries.items():
        if name not in SECTIONS:
            message = _unknown_at_top(name, file.task_type)
            note(mistakes, entry.place, name, message, nearest(name, SECTIONS))
        elif name == FREE[:-1]:
            read_free(entry, file)
    with file.reading("model"):
        if (network := network_type_of(root)) is not None:
            file.chosen["model"] = network
    classes = config_classes(file.task_type, file.chosen.get("model"))
    for section, cls in classes.items():
        inside = root.entries[section].node if section in root.entries else None
        for name, arguments in arguments_in(cls).items():
            naming = f"{section}.{arguments.field}"
            if isinstance(inside, MappingNode) and arguments.field in inside.entries:
                entry = inside.entries[arguments.field]
                file.places[naming] = entry.place
                with file.reading(naming):
                    paths = named_classes(naming, entry, arguments)
                    file.chosen[f"{section}.{name}"] = " ".join(paths)
    for name, entry in root.entries.items():
        if name in classes and not (name == "model" and file.is_wrong(name)):
            file.places[name] = entry.place
            _read_section(name, classes[name], entry, file)
    return file


def _unknown_at_top(name: str, task_type: str | None) -> str:
    """What is said of a key at the top of a file that is no section."""
    known = every_field(task_type)
    homes = [key for key in known if key == name or key.rsplit(".", 1)[-1] == name]
    if homes and name not in SECTIONS:
        section, _, rest = homes[0].partition(".")
        return f"is no section of its own; write it as `{rest}` under `{section}:`."
    return f"unknown section; allowed are {', '.join(SECTIONS)}."


def _read_section(
    prefix: str,
    cls: type,
    entry: Entry,
    file: SpaceFile,
    others: Mapping[str, Field] = MappingProxyType({}),
) -> None:
    """Read the fields of a config dataclass.

    Args:
        others: Fields of configs that might stand here, but are not chosen, by name.
    """
    names, entries = section_keys(cls, prefix), dict[str, Entry]()
    with file.reading(prefix):
        entries = _entries_of(prefix, entry.node, ", ".join(names))
    for name, inner in entries.items():
        key = f"{prefix}.{name}"
        if name in names and not applies(file.task_type, key):
            message = (
                "does not apply, since the script trains by itself. Write it under `params:`, "
                f"where the script finds it as config.{name}."
            )
            note(file.mistakes, inner.place, key, message)
        elif name in names:
            file.places[key] = inner.place
            _read_key(key, names[name], inner, file)
        elif name in others:
            aside = SpaceFile(file.mistakes, file.task_type)
            _read_field(others[name], inner, aside)
            if not aside.wrong:
                file.idle.append(f"{key} does nothing while {prefix}.type is {file.chosen[prefix]}")
        else:
            message, near = _unknown_field(prefix, name, list(names), file.task_type)
            if issubclass(cls, NetworkConfig) and name in cls.left_out:
                message, near = f"is no key: the argument {cls.left_out[name]}", ""
            note(file.mistakes, inner.place, key, message, near)


def _entries_of(prefix: str, node: Node, names: str) -> dict[str, Entry]:
    """The entries of a section.

    Raises:
        WrongError: The node is no mapping of its keys.
    """
    if is_null(node):
        return {}  # `model:` with nothing under it: the defaults
    if not isinstance(node, MappingNode):
        raise wrong(node.place, prefix, f"must be a mapping of {names}.")
    if len(node.entries) == 1 and (kind := next(iter(node.entries))) in KINDS:
        what = "is sampled field by field" if sampled_section(prefix) else "is never sampled"
        raise wrong(node.place, prefix, f"{what}; `{kind}` goes on one of its fields: {names}.")
    return node.entries


def _read_key(key: str, says: Key, entry: Entry, file: SpaceFile) -> None:
    """Read one key of a section: a field, or the section within it."""
    inside: Any = says.type
    if says.arguments is not None:
        _read_arguments(key, says.arguments, entry, file)
    elif says.configs is not None:
        _read_one_of(key, says.configs(), entry, file)
    elif dataclasses.is_dataclass(inside):
        _read_section(key, inside, entry, file)  # type: ignore[arg-type]
    else:
        _read_field(file.fields[key], entry, file)


def _read_arguments(key: str, arguments: Arguments, entry: Entry, file: SpaceFile) -> None:
    """Read the arguments of the custom classes that another field can name."""
    naming = f"{key.rpartition('.')[0]}.{arguments.field}"
    if file.is_wrong(naming):
        return  # nobody knows whose arguments these are
    paths = file.chosen.get(key, "").split()
    entries: dict[str, Entry] = {}
    with file.reading(key):
        fields = {one.name: one for name, one in file.fields.items() if name.startswith(f"{key}.")}
        entries = _entries_of(key, entry.node, ", ".join(fields) or "arguments")
        if entries and not paths:
            message = f"holds arguments of a class of your own, and {naming} names none."
            if not file.overridden(naming):
                raise wrong(entry.place, key, message)
    for name, inner in entries.items() if not file.is_wrong(key) else ():
        if name in fields:
            file.places[f"{key}.{name}"] = inner.place
            _read_field(fields[name], inner, file)
            continue
        if file.overridden(naming) and not inner.place.override:
            file.idle.append(f"{key}.{name} does nothing with the {arguments.field} that is set")
            continue
        of = " and ".join(paths)
        message = f"is no argument of {of}; there are {', '.join(fields) or 'none to set'}."
        left_out = [getattr(arguments.config(path), "left_out").get(name) for path in paths]  # noqa: B009
        filled = {given: key for path in paths for given, key in arguments.filled(path).items()}
        if name in filled:
            message = f"is given as {key.rpartition('.')[0]}.{filled[name]}."
        elif reason := next(filter(None, left_out), None):
            message = f"is no key: the argument {reason}"
        note(file.mistakes, inner.place, f"{key}.{name}", message, nearest(name, fields))
        file.wrong.add(f"{key}.{name}")


def _read_one_of(key: str, configs: Mapping[str, type], entry: Entry, file: SpaceFile) -> None:
    """Read the config that the `type` among its keys chooses, or the default's."""
    node = entry.node
    named = node.entries.get("type") if isinstance(node, MappingNode) else None
    name = None if named is None else plain(named.node)
    if not (isinstance(name, str) and name in configs):
        name = str(file.fields[f"{key}.type"].default)
    with file.reading(key):
        try:
            cls = configs[name]
        except InputError as error:  # a custom class, which is not as it must be
            raise wrong((named or entry).place, f"{key}.type", str(error)) from None
    if file.is_wrong(key):
        return
    file.chosen[key] = name
    others = {
        one.name: one
        for other, config in configs.items()
        if other != name
        for one in leaves(config, key).values()
    }
    _read_section(key, cls, entry, file, others)


def _unknown_field(
    prefix: str, name: str, local: list[str], task_type: str | None
) -> tuple[str, str]:
    """What is said of a key that a section does not have, and the key that was probably meant."""
    known = every_field(task_type)
    elsewhere = [key for key in known if key.rsplit(".", 1)[-1] == name]
    elsewhere = [key for key in elsewhere if key.rpartition(".")[0] != prefix]
    if elsewhere:
        home = elsewhere[0].rpartition(".")[0]
        return f"unknown key under {prefix}; it belongs to `{home}`.", elsewhere[0]
    message = f"unknown key; {prefix} has {', '.join(local)}."
    near = nearest(name, local)
    if not near:
        return message, nearest(name, known)
    return message, near if near.startswith(prefix) else f"{prefix}.{near}"


def read_free(entry: Entry, file: SpaceFile) -> None:
    """Read the free keys of a training script."""
    section = FREE[:-1]
    if file.task_type is None:
        return  # nobody knows whose keys these are, and the type is a mistake already
    if not family(file.task_type).own_loop:
        message = (
            "holds the free keys of a training script (`task: {type: script}`); the task "
            f"`{file.task_type}` has none. Its settings stand under task, model and training."
        )
        note(file.mistakes, entry.place, section, message)
        return
    entries: dict[str, Entry] = {}
    with file.reading(section):
        entries = _entries_of(section, entry.node, "keys of your own")
    for name, inner in entries.items():
        key = f"{FREE}{name}"
        if not name.isidentifier() or iskeyword(name) or name.startswith("__"):
            message = f"is no name of Python's, and the script finds it as config.{name}."
            note(file.mistakes, inner.place, key, message, re.sub(r"\W", "_", name))
        elif name in GIVEN:
            message = f"is what every script is given as config.{name}; take another name."
            if name == "max_epochs":
                message = (
                    "is set as training.max_epochs, and the script finds it as config.max_epochs."
                )
            note(file.mistakes, inner.place, key, message)
        else:
            file.free.append(key)
            file.places[key] = inner.place
            kind = PlainValue if isinstance(inner.node, MappingNode) else FreeValue
            _read_field(free_field(key, kind), inner, file)


def _drawn_type(node: MappingNode) -> Any:
    """The type of a field of any plain value that is sampled: that of its range, or any."""
    return next((KINDS[word].of for word in node.entries if word in KINDS), None) or PlainValue


def _is_value(one: Field, node: MappingNode) -> bool:
    """Whether a mapping is the value of a field that takes names and numbers, and no
    distribution."""
    return takes_names(one.type) and not {*KINDS, "when"} & set(node.entries)


def _read_field(one: Field, entry: Entry, file: SpaceFile) -> None:
    """Read the entry of a field: a value, or a mapping that names its distribution."""
    file.order.append(one.key)
    if one.key in file.wrong:
        return  # it names a class whose arguments could not be read
    with file.reading(one.key):
        if isinstance(entry.node, MappingNode) and not _is_value(one, entry.node):
            if (when := entry.node.entries.get("when")) is not None:
                file.whens[one.key] = when
            if one.says.type == PlainValue:
                drawn = _drawn_type(entry.node)
                one = dataclasses.replace(one, says=dataclasses.replace(one.says, type=drawn))
            file.distributions[one.key] = read_distribution(one, entry.node)
        else:
            file.values[one.key] = read_value(one, entry.node)
