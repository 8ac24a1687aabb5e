"""Reads the data of a study, and refuses other data than the study was started on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnsearch.commands import command, shown
from rnnsearch.disk import replace_file
from rnnsearch.errors import DataError
from rnnsearch.space.corners import corners
from rnnsearch.space.fields import fields_of
from rnnsearch.space.trial import first_task, task_config
from rnnsearch.tasks.families import family, family_of
from rnnsearch.tasks.fingerprint import Fingerprint, changes, fingerprint
from rnnsearch.tasks.load import load_data

if TYPE_CHECKING:
    from rnnsearch.search.directory import StudyDirectory
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.space.spec import StudySpec
    from rnnsearch.tasks.base import TaskData
    from rnnsearch.tasks.config import TaskConfig

UNCHECKED = (
    "the version of rnnsearch that started the study did not note what it read, so it cannot be "
    "checked whether the data is the same"
)

ALLOW_CHANGED = "--allow-changed-script"

ALLOW_CHANGED_CODE = "--allow-changed-code"
"""The option by which a trial is trained again with code of a person's own that has changed."""

NAMES_DATA = ("task", "task.path", "task.type")
"""Keys of overrides that name the data on which a configuration is to be trained again."""


def read_data(
    spec: StudySpec,
    directory: StudyDirectory,
    ledger: Ledger,
    *,
    allow_changed_script: bool = False,
) -> tuple[TaskData, list[str]]:
    """Read the data of a study, and compare it with what the study was started on.

    A ledger that has no fingerprints of the data gets them. Of a training script its source is
    compared, and kept in the study's folder.

    Args:
        allow_changed_script: Go on with a script whose source has changed.

    Returns:
        The data of the study's first configuration, and lines for a person about where the data
        comes from.

    Raises:
        DataError: The data cannot be read, or differs from what the study was started on.
    """
    data, prints = _read(spec)
    known = ledger.notes.data
    differing = [] if known is None else _differing(known, prints)
    script = family(str(spec.values["task.type"])).own_loop
    if differing and script and (allow_changed_script or not _has_epochs(ledger)):
        remark = f"the script has changed since the study was started: {'; '.join(differing)}"
        ledger.note(lambda notes: replace(notes, data=prints))
        return data, [remark]
    if differing:
        raise DataError(_refusal(differing, directory, ledger.num_trials, spec))
    if script and not directory.script.exists():
        replace_file(directory.script, data.manifest()["source"])
    remarks = [
        f"{one.place} {'has no source' if script else 'gives other data at every call'}: whether "
        "a study that is reopened stands on the same cannot be checked"
        for one in prints.values()
        if not one.sha256
    ]
    if known is None and prints:
        if ledger.trials():
            places = ", ".join(one.place for one in prints.values())
            remarks.append(f"{UNCHECKED}, from now on it is noted: {places}")
        ledger.note(lambda notes: replace(notes, data=prints))
        ledger.flush()
    return data, remarks


def check_retrained(
    spec: StudySpec,
    directory: StudyDirectory,
    known: Mapping[str, Fingerprint] | None,
    overrides: Sequence[str],
) -> list[str]:
    """Compare the data of a study that trains a champion again with the data of the champion.

    Args:
        spec: The specification of the new study.
        directory: The directory of the champion's study.
        known: Fingerprints by path of the data of the champion's study; None where it noted none.
        overrides: `KEY=YAML` entries, as after `--set`.

    Returns:
        Lines for a person about how the data differs.

    Raises:
        DataError: The data has changed, and no override names it.
    """
    prints = _read(spec)[1]
    if known is None:
        return [f"{UNCHECKED}: {one.place}" for one in prints.values()]
    differing = _differing(known, prints)
    if any(text.partition("=")[0].strip() in NAMES_DATA for text in overrides):
        seen = {one.sha256 for one in known.values()}
        others = [one for path, one in prints.items() if path not in known]
        strange = [one.place for one in others if one.sha256 not in seen]
        differing += [one for one in strange if not any(text.startswith(one) for text in differing)]
        return [f"on other data than there: {text}" for text in differing]
    if not differing:
        return []
    what = _what(spec)
    path = getattr(first_task(spec), "path", None)
    words = ("--data", path) if path else ("--set", f"task.type={spec.values['task.type']}")
    again = command("retrain", directory.name, *words, storage=directory.storage)
    raise DataError(
        f"the {what} has changed since the study {directory.name} was started:\n"
        + "".join(f"  {text}\n" for text in differing)
        + f"To train its champion's configuration on the {what} as it is now, name it:\n"
        f"  {again}"
    )


def check_reproduced(
    config: TaskConfig,
    data: TaskData,
    directory: StudyDirectory,
    known: Mapping[str, Fingerprint] | None,
    *,
    allow_changed_code: bool = False,
) -> list[str]:
    """Compare the data of a trial that is trained again with that of its study.

    Args:
        known: Fingerprints by path of the study's data; None where it noted none.
        allow_changed_code: Go on with a training script whose source has changed.

    Returns:
        Lines for a person about what could not be compared.

    Raises:
        DataError: The data, or the script, has changed.
    """
    now = fingerprint(config, data)
    if now is None:
        return []
    if known is None:
        return [f"{UNCHECKED}: {now.place}"]
    script = family_of(config).own_loop
    what = "script" if script else "data"
    differing = _differing(known, {now.path: now})
    if not differing:
        place = f"{now.place} gives other data at every call, or has no source"
        return [] if now.sha256 else [f"{place}: whether it is the same cannot be checked"]
    if script and allow_changed_code:
        return [f"the script has changed since: {'; '.join(differing)}"]
    remedy = "Put back what was there, and try again."
    if script:
        remedy = (
            f"Put back what was there (it was {shown(directory.script)}), or train with the "
            f"changed one by {ALLOW_CHANGED_CODE}."
        )
    raise DataError(
        f"the {what} has changed since the study {directory.name} was started, so a training now "
        "is another one:\n" + "".join(f"  {text}\n" for text in differing) + remedy
    )


def _read(spec: StudySpec) -> tuple[TaskData, dict[str, Fingerprint]]:
    """The first configuration's data, and fingerprints by path of all that the space can draw."""
    first = first_task(spec)
    data = load_data(first)
    prints: dict[str, Fingerprint] = {}
    for config in (first, *_other_files(spec, first)):
        print_ = fingerprint(config, data if config is first else load_data(config))
        if print_ is not None:
            prints[print_.path] = print_
    return data, prints


def _has_epochs(ledger: Ledger) -> bool:
    """Whether a trial has a value that later ones are compared with."""
    return any(trial.epoch for trial in ledger.trials())


def _what(spec: StudySpec) -> str:
    """What a study learns from, in a word."""
    return "script" if family(str(spec.values["task.type"])).own_loop else "data"


def _other_files(spec: StudySpec, first: TaskConfig) -> Iterator[TaskConfig]:
    """A task config for each other file, where `task.path` is sampled."""
    if "task.path" not in spec.parameters:
        return
    seen = {getattr(first, "path", None)}
    keys = [key for key in fields_of(spec.values, spec.parameters) if key.startswith("task.")]
    for values in corners(spec, keys):
        config = task_config(values)
        if (path := getattr(config, "path", None)) not in seen:
            seen.add(path)
            yield config


def _differing(known: Mapping[str, Fingerprint], now: Mapping[str, Fingerprint]) -> list[str]:
    """How the data differs, a text for each file that is known by its path or was moved.

    If a single known file is gone, a new one is taken for it.
    """
    gone = [before for path, before in known.items() if path not in now]
    moved = gone[0] if len(gone) == 1 else None
    pairs = [(known.get(path, moved), one) for path, one in now.items()]
    texts = [changes(before, one) for before, one in pairs if before is not None]
    return [text for text in texts if text]


def _refusal(
    differing: list[str], directory: StudyDirectory, num_trials: int, spec: StudySpec
) -> str:
    """The text of the error that refuses data which has changed, with the commands that help."""
    from rnnsearch.search.directory import next_free_name

    name = next_free_name(directory.storage, directory.name[:90])
    more = () if num_trials == spec.search.num_trials else ("--trials", num_trials)
    run = command("run", directory.yaml, "--name", name, *more, storage=directory.storage)
    what, go_on = _what(spec), ""
    if what == "script":
        resume = command("resume", directory.name, ALLOW_CHANGED, storage=directory.storage)
        go_on = (
            "or go on with it, if what has changed makes no difference to the scores (it was "
            f"{shown(directory.script)}):\n  {resume}\n"
        )
    return (
        f"the {what} has changed since the study {directory.name} was started, so its scores would "
        "not compare with new ones:\n"
        + "".join(f"  {text}\n" for text in differing)
        + f"Search on the {what} as it is now, as a study of its own:\n"
        f"  {run}\n"
        f"{go_on}or put back what was there, and try again. Nothing of the study was changed."
    )
