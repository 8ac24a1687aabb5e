"""Loading a space file: it becomes a `StudySpec`, or an error with all of its mistakes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.commands import command
from rnnsearch.errors import Mistake, SpaceFileError
from rnnsearch.reading import read_file
from rnnsearch.space.candidate import Candidate
from rnnsearch.space.changes import check_changes
from rnnsearch.space.checks import (
    check_clash,
    check_effects,
    check_ensemble,
    check_metric,
    check_price,
    check_register_as,
    check_task,
)
from rnnsearch.space.conditions import Condition, Parameter, in_order, left_of
from rnnsearch.space.custom_training import check_losses, check_metrics, check_optimizers
from rnnsearch.space.document import Entry, MappingNode, ScalarNode, is_null, read
from rnnsearch.space.fields import SECTIONS, applies, sampled_section
from rnnsearch.space.firsts import read_first_trials
from rnnsearch.space.from_python import tree_of
from rnnsearch.space.goals import check_goals
from rnnsearch.space.measures import check_constraints
from rnnsearch.space.misfits import check_training
from rnnsearch.space.networks import check_networks
from rnnsearch.space.noting import Place, note
from rnnsearch.space.overrides import apply_overrides
from rnnsearch.space.packs import check_packs
from rnnsearch.space.population import check_population
from rnnsearch.space.repeatable import check_repeatable
from rnnsearch.space.resolve import render
from rnnsearch.space.sections import read_sections
from rnnsearch.space.shipped import names
from rnnsearch.space.space_file import SpaceFile
from rnnsearch.space.spec import ResourcesConfig, SearchConfig, StudySpec
from rnnsearch.space.strategies import (
    check_sampler,
    check_scheduler,
    limit_trials,
    spans_of_decisions,
)
from rnnsearch.space.trial import build
from rnnsearch.space.whens import read_conditions
from rnnsearch.vocabulary import REQUIRED

MOST_BYTES = 2**23
"""Size of a space file at most; a resolved one may spell a character in up to ten bytes."""

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a study may be called: its name is that of a folder, and a part of URIs."""


def load(path: Path, overrides: Sequence[str] = (), *, check_data: bool = True) -> StudySpec:
    """Read, override and validate a search-space file.

    Args:
        path: The file.
        overrides: Texts `KEY=YAML`, each of which replaces an entry of the file as a whole.
            Relative paths in them start in the working directory, those in the file in its folder.
        check_data: Whether to read the task's data too, and check that every window fits into it.

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
            f"Save the file as UTF-8, if it is a space file; if it is data: {command('init', path)}"
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
    """Do the same as `load` for the text of a space file.

    Args:
        text: What stands in the file.
        name: The study's name, unless the text has one.
        directory: The folder in which relative paths in the text start.
        overrides: As for `load`.
        check_data: As for `load`.
        source: What mistakes name as their source; the name by default.

    Raises:
        SpaceFileError: The text or an override is wrong.
    """
    source, directory = source or name, Path(directory).resolve()
    mistakes: list[Mistake] = []
    root = read(text, source=source, directory=directory, mistakes=mistakes)
    if not isinstance(root, MappingNode):
        if not mistakes:
            mistakes.append(_no_mapping(root, source))
        raise SpaceFileError(mistakes)
    apply_overrides(root, overrides, mistakes)
    return _checked(root, name, Place(source, root.place.line, directory), mistakes, check_data)


def built(sections: Mapping[str, Any], *, name: str, directory: Path) -> StudySpec:
    """Do the same as `load` for a space that is written in Python.

    Args:
        sections: What a file has at its top, as `space.from_python` takes it.
        name: The study's name, unless the sections have one.
        directory: The folder in which relative paths start.

    Raises:
        SpaceFileError: The space is wrong.
    """
    mistakes: list[Mistake] = []
    root = tree_of(sections, Path(directory).resolve(), mistakes)
    if mistakes:  # what is left of the space would be wrong for the lack of them
        raise SpaceFileError(mistakes)
    return _checked(root, name, root.place, mistakes, check_data=True)


def _checked(
    root: MappingNode, name: str, start: Place, mistakes: list[Mistake], check_data: bool
) -> StudySpec:
    """The study that a tree describes.

    Args:
        name: The study's name, unless the tree has one.
        start: Where the tree comes from; relative paths start in its folder.
        mistakes: What is wrong already.
    """
    file = read_sections(root, mistakes)
    conditions = read_conditions(file)
    name = _name(root, name, mistakes)
    study = Candidate(file, _fixed(file), _parameters(file, conditions), start)
    _fix_what_overrides_leave_inactive(study)
    first_trials = read_first_trials(root.entries.get("first_trials"), study)
    check_clash(study)
    check_scheduler(study)
    limit_trials(study, first_trials)
    metrics = check_task(study, check_data=check_data)
    check_metric(study, metrics)
    check_register_as(study)
    check_price(study)
    check_packs(study)
    check_ensemble(study)
    check_repeatable(study)
    check_training(study)
    check_changes(study)
    check_population(study)
    check_losses(study)
    check_metrics(study)
    check_optimizers(study)
    check_effects(study)
    if applies(file.task_type, "model.cell"):
        check_networks(study)
    check_goals(study, metrics)
    check_constraints(study, None if metrics is None else [metric.name for metric in metrics])
    if mistakes:
        raise SpaceFileError(_sorted(mistakes, start.source))
    fixed, parameters, fields = study.values, study.parameters, file.fields
    if not parameters:
        fixed["search.num_trials"] = 1  # there is nothing to sample
    spec = StudySpec(
        name=name,
        values={key: fixed[key] for key in fields if sampled_section(key) and key in fixed},
        parameters=parameters,
        first_trials=first_trials,
        search=build(SearchConfig, "search", fixed),
        resources=build(ResourcesConfig, "resources", fixed),
        yaml=render(name, fixed, parameters, first_trials, fields, file.order),
        notes=tuple(file.idle),
        directory=start.directory,
    )
    check_sampler(study, spec)
    if mistakes:
        raise SpaceFileError(_sorted(mistakes, start.source))
    return spec


def _unreadable(path: Path, error: Exception) -> Mistake:
    """Why a file cannot be read, and which one was probably meant."""
    if isinstance(error, FileNotFoundError):
        folder = path.parent if path.parent.is_dir() else Path()
        beside = [one.name for one in folder.glob("*.y*ml")]
        close = difflib.get_close_matches(path.name, beside, n=1)
        suggestion = str(folder / close[0]) if close else ""
        message = "there is no such file."
        if not suggestion and path.stem in names():
            message += f" An example has that name: {command('init', '--example', path.stem)}"
        return Mistake(message, source=str(path), suggestion=suggestion)
    if isinstance(error, IsADirectoryError):
        data = f"If it is data: {command('init', path)}"
        return Mistake(f"this is a folder; name a file in it. {data}", source=str(path))
    reason = getattr(error, "strerror", None) or str(error)
    return Mistake(f"the file cannot be read: {reason}.", source=str(path))


def _no_mapping(root: object, source: str) -> Mistake:
    """What is said of a file that holds no mapping."""
    if root is None:
        return Mistake(
            "the file is empty; a study needs at least `task: {type: sine}`.", source=source, line=1
        )
    what = "one text" if isinstance(root, ScalarNode) else "a list"
    return Mistake(
        f"the file holds {what}, not a mapping of {', '.join(SECTIONS)}. If it is data, "
        f"`{command('init', source)}` writes a search-space file for it.",
        source=source,
        line=1,
    )


def _fixed(file: SpaceFile) -> dict[str, Any]:
    """The values of all fields that are not sampled; a wrong or absent one has its default."""
    fixed: dict[str, Any] = {}
    for key, one in file.fields.items():
        if key in file.distributions:
            continue
        value = file.values.get(key, one.default)
        if value is not REQUIRED:
            fixed[key] = value
    for key in spans_of_decisions(file.fields):
        if key not in file.values:
            fixed[key] = min(fixed[key], fixed["training.max_epochs"])
    return fixed


def _parameters(
    file: SpaceFile, conditions: Mapping[str, Mapping[str, Condition]]
) -> dict[str, Parameter]:
    """The sampled fields in the file's order."""
    return {
        key: Parameter(file.distributions[key], conditions.get(key, {}))
        for key in file.order
        if key in file.distributions
    }


def _fix_what_overrides_leave_inactive(study: Candidate) -> None:
    """Take out of conditions what never holds, and fix fields that then are never active.

    Only where an override pins a parent is there any: in a file alone it is a mistake. Such a field
    stands at its default, and what hangs on it goes the same way.
    """
    fixed: set[str] = set()
    for key in in_order(study.parameters):
        parameter = study.parameters[key]
        if study.file.is_wrong(key):
            continue
        when: dict[str, Condition] = {}
        for parent, condition in parameter.when.items():
            left = None if parent in fixed else left_of(condition, parent, study)
            if left is not None:
                when[parent] = left
        if len(when) == len(parameter.when):
            study.parameters[key] = Parameter(parameter.distribution, when)
        else:
            del study.parameters[key]
            fixed.add(key)
            study.values[key] = study.file.fields[key].default


def _name(root: MappingNode, default: str, mistakes: list[Mistake]) -> str:
    """The study's name: the file's, or else the default made fit for a folder."""
    entry: Entry | None = root.entries.get("name")
    if entry is None or is_null(entry.node):
        return folder_name(default) or "study"
    text = entry.node.raw if isinstance(entry.node, ScalarNode) else ""
    if not SAFE_NAME.fullmatch(text):
        note(
            mistakes,
            entry.node.place,
            "name",
            "must be the name of a folder: letters, digits, `-`, `_` and `.`, at most 100, a "
            f"letter or digit first, not {text[:60]!r}.",
            folder_name(text),
        )
    return text


def folder_name(text: str) -> str:
    """A text with what may not stand in a study's name replaced; empty where nothing is left."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:100]


def _sorted(mistakes: Sequence[Mistake], source: str) -> list[Mistake]:
    """Each mistake once, in the order of their lines; those of overrides come last."""

    def place(mistake: Mistake) -> tuple[bool, int]:
        return (mistake.source != source, mistake.line or 0)

    return sorted(dict.fromkeys(mistakes), key=place)
