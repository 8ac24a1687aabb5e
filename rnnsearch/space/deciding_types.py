"""The two types that decide which keys a space file has: of its task, and of a custom network."""

from __future__ import annotations

import re

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.cells import CELLS
from rnnsearch.models.network_config import network_config, takes
from rnnsearch.space.document import Entry, MappingNode, Node, ScalarNode, SequenceNode, plain
from rnnsearch.space.nearest import nearest
from rnnsearch.space.noting import wrong
from rnnsearch.tasks.families import family, is_task, task_types
from rnnsearch.vocabulary import CUSTOM_PATTERN, Arguments


def task_type_of(root: MappingNode) -> str:
    """The `type` of the file's task, whose config is imported with it.

    Raises:
        WrongError: The file names none, or one that cannot be found.
    """
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
    if is_task(name):
        try:
            family(name)
        except DataError as error:
            raise wrong(place, key, str(error)) from None
        return name
    written = node.raw if isinstance(node, ScalarNode) else "a list"
    near = nearest(written, task_types())
    raise wrong(place, key, f"must be one of {types}, not {written!r}.", near)


def named_classes(key: str, entry: Entry, arguments: Arguments) -> list[str]:
    """The custom classes that a field can name, fixed or in a choice, and whose arguments are keys.

    Each class is imported with its arguments.

    Args:
        entry: Of the field.
        arguments: Those of its classes.

    Raises:
        WrongError: It names no class that can be used.
    """
    node: Node = entry.node
    if isinstance(node, MappingNode):
        if (drawn := node.entries.get("choice")) is None:
            return []
        node = drawn.node
    members = node.items if isinstance(node, SequenceNode) else [node]
    paths = []
    for member in members:
        path = plain(member)
        if isinstance(path, str) and re.fullmatch(CUSTOM_PATTERN, path):
            try:
                arguments.config(path)
            except ModelError as error:
                raise wrong(member.place, key, str(error)) from None
            paths.append(path)
    return list(dict.fromkeys(paths))


def network_type_of(root: MappingNode) -> str | None:
    """The `type` of the file's model, whose class is imported with it; None for layers of cells.

    Raises:
        WrongError: It names no network that can be used.
    """
    model, key = root.entries.get("model"), "model.type"
    if model is None or not isinstance(model.node, MappingNode):
        return None
    entry = model.node.entries.get("type")
    if entry is None:
        return None
    if isinstance(entry.node, MappingNode):
        message = "is never sampled, since the other keys of model hang on it; write one class."
        raise wrong(entry.node.place, key, message)
    name = plain(entry.node)
    if not (isinstance(name, str) and re.fullmatch(CUSTOM_PATTERN, name)):
        near = f"cell: {name}" if name in CELLS else ""
        message = "names a network of your own as package.module:Class; `cell` names a cell."
        raise wrong(entry.node.place, key, message, near)
    try:
        network_config(name)
        takes(name)
    except ModelError as error:
        raise wrong(entry.node.place, key, str(error)) from None
    return name
