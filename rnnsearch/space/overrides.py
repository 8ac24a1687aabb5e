"""Overrides, `--set KEY=YAML`: each replaces an entry of the file as a whole, `when` included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from rnnsearch.errors import DataError, Mistake, ModelError
from rnnsearch.models.config import is_custom
from rnnsearch.space.document import Entry, MappingNode, Node, ScalarNode, is_null, plain, read
from rnnsearch.space.fields import (
    FREE,
    SECTIONS,
    all_fields,
    arguments_in,
    config_classes,
    every_field,
)
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import Place, note
from rnnsearch.tasks.families import BUILT_IN, is_task


def apply_overrides(root: MappingNode, overrides: Sequence[str], mistakes: list[Mistake]) -> None:
    """Put each override into the tree of a space file, later ones over earlier ones.

    Relative paths in an override start in the working directory.
    """
    for text in overrides:
        place = Place(f"--set {text}", None, Path.cwd())
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            message = "an override is KEY=VALUE, such as training.learning_rate=0.01."
            note(mistakes, place, "", message)
            continue
        keys = _all_keys(root)
        if not _known(key, keys):
            note(mistakes, place, key, _unknown(key, keys), nearest_key(key, keys))
            continue
        if not value.strip():
            note(mistakes, place, key, f"has no value; write {key}=null to switch it off.")
            continue
        node = read(
            value, source=place.source, directory=place.directory, mistakes=mistakes, override=True
        )
        if node is None and value.strip() in ("null", "~", "Null", "NULL"):
            node = ScalarNode(place, None, value.strip())
        if node is not None:
            _put(root, key.split("."), node, place)


def _all_keys(root: MappingNode) -> dict[str, None]:
    """The fields of every task that is built in, and of the custom task and the custom network that
    the file names."""
    all_keys = dict.fromkeys(key for name in BUILT_IN for key in every_field(name))
    task = root.entries.get("task")
    if task and isinstance(task.node, MappingNode) and (entry := task.node.entries.get("type")):
        name = plain(entry.node)
        with suppress(DataError):  # of a task that is not found: noted where sections are read
            all_keys |= dict.fromkeys(every_field(name) if is_task(name) else ())
    model = root.entries.get("model")
    if model and isinstance(model.node, MappingNode) and (entry := model.node.entries.get("type")):
        with suppress(ModelError):
            name = plain(entry.node)
            all_keys |= dict.fromkeys(
                all_fields(None, (("model", name),))
                if isinstance(name, str) and is_custom(name)
                else ()
            )
    return all_keys


def _argument_sections() -> list[str]:
    """The keys of the sections of arguments of custom classes, which reading them looks at."""
    classes = config_classes(None).items()
    return [f"{section}.{name}" for section, cls in classes for name in arguments_in(cls)]


def _known(key: str, keys: Iterable[str]) -> bool:
    """Whether a key is a field, or a section that holds some."""
    free = key.startswith(FREE) and key.count(".") == 1
    argument = any(key.startswith(f"{section}.") for section in _argument_sections())
    return (
        free
        or argument
        or key in SECTIONS
        or any(one == key or one.startswith(f"{key}.") for one in keys)
    )


def _unknown(key: str, keys: Iterable[str]) -> str:
    """What is said of a key that is neither a field nor a section."""
    for one in keys:
        if key.startswith(f"{one}."):
            return (
                f"an override replaces the whole entry, so set {one}: "
                f"--set '{one}={{{key.removeprefix(one + '.')}: ...}}'."
            )
    return "unknown key; a key is dotted, such as training.learning_rate."


def nearest_key(key: str, keys: Iterable[str]) -> str:
    """The key that was probably meant: `training.learning_rate` for `training.lr`.

    A field of the same section is preferred; empty where no key is near.
    """
    if any(key.startswith(f"{one}.") for one in keys):
        return ""
    section, _, last = key.rpartition(".")
    near = nearest(
        last, [one.rpartition(".")[2] for one in keys if one.rpartition(".")[0] == section]
    )
    return f"{section}.{near}" if near else nearest(key, [*SECTIONS, *keys])


def _put(root: MappingNode, path: list[str], node: Node, place: Place) -> None:
    """Put a value into the tree, with the sections above it where the file has none."""
    here = root
    for name in path[:-1]:
        entry = here.entries.get(name)
        if entry is None or is_null(entry.node):
            entry = Entry(name, place if entry is None else entry.place, MappingNode(place))
            here.entries[name] = entry
        if not isinstance(entry.node, MappingNode):
            return  # the file's own entry is no mapping, which is a mistake already
        here = entry.node
    here.entries[path[-1]] = Entry(path[-1], place, node)
