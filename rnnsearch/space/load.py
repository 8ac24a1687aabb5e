"""From a space file to a `StudySpec`, or to all of its mistakes at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.commands import command
from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.reading import read_file
from rnnsearch.space.checks import (
    Draft,
    check_clash,
    check_effects,
    check_metric,
    check_task,
)
from rnnsearch.space.conditions import Condition, can_hold, contains, holds, in_order
from rnnsearch.space.distributions import Between, Parameter
from rnnsearch.space.document import Entry, Scalar, read
from rnnsearch.space.document import Mapping as Tree
from rnnsearch.space.fields import REQUIRED, SECTIONS, sampled_section
from rnnsearch.space.firsts import read_first_trials
from rnnsearch.space.networks import check_networks
from rnnsearch.space.noting import Place, note
from rnnsearch.space.overrides import apply_overrides
from rnnsearch.space.resolve import render
from rnnsearch.space.sections import Reading, read_sections
from rnnsearch.space.spec import ResourcesConfig, SearchConfig, StudySpec
from rnnsearch.space.strategies import check_sampler, check_scheduler, spans_of_decisions
from rnnsearch.space.trainable import check_training
from rnnsearch.space.trial import build
from rnnsearch.space.whens import read_conditions

MOST_BYTES = 2**23
"""Of a space file; a resolved one spells a text within it as escapes of up to ten bytes."""

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""A study's name is the name of its folder, and part of URIs."""


def load(path: Path, overrides: Sequence[str] = (), *, check_data: bool = True) -> StudySpec:
    """Read, override and validate a search-space file.

    Args:
        overrides: `KEY=YAML`, each replacing an entry as a whole; relative paths in them start
            in the working directory, those in the file in the file's folder.
        check_data: Read the task's data too, and check that every window fits into it.

    Raises:
        SpaceFileError: The file or an override is wrong; `mistakes` holds everything found.
    """
    path = Path(path)
    try:
        raw = read_file(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        raise SpaceFileError([_unreadable(path, error)]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = (
            f"this is no UTF-8 text: byte 0x{raw[error.start]:02x} has no meaning there. "
            "Save the file as UTF-8, if it is a text at all."
        )
        raise SpaceFileError([Mistake(message, line=line, source=str(path))]) from None
    return loads(
        text,
        name=path.stem,
        directory=path.resolve().parent,
        overrides=overrides,
        check_data=check_data,
        source=str(path),
    )


def loads(
    text: str,
    *,
    name: str,
    directory: Path,
    overrides: Sequence[str] = (),
    check_data: bool = True,
    source: str = "",
) -> StudySpec:
    """`load` for a text at hand.

    Args:
        name: The study's name unless the text has one.
        directory: Where relative paths in the text start.
        source: What mistakes name as their source; the name by default.

    Raises:
        SpaceFileError: The text or an override is wrong.
    """
    source, directory = source or name, Path(directory).resolve()
    mistakes: list[Mistake] = []
    root = read(text, source=source, directory=directory, mistakes=mistakes)
    if not isinstance(root, Tree):
        if not mistakes:
            mistakes.append(_no_mapping(root, source))
        raise SpaceFileError(mistakes)
    apply_overrides(root, overrides, mistakes)
    reading = read_sections(root, mistakes)
    conditions = read_conditions(reading, mistakes)
    fixed = _fixed(reading)
    parameters = _parameters(reading, conditions, fixed)
    study = _name(root, name, mistakes)
    start = Place(source, root.place.line, directory)
    draft = Draft(reading, fixed, parameters, mistakes, start)
    firsts = read_first_trials(root.entries.get("first_trials"), draft)
    check_clash(draft)
    check_scheduler(draft)
    check_metric(draft, check_task(draft, check_data=check_data))
    check_training(draft)
    check_effects(draft)
    check_networks(draft)
    if mistakes:
        raise SpaceFileError(_sorted(mistakes, source))
    if not parameters:
        fixed["search.num_trials"] = 1  # there is nothing to sample
    canonical = reading.fields
    spec = StudySpec(
        name=study,
        values={key: fixed[key] for key in canonical if sampled_section(key) and key in fixed},
        parameters=parameters,
        first_trials=firsts,
        search=build(SearchConfig, "search", fixed),
        resources=build(ResourcesConfig, "resources", fixed),
        yaml=render(study, fixed, parameters, firsts, canonical, reading.order),
        notes=tuple(reading.idle),
        directory=directory,
    )
    check_sampler(draft, spec)
    if mistakes:
        raise SpaceFileError(_sorted(mistakes, source))
    return spec


def _unreadable(path: Path, error: Exception) -> Mistake:
    if isinstance(error, FileNotFoundError):
        folder = path.parent if path.parent.is_dir() else Path()
        names = [one.name for one in folder.glob("*.y*ml")]
        close = difflib.get_close_matches(path.name, names, n=1)
        suggestion = str(folder / close[0]) if close else ""
        return Mistake("there is no such file.", source=str(path), suggestion=suggestion)
    if isinstance(error, IsADirectoryError):
        return Mistake("this is a folder; name a file in it.", source=str(path))
    reason = getattr(error, "strerror", None) or str(error)
    return Mistake(f"the file cannot be read: {reason}.", source=str(path))


def _no_mapping(root: object, source: str) -> Mistake:
    if root is None:
        return Mistake(
            "the file is empty; a study needs at least `task: {type: sine}`.", source=source, line=1
        )
    what = "one text" if isinstance(root, Scalar) else "a list"
    return Mistake(
        f"the file holds {what}, not a mapping of {', '.join(SECTIONS)}. If it is data, "
        f"`{command('init', source)}` writes a search-space file for it.",
        source=source,
        line=1,
    )


def _fixed(reading: Reading) -> dict[str, Any]:
    """Every field that is not sampled, defaults filled in; a wrong one has its default."""
    fixed: dict[str, Any] = {}
    for key, one in reading.fields.items():
        if key in reading.distributions:
            continue
        value = reading.values.get(key, one.default)
        if value is not REQUIRED:
            fixed[key] = value
    for key in spans_of_decisions(reading.fields):
        if key not in reading.values:
            fixed[key] = min(fixed[key], fixed["training.max_epochs"])
    return fixed


def _parameters(
    reading: Reading, conditions: Mapping[str, Mapping[str, Condition]], fixed: dict[str, Any]
) -> dict[str, Parameter]:
    """The sampled fields in the file's order.

    Where an override pins a parent so that a field can never be active, the field is fixed at
    its default: `fixed` gains it, and what hangs on it goes the same way.
    """
    found = {
        key: Parameter(reading.distributions[key], dict(conditions.get(key, {})))
        for key in dict.fromkeys(reading.order)
        if key in reading.distributions
    }
    dead: set[str] = set()
    for key in in_order(found):
        if key in reading.wrong:
            continue
        parameter = found[key]
        when = {
            parent: _possible(condition, parent, found, fixed, dead)
            for parent, condition in parameter.when.items()
        }
        possible = {parent: one for parent, one in when.items() if one is not None}
        if len(possible) == len(when):
            found[key] = Parameter(parameter.distribution, possible)
        else:
            del found[key]
            dead.add(key)
            fixed[key] = reading.fields[key].default
    return found


def _possible(
    condition: Condition,
    parent: str,
    found: Mapping[str, Parameter],
    fixed: Mapping[str, Any],
    dead: set[str],
) -> Condition | None:
    """What is left of a condition once the impossible members are out; None for nothing."""
    if parent in dead:
        return None
    if parent not in found:
        return condition if holds(condition, fixed.get(parent)) else None
    distribution = found[parent].distribution
    if isinstance(condition, Between):
        return condition if can_hold(condition, distribution) else None
    left = tuple(member for member in condition if contains(distribution, member))
    return left or None


def _name(root: Tree, default: str, mistakes: list[Mistake]) -> str:
    entry: Entry | None = root.entries.get("name")
    if entry is None or (isinstance(entry.node, Scalar) and entry.node.value is None):
        mended = re.sub(r"[^A-Za-z0-9._-]+", "-", default).strip("-._")[:100]
        return mended or "study"
    text = entry.node.raw if isinstance(entry.node, Scalar) else ""
    if not SAFE_NAME.fullmatch(text):
        mended = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:100]
        note(
            mistakes,
            entry.node.place,
            "name",
            "must be the name of a folder: letters, digits, `-`, `_` and `.`, at most 100, a "
            f"letter or digit first, not {text[:60]!r}.",
            mended,
        )
    return text


def _sorted(mistakes: Sequence[Mistake], source: str) -> list[Mistake]:
    """By line, those of the command line last, each once."""

    def place(mistake: Mistake) -> tuple[bool, int]:
        return (mistake.source != source, mistake.line or 0)

    return sorted(dict.fromkeys(mistakes), key=place)
