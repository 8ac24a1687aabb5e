"""Every key of a space file, with all that its field says: the reference for people."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rnnsearch.commands import command
from rnnsearch.errors import InputError
from rnnsearch.space.field_types import in_words
from rnnsearch.space.fields import REQUIRED, SECTIONS, Field, all_fields, choices, leaves
from rnnsearch.space.overrides import nearest_key
from rnnsearch.space.sampled import kinds_for
from rnnsearch.space.words import plain_text
from rnnsearch.tasks.families import task_types
from rnnsearch.vocabulary import DURATION, Range


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a space file.

    Attributes:
        key: Dotted.
        where: Which task, sampler or the like has it, as `task.type: sine`; empty for all.
        type: In words.
        range: Of its numbers.
        default: As a file writes it; None where a file or the task says it.
        meaning: Empty where nobody says it.
        draws: Distributions that a file may give instead of a value.
        never_sampled: Why it takes none; empty where it takes some.
        needs: With what alone it does anything, in words; empty where nothing is needed.
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
        """JSON values; an open end of the range is null, `unit` stands beside it."""
        ends = asdict(self.range)
        unit = ends.pop("unit") or None
        bounds = {name: end if math.isfinite(end) else None for name, end in ends.items()}
        return asdict(self) | {"range": bounds, "unit": unit, "draws": list(self.draws)}


def reference(what: str = "", task: str | None = None) -> list[Entry]:
    """The keys of a space file in its order, those of every task that has a name of its own.

    Args:
        what: A key, or what keys begin with: `training`, `search.scheduler`; empty for all.
        task: Only keys of studies of this task, a user's own too; None for all tasks.

    Raises:
        InputError: There is no such key.
        DataError: There is no such task.
    """
    found: dict[tuple[str, str], Entry] = {}
    for key, takes in (("name", "a text"), ("first_trials", "a list of mappings")):
        found[key, ""] = Entry(key, "", takes, Range(), None, SECTIONS[key], (), "", "")
    for name in task_types() if task is None else [task]:
        for entry in _of_task(name):
            found.setdefault((entry.key, entry.where), entry)
    order = list(SECTIONS)
    entries = sorted(found.values(), key=lambda one: order.index(one.key.partition(".")[0]))
    chosen = [one for one in entries if not what or f"{one.key}.".startswith(f"{what}.")]
    if not chosen:
        near = nearest_key(what, [one.key for one in entries])
        remedy = f"Did you mean {near}?" if near else f"`{command('keys')}` prints all."
        raise InputError(f"there is no key {what}. {remedy}")
    return chosen


def _of_task(task: str) -> Iterator[Entry]:
    several = choices(task)
    for key, field in all_fields(task).items():
        chooser = next((one for one in several if key.startswith(f"{one}.")), None)
        if chooser is None:
            yield _entry(field, f"task.type: {task}" if key.startswith("task.") else "")
        elif key == f"{chooser}.type":
            yield _entry(field, "")
            for name, cls in several[chooser].items():
                for one in leaves(cls, chooser).values():
                    if one.key != key:
                        yield _entry(one, f"{key}: {name}")


def _entry(field: Field, where: str) -> Entry:
    never, needs = field.never_sampled, field.needs
    said = "" if needs is None else f"{needs[0]}: {' or '.join(map(plain_text, needs[1]))}"
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
        said,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
