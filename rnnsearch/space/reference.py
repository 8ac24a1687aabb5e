"""The reference for people: every key of a space file with all that its field says."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rnnsearch.commands import command, shown
from rnnsearch.custom_code import find_object
from rnnsearch.errors import InputError
from rnnsearch.space.field import Field
from rnnsearch.space.field_types import in_words
from rnnsearch.space.fields import (
    NETWORK,
    SECTIONS,
    all_fields,
    arguments_in,
    choices,
    config_classes,
    fields_of,
    leaves,
)
from rnnsearch.space.overrides import nearest_key
from rnnsearch.space.sampled import kinds_for
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.words import plain_text
from rnnsearch.tasks.families import task_types
from rnnsearch.vocabulary import DURATION, REQUIRED, Range, keys


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a space file.

    Attributes:
        key: The dotted key.
        where: The task, sampler or rule that has it, as `task.type: sine`; empty for all.
        type: The type of its values in words.
        range: The numbers that it takes.
        default: The default as a file writes it; None where there is none, or the task has it.
        meaning: A sentence or two; empty where the field says nothing.
        draws: The words of the distributions that a file may give instead of a value.
        never_sampled: Why a file may give none; empty where it may.
        needs: The key and values with which alone it has an effect; empty for all.
    """

    key: str
    where: str
    type: str
    range: Range
    default: str | None
    meaning: str
    draws: tuple[str, ...]
    never_sampled: str
    needs: str

    def to_json(self) -> dict[str, Any]:
        """The entry as JSON: an open end of its range is null, and the unit stands beside it."""
        ends = asdict(self.range)
        unit = ends.pop("unit") or None
        bounds = {name: end if math.isfinite(end) else None for name, end in ends.items()}
        return asdict(self) | {"range": bounds, "unit": unit, "draws": list(self.draws)}


_NETWORK = (
    "A network of your own, in the place of all other keys of model: a torch module, the arguments "
    "of whose constructor then are the keys."
)


def reference(what: str = "", task: str | None = None) -> list[Entry]:
    """The keys of a space file in their order, those of every built-in and installed task.

    Args:
        what: A key, or a section of keys such as `search.scheduler`; empty for all.
        task: The task to whose studies the keys are limited, a custom one too; None for all tasks.

    Raises:
        InputError: There is no such key.
        DataError: There is no such task.
    """
    listed: dict[tuple[str, str], Entry] = {}
    for key, takes in (
        ("name", "a text"),
        ("params", "a mapping of your own keys"),
        ("first_trials", "a list of mappings"),
    ):
        listed[key, ""] = Entry(key, "", takes, Range(), None, SECTIONS[key], (), "", "")
    never = "the other keys of model hang on it"
    listed[NETWORK, ""] = Entry(
        NETWORK, "", "package.module:Class", Range(), None, _NETWORK, (), never, ""
    )
    for name in task_types() if task is None else [task]:
        for entry in _of_task(name):
            listed.setdefault((entry.key, entry.where), entry)
    order = list(SECTIONS)
    entries = sorted(listed.values(), key=lambda one: order.index(one.key.partition(".")[0]))
    return _chosen(entries, what)


def reference_of(spec: StudySpec, what: str = "") -> list[Entry]:
    """The keys of one study, with the arguments of the custom classes that it names.

    Args:
        what: As for `reference`.

    Raises:
        InputError: There is no such key.
    """
    fields = fields_of(spec.values, spec.parameters)
    sources = dict.fromkeys(fields, "")
    for key in sources:
        if key.startswith("task."):
            sources[key] = f"task.type: {spec.values['task.type']}"
        elif NETWORK in fields and key.startswith("model.") and key != NETWORK:
            sources[key] = f"{NETWORK}: {_with_place(spec.values[NETWORK])}"
    for section, cls in config_classes(None, spec.values.get(NETWORK)).items():
        for name, arguments in arguments_in(cls).items():
            for key in fields:
                if key.startswith(f"{section}.{name}."):
                    classes = fields[key].says.needs
                    named = map(_with_place, classes.values if classes else ())
                    sources[key] = f"{section}.{arguments.field}: {' or '.join(named)}"
    entries = [_entry(one, sources[key]) for key, one in fields.items()]
    return _chosen(entries, what)


def _with_place(path: object) -> str:
    """The dotted path of a class, with the file and line where it begins."""
    try:
        cls = find_object(str(path), "class", "class")
        line, file = inspect.getsourcelines(cls)[1], Path(inspect.getfile(cls))
    except (OSError, TypeError):  # its source is not at hand
        return str(path)
    return f"{path} ({shown(file)}:{line})"


def _chosen(entries: Sequence[Entry], what: str) -> list[Entry]:
    """The entries of a key or a section, or all.

    Raises:
        InputError: There is none.
    """
    chosen = [one for one in entries if not what or f"{one.key}.".startswith(f"{what}.")]
    if not chosen:
        near = nearest_key(what, [one.key for one in entries])
        remedy = f"Did you mean {near}?" if near else f"`{command('keys')}` prints all."
        raise InputError(f"there is no key {what}. {remedy}")
    return chosen


def _arguments() -> Iterator[tuple[str, Entry]]:
    """The sections of the arguments of custom classes, each with the key that names the classes."""
    for section, cls in config_classes(None).items():
        for name, one in arguments_in(cls).items():
            takes, meaning = "a mapping of arguments", keys(cls)[name].meaning
            entry = Entry(f"{section}.{name}", "", takes, Range(), None, meaning, (), "", "")
            yield f"{section}.{one.field}", entry


def _of_task(task: str) -> Iterator[Entry]:
    several, arguments = choices(task), dict(_arguments())
    for key, field in all_fields(task).items():
        chooser = next((one for one in several if key.startswith(f"{one}.")), None)
        if chooser is None:
            yield _entry(field, f"task.type: {task}" if key.startswith("task.") else "")
            if key in arguments:
                yield arguments[key]
        elif key == f"{chooser}.type":
            yield _entry(field, "")
            for name, cls in several[chooser].items():
                for one in leaves(cls, chooser).values():
                    if one.key != key:
                        yield _entry(one, f"{key}: {name}")


def _entry(field: Field, where: str) -> Entry:
    never, needs = field.never_sampled, field.needs
    needed = "" if needs is None else f"{needs[0]}: {' or '.join(map(plain_text, needs[1]))}"
    return Entry(
        field.key,
        where,
        "a time such as 90s, 10m or 2h, or null"
        if field.marked(DURATION)
        else in_words(field.type),
        field.says.range,
        None if field.default is REQUIRED else _text(field.as_written(field.default)),
        field.says.meaning,
        () if never else kinds_for(field),
        never,
        needed,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
